/** Drives healing: reads controls, the ledger and decisions; one process leads, writes and calls. */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../../config/schema.js';
import type { Metrics } from '../../connectors/http/metrics.js';
import { egressAgents, type EgressAgents } from '../../connectors/webhook/egress.js';
import { postJson } from '../../connectors/webhook/post.js';
import { remedyRequest, shownHeaders } from '../../connectors/webhook/remedy.js';
import { nextStep, nextVerified, type Step } from '../../operators/heal/decide.js';
import type { Circumstances, Proposal } from '../../operators/heal/guards.js';
import { Ledger, type Action } from '../../operators/heal/ledger.js';
import { obey } from '../../operators/heal/obey.js';
import { actionId, type HealingLimits, type HealingRule } from '../../operators/heal/rule.js';
import { Watch } from '../../operators/heal/watch.js';
import type { Alert } from '../../records/alert.js';
import { decodeControl, encodeControl, type Control } from '../../records/control.js';
import { healingNote, type HealingEntry, type HealingNote } from '../../records/healing.js';
import { decodeDecision } from '../../records/score.js';
import type { ChannelReader, ChannelWriter } from '../../records/store.js';
import { AuditLog, LedgerLostError } from '../../runtime/audit-log.js';
import { callOf, healingLimits, healingRules, remedyTargets } from './healing-parts.js';

/** A channel that is read from near its end on. */
export type TailReader = ChannelReader & { range(shard: number): Promise<{ first: number; next: number }> };

export interface HealerParts {
  readonly config: Config;
  readonly healing: { readonly writer: ChannelWriter; readonly reader: ChannelReader };
  readonly controls: { readonly writer: ChannelWriter; readonly reader: TailReader };
  /** Opened by the process that leads. */
  readonly decisions: () => Promise<TailReader>;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Tells people what needs them, at least once: the id is the same for the same entry. */
  readonly tell?: (entry: HealingEntry, alert: Alert | undefined) => Promise<void>;
}

/** Between two looks, ms: how fast a stop works. */
const lookMs = 100;
/** An intent older than this is not called any more, ms: somebody else may lead by now. */
const leaseMs = 5000;
/** After the lead was lost, it is not claimed again for this long, ms. */
const reclaimMs = 5000;
/** Decisions before the end that are read to know the fleet, of each shard. */
const lookBack = 200_000;
const pageSize = 1000;
/** Entries that the API shows. */
const remembered = 1000;
/** A call without an outcome is repeated so often, where the receiver honours the key, and not sooner than this, ms. */
const mostTries = 3;
const repeatMs = 5000;
/** What people are told again after a take-over, since the one before may not have come to it, ms. */
const tellAgainMs = 3_600_000;

/** Entries that people are told of. */
const news = new Set<HealingEntry['what']>([
  'asked',
  'lapsed',
  'done',
  'failed',
  'unknown',
  'fixed',
  'no-effect',
  'worse',
  'unverified',
  'breaker-opened',
  'remedy-stopped',
]);
/** Entries that need a person. */
const escalated = new Set<HealingEntry['what']>(['failed', 'unknown', 'worse', 'breaker-opened', 'remedy-stopped']);

export class Healer {
  readonly ledger = new Ledger();
  readonly audit: AuditLog;
  readonly rules: readonly HealingRule[];
  private readonly limits: HealingLimits;
  private readonly watch: Watch;
  private readonly agents: EgressAgents;
  private readonly stopFiles: readonly string[];
  /** All that was said, by id. */
  readonly controls = new Map<string, Control>();
  private controlsAt = 0;
  private controlStop: string | undefined;
  private readonly told: HealingEntry[] = [];
  /** The last entries, newest last. */
  readonly recent: HealingEntry[] = [];
  private readonly calls = new Set<Promise<void>>();
  private readonly closing = new AbortController();
  private leading: { alerts: () => Iterable<Alert>; epoch: number; claimed: boolean } | undefined;
  private claimAt = 0;
  private decisions: { reader: TailReader; at: number[] } | undefined;
  private loop: Promise<void> = Promise.resolve();
  private failure: string | undefined;

  private constructor(private readonly parts: HealerParts) {
    const { config, healing, metrics, log } = parts;
    this.rules = healingRules(config);
    this.limits = healingLimits(config);
    this.watch = new Watch((entity) => [...this.ledger.underWay()].some((action) => action.entity === entity));
    this.agents = egressAgents(config.healing.private, 'healing.private');
    this.stopFiles = [
      join(config.state.dir, 'heal.stop'),
      ...(config.healing.stop_file ? [config.healing.stop_file] : []),
    ];
    this.audit = new AuditLog({
      ...healing,
      accepted: (entry) => {
        this.ledger.apply(entry);
        this.recent.push(entry);
        if (this.recent.length > remembered) this.recent.shift();
        if (news.has(entry.what)) this.told.push(entry);
        metrics.healing.inc({ what: entry.what, rule: entry.rule });
      },
      broken: (seq) => log.error({ seq }, 'the healing log is broken here: run tocsin heal audit --verify'),
    });
  }

  /** Reads ledger and controls, then keeps looking until `stop`. */
  static async open(parts: HealerParts): Promise<Healer> {
    const healer = new Healer(parts);
    await healer.audit.catchUp();
    await healer.hearAll();
    healer.loop = healer.run();
    return healer;
  }

  /** From now on this process acts. Called with the task that owns the alerts. */
  lead(alerts: () => Iterable<Alert>, epoch: number): void {
    this.leading = { alerts, epoch, claimed: false };
    this.claimAt = 0;
  }

  /** From now on another process may act. */
  follow(): void {
    this.leading = undefined;
  }

  /** Says something to every process. Resolves when it is durable. */
  async say(control: Control): Promise<void> {
    const { writer } = this.parts.controls;
    writer.append(0, '', encodeControl(control));
    await writer.flush();
    await this.hear();
  }

  /** Why nothing is called now, or undefined. Looks at the files itself: no loop has to run for a stop to work. */
  stopped(): string | undefined {
    const file = this.stopFiles.find((path) => existsSync(path));
    if (file) return `the file ${file} exists`;
    if (this.controlStop) return this.controlStop;
    return this.failure ?? (this.ledger.stopped ? `stopped by ${this.ledger.stopped.by}` : undefined);
  }

  get leads(): boolean {
    return this.leading?.claimed === true;
  }

  /** Ends; calls under way are waited for up to a limit, what is left is escalated by whoever leads next. */
  async stop(limitMs: number): Promise<void> {
    this.closing.abort();
    await this.loop;
    await Promise.race([Promise.all(this.calls), sleep(limitMs, undefined, { ref: false })]);
  }

  private async run(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        await this.look();
        this.failure = undefined;
      } catch (error) {
        this.failure = `healing has failed: ${(error as Error).message}`;
        this.parts.log.error({ error: (error as Error).message }, 'healing stands still');
        if (error instanceof LedgerLostError && this.leading) this.leading.claimed = false;
        this.claimAt = performance.now() + reclaimMs;
      }
      await sleep(lookMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private async look(): Promise<void> {
    await this.hear();
    await this.audit.catchUp();
    this.parts.metrics.healingStopped.set(this.stopped() === undefined ? 0 : 1);
    if (!this.leading || this.rules.length === 0) return;
    if (!this.leading.claimed) {
      if (performance.now() < this.claimAt) return;
      await this.claim();
    }
    await this.see();
    await this.obeyAll();
    await this.verify();
    await this.repeat();
    await this.act();
    await this.tellAll();
  }

  /** All that was said before now: a stop holds from the start. */
  private async hearAll(): Promise<void> {
    const { reader } = this.parts.controls;
    const { next } = await reader.range(0);
    for (;;) {
      await this.hear();
      if (this.controlsAt >= next) return;
      await reader.wait(0, this.controlsAt, 1000);
    }
  }

  private async hear(): Promise<void> {
    const { reader } = this.parts.controls;
    for (;;) {
      const records = await reader.read(0, this.controlsAt, pageSize);
      if (records.length === 0) return;
      for (const { offset, value } of records) {
        if (offset < this.controlsAt) continue;
        this.controlsAt = offset + 1;
        let control: Control;
        try {
          control = decodeControl(value);
        } catch {
          this.parts.log.error({ offset }, 'a control cannot be read: healing stops until it is resumed');
          this.controlStop = `control ${offset} cannot be read`;
          continue;
        }
        if (this.controls.has(control.id)) continue;
        this.controls.set(control.id, control);
        if (control.deed === 'stop') this.controlStop = `stopped by ${control.by}`;
        if (control.deed === 'resume') this.controlStop = undefined;
      }
    }
  }

  private async claim(): Promise<void> {
    const lead = this.leading!;
    lead.epoch = Math.max(lead.epoch, this.audit.chain.epoch + 1);
    this.decisions ??= await this.openDecisions();
    await this.write(healingNote({ what: 'claimed', why: `${hostname()} ${process.pid}` }));
    lead.claimed = true;
    for (const action of [...this.ledger.underWay()]) {
      if (action.state === 'intended')
        await this.write(noteOf(action, 'unknown', 'the process that called ended before the outcome was known'));
    }
    const now = Date.now();
    while (this.told.length > 0 && now - this.told[0].at > tellAgainMs) this.told.shift();
  }

  private async openDecisions(): Promise<{ reader: TailReader; at: number[] }> {
    const reader = await this.parts.decisions();
    const at: number[] = [];
    for (let shard = 0; shard < this.parts.config.channels.shards; shard++) {
      const { first, next } = await reader.range(shard);
      at.push(Math.max(first, next - lookBack));
    }
    return { reader, at };
  }

  private async see(): Promise<void> {
    const { reader, at } = this.decisions!;
    for (let shard = 0; shard < at.length; shard++) {
      while (!this.closing.signal.aborted) {
        const records = await reader.read(shard, at[shard], pageSize);
        if (records.length === 0) break;
        for (const { offset, value } of records) {
          at[shard] = offset + 1;
          this.watch.see(decodeDecision(value));
        }
        await sleep(0);
      }
    }
  }

  private async obeyAll(): Promise<void> {
    for (const control of this.controls.values()) {
      const note = obey(
        control,
        this.ledger,
        this.rules.map(({ name }) => name),
        Date.now(),
      );
      if (note) await this.write(note);
    }
  }

  private async verify(): Promise<void> {
    for (let i = 0; i < pageSize; i++) {
      const note = nextVerified(this.rules, this.circumstances(), Date.now());
      if (!note) return;
      await this.write(note);
    }
  }

  private async act(): Promise<void> {
    for (let i = 0; i < pageSize && !this.closing.signal.aborted; i++) {
      const step = nextStep(this.candidates(), this.rules, this.circumstances(), Date.now());
      if (!step) return;
      await this.take(step);
    }
  }

  /** What fires, and what a person may still answer to. */
  private candidates(): Alert[] {
    return [...this.leading!.alerts()].filter(
      ({ status, fingerprint }) =>
        status === 'firing' ||
        this.rules.some(({ name }) => {
          const ask = this.ledger.asks.get(actionId(name, fingerprint));
          return ask?.state === 'asked' || ask?.state === 'approved';
        }),
    );
  }

  private circumstances(): Circumstances {
    return {
      ledger: this.ledger,
      watch: this.watch,
      limits: this.limits,
      stop: this.stopped(),
    };
  }

  private async take({ note, act }: Step): Promise<void> {
    const why = note.what === 'rehearsed' && act ? `${note.why}: ${this.preview(act)}` : note.why;
    const entry = await this.write({ ...note, why });
    if (entry.what === 'intended' && act) this.begin(entry, act.alert);
  }

  /** The request as people may see it. */
  private preview({ rule, alert }: Proposal): string {
    const target = remedyTargets(this.parts.config).get(rule.target)!;
    const call = callOf(this.parts.config, rule.name, actionId(rule.name, alert.fingerprint), alert);
    const { body, headers } = remedyRequest(target, call, new Date(0));
    return `POST ${target.url} ${JSON.stringify(shownHeaders(headers))} ${body}`.slice(0, 4000);
  }

  private begin(entry: HealingEntry, alert: Alert): void {
    const epoch = this.leading?.epoch;
    const committed = performance.now();
    const call: Promise<void> = this.call(entry, alert, committed, epoch)
      .catch((error: unknown) => {
        this.parts.log.error(
          { id: entry.id, error: (error as Error).message },
          'outcome of a healing call not written',
        );
        if (this.leading) this.leading.claimed = false;
      })
      .finally(() => this.calls.delete(call));
    this.calls.add(call);
  }

  private async call(entry: HealingEntry, alert: Alert, committed: number, epoch: number | undefined): Promise<void> {
    const { config } = this.parts;
    const target = remedyTargets(config).get(entry.target)!;
    const request = remedyRequest(target, callOf(config, entry.rule, entry.id, alert), new Date());
    // The last look, immediately before the call.
    const stop =
      this.stopped() ?? (performance.now() - committed > leaseMs ? 'the intent has become too old' : undefined);
    const lost = !this.leading || this.leading.epoch !== epoch || this.audit.chain.epoch !== epoch;
    if (lost || this.closing.signal.aborted) {
      // Who leads now has called it unknown; where nobody does, nothing left this process, and the next start says so.
      if (!lost) await this.write({ ...entry, what: 'withheld', why: 'tocsin was stopped' });
      return;
    }
    if (stop) {
      await this.write({ ...entry, what: 'withheld', why: stop });
      return;
    }
    const outcome = await postJson(target.url, request.body, {
      headers: request.headers,
      timeoutMs: target.timeout,
      agents: this.agents,
    });
    const { deliveries } = this.parts.metrics;
    const route = `heal/${entry.target}`;
    if (outcome.ok) {
      deliveries.inc({ route, outcome: 'delivered' });
      await this.write({ ...entry, what: 'done', why: `answered ${outcome.status}` });
    } else {
      // Refused, or it never left: nothing was carried out. All else may have been.
      const failed = !outcome.sent || !outcome.retryable;
      deliveries.inc({ route, outcome: failed ? 'refused' : 'unknown' });
      await this.write({ ...entry, what: failed ? 'failed' : 'unknown', why: outcome.error });
    }
  }

  /** Calls without an outcome are sent again where the receiver carries out a key once. */
  private async repeat(): Promise<void> {
    const now = Date.now();
    const targets = remedyTargets(this.parts.config);
    for (const action of [...this.ledger.calledSince(now - this.limits.expiry)]) {
      if (action.state !== 'unknown' || action.tries >= mostTries || now - action.since < repeatMs) continue;
      if (!targets.get(action.target)?.honoursKey || this.stopped() !== undefined) continue;
      const alert = this.candidates().find(({ fingerprint }) => fingerprint === action.alert);
      if (alert?.status !== 'firing') continue;
      const entry = await this.write(noteOf(action, 'intended', 'repeated: the receiver carries out a key once'));
      this.begin(entry, alert);
    }
  }

  private async tellAll(): Promise<void> {
    const { tell, log, metrics } = this.parts;
    while (this.told.length > 0) {
      const entry = this.told[0];
      const isOwn = entry.epoch === this.leading!.epoch;
      if (isOwn && escalated.has(entry.what)) {
        metrics.escalations.inc({ what: entry.what });
        log.error(
          { what: entry.what, rule: entry.rule, entity: entry.entity, why: entry.why },
          'healing needs a person',
        );
      } else if (isOwn)
        log.info({ what: entry.what, rule: entry.rule, entity: entry.entity, why: entry.why }, 'healing');
      const alert = [...this.leading!.alerts()].find(({ fingerprint }) => fingerprint === entry.alert);
      await tell?.(entry, alert);
      this.told.shift();
    }
  }

  private write(note: HealingNote): Promise<HealingEntry> {
    const epoch = this.leading?.epoch;
    if (epoch === undefined) throw new LedgerLostError('this process does not lead any more');
    return this.audit.append(note, epoch, Date.now());
  }
}

const noteOf = (
  { id, rule, target, alert, entity, time, u }: Action,
  what: HealingNote['what'],
  why: string,
): HealingNote => healingNote({ what, why, id, rule, target, alert, entity, time, u });
