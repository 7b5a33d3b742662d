/** Keeps one Alertmanager in step with the alerts that fire (API v2), as its clients do: sends again until it is over. */
import { underBase } from '../webhook/address.js';
import { isForAlertmanagers, routedLabels, type Alert } from '../../records/alert.js';
import { pageOf, presented, type Presentation } from '../webhook/alert-view.js';
import { postJson, type PostOutcome } from '../webhook/post.js';

/** How an Alertmanager is notified. */
export interface NotifierOptions {
  readonly url: string;
  /** Firing alerts are sent again this often, ms. */
  readonly resendMs: number;
  /** A firing alert ends by itself when nothing was sent for so long, ms. At least two re-sends. */
  readonly holdMs: number;
  readonly timeoutMs: number;
  /** Send an always-firing `TocsinWatchdog`: where it stops, tocsin is down. */
  readonly watchdog: boolean;
  readonly presentation: Presentation;
  /** Called with the outcome of every send. */
  readonly onSend?: (outcome: PostOutcome, alerts: number) => void;
}

/** A resolved alert is sent this many more times, since a single message may be lost. */
const resolvedSends = 15;
/** After a restart alerts are sent that were resolved so shortly before the newest transition, ms of event time. */
const recent = 3_600_000;
/** Alerts of one request, as Prometheus has it. */
const maxAtOnce = 256;

/** An alert as Alertmanager's API v2 wants it (`postableAlert`). */
export interface PostableAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** Keeps one Alertmanager in step. */
export class AlertmanagerNotifier {
  private readonly firing = new Map<string, Alert>();
  private readonly resolved = new Map<string, { alert: Alert; endedAt: number; sends: number }>();
  private readonly startedAt = Date.now();
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: NotifierOptions) {}

  /** Takes over the alerts of a store after a restart, those just resolved too, and starts the re-send clock. */
  start(known: Iterable<Alert>): void {
    this.rest();
    const alerts = [...known].filter(({ audit }) => !audit);
    const newest = alerts.reduce((latest, { at }) => Math.max(latest, at), 0);
    for (const alert of alerts) {
      if (alert.status === 'firing') {
        if (isForAlertmanagers(alert)) this.firing.set(alert.fingerprint, alert);
      }
      // Whether its end was received is not known: a second notice does no harm.
      else if (newest - alert.at <= recent) this.end(alert);
    }
    this.timer = setInterval(() => void this.send(), this.options.resendMs);
    void this.send();
  }

  /** Forgets everything and stops the clock: another process goes on. Without it an alert would fire for ever. */
  rest(): void {
    clearInterval(this.timer);
    this.firing.clear();
    this.resolved.clear();
  }

  /** A transition: sent at once, and again at every interval. */
  update(alert: Alert): void {
    if (alert.audit) return;
    if (alert.status === 'firing' && isForAlertmanagers(alert)) {
      const before = this.firing.get(alert.fingerprint);
      // The severity is a label: with another one it is another alert, and the one before ends in the same request.
      if (before && before.severity !== alert.severity) this.end(before);
      this.firing.set(alert.fingerprint, alert);
      this.resolved.delete(keyOf(alert));
    } else if (this.firing.delete(alert.fingerprint)) this.end(alert);
  }

  private end(alert: Alert): void {
    this.resolved.set(keyOf(alert), { alert, endedAt: Date.now(), sends: resolvedSends });
  }

  /**
   * Sends everything that is current, one request at a time. Resolves with the first outcome that is not good, or the
   * last; failing is not an exception.
   */
  send(): Promise<PostOutcome> {
    const next = this.sending.then(async () => {
      const ended = [...this.resolved.keys()];
      const alerts = this.postable(Date.now());
      const url = underBase(this.options.url, '/api/v2/alerts');
      let outcome: PostOutcome = { ok: true, status: 204 };
      for (let at = 0; at < alerts.length && outcome.ok; at += maxAtOnce) {
        const some = alerts.slice(at, at + maxAtOnce);
        outcome = await postJson(url, JSON.stringify(some), { timeoutMs: this.options.timeoutMs });
        this.options.onSend?.(outcome, some.length);
      }
      if (outcome.ok) for (const key of ended) this.sent(key);
      return outcome;
    });
    this.sending = next;
    return next;
  }

  private sent(key: string): void {
    const entry = this.resolved.get(key);
    if (entry && --entry.sends <= 0) this.resolved.delete(key);
  }

  /** What would be sent at `now`. */
  postable(now: number): PostableAlert[] {
    const { presentation, resendMs, holdMs } = this.options;
    const generatorUrl = presentation.url;
    const until = now + Math.max(holdMs, 2 * resendMs);
    const post = (alert: Alert, endsAt: number): PostableAlert => ({
      labels: routedLabels(alert),
      annotations: presented(alert, presentation),
      startsAt: iso(alert.startsAt),
      endsAt: iso(endsAt),
      generatorURL: pageOf(alert, presentation),
    });
    const alerts = [...this.firing.values()].map((alert) => post(alert, until));
    const labelled = new Set(alerts.map(({ labels }) => labelKey(labels)));
    for (const { alert, endedAt } of this.resolved.values()) {
      // One that fires again under the same labels is the same alert to Alertmanager.
      if (!labelled.has(labelKey(routedLabels(alert)))) alerts.push(post(alert, endedAt));
    }
    if (this.options.watchdog) {
      alerts.push({
        labels: { alertname: 'TocsinWatchdog' },
        annotations: { summary: 'Always fires while tocsin runs: alert on its absence.' },
        startsAt: iso(this.startedAt),
        endsAt: iso(until),
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

/** One alert of one severity. */
const keyOf = ({ fingerprint, severity }: Alert): string => `${fingerprint} ${severity}`;

const labelKey = (labels: Readonly<Record<string, string>>): string => JSON.stringify(Object.entries(labels).sort());
