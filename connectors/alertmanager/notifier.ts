/** Keeps one Alertmanager in step with the alerts that fire (API v2), as its clients do: sends again until it is over. */
import type { Alert } from '../../records/alert.js';
import { alertAnnotations, alertLabels } from '../webhook/body.js';
import { postJson, type PostOutcome } from '../webhook/post.js';

export interface NotifierOptions {
  readonly url: string;
  /** Firing alerts are sent again this often, ms. */
  readonly resendMs: number;
  readonly timeoutMs: number;
  /** Send an always-firing `TocsinWatchdog`: where it stops, tocsin is down. */
  readonly watchdog: boolean;
  readonly generatorUrl: string;
  /** Called with the outcome of every send. */
  readonly onSend?: (outcome: PostOutcome, alerts: number) => void;
}

/** A resolved alert is sent this many more times, since a single message may be lost. */
const resolvedSends = 15;
/** A firing alert ends by itself after this many missed re-sends. */
const intervalsAhead = 4;

/** An alert as Alertmanager's API v2 wants it (`postableAlert`). */
export interface PostableAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
}

const iso = (ms: number): string => new Date(ms).toISOString();

export class AlertmanagerNotifier {
  private readonly firing = new Map<string, Alert>();
  private readonly resolved = new Map<string, { alert: Alert; endedAt: number; sends: number }>();
  private readonly startedAt = Date.now();
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: NotifierOptions) {}

  /** Takes over the alerts of a store after a restart and starts the re-send clock. */
  start(known: Iterable<Alert>): void {
    for (const alert of known) if (alert.status === 'firing' && !alert.audit) this.firing.set(alert.fingerprint, alert);
    this.timer = setInterval(() => void this.send(), this.options.resendMs);
    void this.send();
  }

  /** A transition: sent at once, and again at every interval. */
  update(alert: Alert): void {
    if (alert.audit) return;
    if (alert.status === 'firing') {
      this.firing.set(alert.fingerprint, alert);
      this.resolved.delete(alert.fingerprint);
    } else if (this.firing.delete(alert.fingerprint)) {
      this.resolved.set(alert.fingerprint, { alert, endedAt: Date.now(), sends: resolvedSends });
    }
  }

  /** Sends everything that is current, one request at a time. Resolves with the outcome; failing is not an exception. */
  send(): Promise<PostOutcome> {
    const next = this.sending.then(async () => {
      const alerts = this.postable(Date.now());
      if (alerts.length === 0) return { ok: true, status: 204 } as const;
      const url = `${this.options.url.replace(/\/$/, '')}/api/v2/alerts`;
      const outcome = await postJson(url, JSON.stringify(alerts), { timeoutMs: this.options.timeoutMs });
      if (outcome.ok) for (const [key, entry] of this.resolved) if (--entry.sends <= 0) this.resolved.delete(key);
      this.options.onSend?.(outcome, alerts.length);
      return outcome;
    });
    this.sending = next;
    return next;
  }

  /** What would be sent at `now`. */
  postable(now: number): PostableAlert[] {
    const { generatorUrl, resendMs } = this.options;
    const post = (alert: Alert, endsAt: number): PostableAlert => ({
      labels: alertLabels(alert),
      annotations: alertAnnotations(alert),
      startsAt: iso(alert.startsAt),
      endsAt: iso(endsAt),
      generatorURL: generatorUrl,
    });
    const alerts = [...this.firing.values()].map((alert) => post(alert, now + intervalsAhead * resendMs));
    for (const { alert, endedAt } of this.resolved.values()) {
      const again = alertKey(alert);
      if (!alerts.some(({ labels }) => labelKey(labels) === again)) alerts.push(post(alert, endedAt));
    }
    if (this.options.watchdog) {
      alerts.push({
        labels: { alertname: 'TocsinWatchdog' },
        annotations: { summary: 'Always fires while tocsin runs: alert on its absence.' },
        startsAt: iso(this.startedAt),
        endsAt: iso(now + intervalsAhead * resendMs),
        generatorURL: generatorUrl,
      });
    }
    return alerts;
  }

  /** Stops the clock and waits for the request in flight; what fires ends by itself at its `endsAt`. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.sending;
  }
}

const labelKey = (labels: Readonly<Record<string, string>>): string => JSON.stringify(Object.entries(labels).sort());
const alertKey = (alert: Alert): string => labelKey(alertLabels(alert));
