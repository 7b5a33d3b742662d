/** Carries out what `respond` decided: prints, keeps Alertmanagers in step, delivers webhooks. */
import type { Logger } from 'pino';
import type { Config } from '../../config/schema.js';
import { AlertmanagerNotifier } from '../../connectors/alertmanager/notifier.js';
import type { Links } from '../../connectors/http/links.js';
import type { Metrics } from '../../connectors/http/metrics.js';
import type { Alert } from '../../records/alert.js';
import { encode } from '../../records/wire/codec.js';
import { encodeDeadLetter, type DeadLetter } from '../../records/dead-letter.js';
import type { Deploy } from '../../records/calendar.js';
import { notificationCodec, type AlertNotice, type Notification } from '../../records/notification.js';
import type { ChannelWriter } from '../../records/store.js';
import type { StateBackend } from '../../runtime/backend.js';
import { Outbox, type DeadReason } from '../../runtime/outbox.js';
import type { Intent, SendOutcome } from '../../runtime/route.js';
import type { Sink } from '../../runtime/source.js';
import { PastAlerts } from './past-alerts.js';
import { openOutputs, presentationOf, type Outputs } from './outputs.js';
import { serviceBudgets } from '../options.js';
import { respondTask } from '../fleet/roles.js';
import { serviceOf } from '../../records/entity.js';
import { shownUrl } from '../../connectors/webhook/shown-url.js';

export interface ResponderParts {
  readonly config: Config;
  readonly backend: StateBackend;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Where people reach this process: links in alerts. */
  readonly url: string;
  readonly links?: Links;
  readonly print?: (notice: AlertNotice) => void;
  /** The dead letters: deliveries that were given up go there with what was to be sent. */
  readonly deadLetters: ChannelWriter;
}

/** A delivery that was given up, as a letter. */
const deadLetterOf = ({ id, route, payload }: Intent, reason: DeadReason, error: string, at: number): DeadLetter => ({
  reason: `delivery-${reason.replaceAll(' ', '-')}`,
  detail: `${id}: ${error}`,
  source: `respond/${route}`,
  offset: 0,
  delivery: { id, payload },
  at,
});

/** Owns everything that can hang: its sink takes decisions at once, and the doing goes on behind it. */
export class Responder implements Sink<Notification> {
  private readonly firing = new Set<string>();
  private dirty = false;
  private taken: Outbox | undefined;

  private readonly budgetOf: (entity: string) => number;
  /** Outputs that draw the past, too. */
  private readonly keepsPast: ReadonlySet<string>;
  private readonly past: PastAlerts;

  private constructor(
    private readonly parts: ResponderParts,
    private readonly notifiers: readonly AlertmanagerNotifier[],
    private readonly outputs: Outputs,
  ) {
    this.budgetOf = serviceBudgets(parts.config);
    this.keepsPast = new Set(parts.config.respond.grafana.map(({ name }) => name));
    this.past = new PastAlerts(parts.metrics, parts.log);
  }

  /** A responder that has the outbox already. */
  static async open(parts: ResponderParts): Promise<Responder> {
    const responder = Responder.create(parts);
    await responder.take();
    return responder;
  }

  /** A responder at rest: in a fleet the outbox goes with the partition of alerts. */
  static create(parts: ResponderParts): Responder {
    const { config, metrics, log, url } = parts;
    const { links } = parts;
    const presentation = presentationOf(config, url, links);
    const outputs = openOutputs(config, presentation);
    const notifiers = config.respond.alertmanager.map(
      ({ url: address, resend, hold, timeout, watchdog }) =>
        new AlertmanagerNotifier({
          url: address,
          resendMs: resend,
          holdMs: hold,
          timeoutMs: timeout,
          watchdog,
          presentation,
          onSend: (outcome) => {
            metrics.deliveries.inc({ route: shownUrl(address), outcome: outcomeWord(outcome) });
            if (!outcome.ok)
              log.warn({ alertmanager: shownUrl(address), error: outcome.error }, 'alerts not taken, sent again');
          },
        }),
    );
    return new Responder(parts, notifiers, outputs);
  }

  /** Takes the outbox over, with what waits in it: before the task of alerts starts. */
  async take(): Promise<void> {
    const { backend, metrics, log, deadLetters } = this.parts;
    this.taken = await Outbox.open({
      name: 'respond/outbox',
      dependentTask: respondTask,
      routes: this.outputs.routes,
      backend,
      dead: (intent, reason, error) => {
        log.error({ route: intent.route, id: intent.id, reason, error }, 'delivery given up');
        deadLetters.append(0, intent.route, encodeDeadLetter(deadLetterOf(intent, reason, error, Date.now())));
      },
      keepDead: () => deadLetters.flush(),
      tried: ({ route }, outcome) => metrics.deliveries.inc({ route, outcome: outcomeWord(outcome) }),
    });
  }

  /** Goes on with what fired before. */
  start(known: Iterable<Alert>): void {
    const alerts = [...known];
    this.firing.clear();
    for (const { status, fingerprint } of alerts) if (status === 'firing') this.firing.add(fingerprint);
    this.parts.metrics.firing.set(this.firing.size);
    for (const notifier of this.notifiers) notifier.start(alerts.filter((alert) => !this.isPast(alert)));
  }

  /**
   * The partition of alerts goes to another process, which keeps Alertmanager in step from now on.
   *
   * @param limitMs how long to wait for what is under way; 0 where the outbox is another's already
   */
  async rest(limitMs: number): Promise<void> {
    this.firing.clear();
    this.parts.metrics.firing.set(0);
    for (const notifier of this.notifiers) notifier.rest();
    await this.letGo(limitMs);
  }

  write(items: readonly Notification[]): void {
    const intents: Intent[] = [];
    for (const item of items) {
      if (item.type === 'notice') this.notice(item);
      else if (!this.isPast(item.alert) || this.keepsPast.has(item.route))
        intents.push({
          id: item.id,
          route: `webhook/${item.route}`,
          payload: encode(notificationCodec, item),
          order: item.alert.fingerprint,
        });
    }
    this.outbox.add(intents);
  }

  /** Hands in what has to reach people, at least once. Resolves when it is durable. */
  async deliver(intents: readonly Intent[]): Promise<void> {
    this.outbox.add(intents);
    await this.outbox.flush();
  }

  /** Shows a deploy where alerts are shown; a failure is reported, and stops nothing. */
  deployed(deploy: Deploy): void {
    void this.outputs.deployed(deploy).then((errors) => {
      for (const error of errors) this.parts.log.warn({ deploy: deploy.change.id, error }, 'deploy not annotated');
    });
  }

  async flush(): Promise<void> {
    await this.outbox.flush();
    if (this.dirty) for (const notifier of this.notifiers) void notifier.send();
    this.dirty = false;
  }

  /** Waits for what is under way, up to a limit. */
  async stop(limitMs: number): Promise<void> {
    this.past.summarise();
    await Promise.all([this.letGo(limitMs), ...this.notifiers.map((notifier) => notifier.stop())]);
    await this.outputs.close();
  }

  private async letGo(limitMs: number): Promise<void> {
    const outbox = this.taken;
    if (!outbox) return;
    const until = performance.now() + limitMs;
    while (outbox.pending > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
    this.taken = undefined;
    // Where the outbox is another's already, what is under way cannot be written any more; it is sent again there.
    await outbox.stop(limitMs === 0 ? 0 : Math.max(100, until - performance.now())).catch((error: unknown) => {
      if (limitMs > 0) throw error;
    });
  }

  private get outbox(): Outbox {
    if (!this.taken) throw new Error('the outbox is not here: the partition of alerts belongs to another process');
    return this.taken;
  }

  /** Decided so long after it happened (a backfill) that nobody needs to be notified. */
  private isPast({ at }: Alert): boolean {
    return Date.now() - at > this.parts.config.respond.max_age;
  }

  private notice(notice: AlertNotice): void {
    const { alert, change } = notice;
    const { metrics } = this.parts;
    metrics.alerts.inc({ change, severity: alert.severity });
    if (change === 'new' && !alert.audit && alert.muted === '')
      metrics.services.alerted(serviceOf(alert.entity), this.budgetOf(alert.entity));
    if (alert.status === 'firing' && !alert.audit && alert.muted === '') this.firing.add(alert.fingerprint);
    else this.firing.delete(alert.fingerprint);
    metrics.firing.set(this.firing.size);
    if (this.isPast(alert)) {
      if (change === 'new' && !alert.audit) this.past.add(alert);
    } else {
      for (const notifier of this.notifiers) notifier.update(alert);
      this.dirty = true;
    }
    if (alert.muted === '') this.parts.print?.(notice);
  }
}

const outcomeWord = (outcome: SendOutcome | { ok: boolean; retryable?: boolean }): string =>
  outcome.ok ? 'delivered' : 'retryable' in outcome && outcome.retryable ? 'retry' : 'refused';
