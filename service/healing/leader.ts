/** Drives healing: reads the ledger and decisions, obeys controls; one process leads, writes and calls. */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../../config/schema.js';
import type { Metrics } from '../../connectors/http/metrics.js';
import { nextStep, nextVerified, type HealingStep } from '../../operators/heal/decide.js';
import type { GuardInputs } from '../../operators/heal/guards.js';
import { Ledger, type Action } from '../../operators/heal/ledger.js';
import { applyCommand } from '../../operators/heal/apply.js';
import { actionId, type HealingLimits, type HealingRule } from '../../operators/heal/rule.js';
import { Watch } from '../../operators/heal/watch.js';
import type { Alert } from '../../records/alert.js';
import { healingNote, type HealingEntry, type HealingNote } from '../../records/healing.js';
import { decodeDecision } from '../../records/score.js';
import type { ChannelReader, ChannelWriter } from '../../records/store.js';
import { AuditLog, LedgerLostError } from '../../runtime/audit-log.js';
import type { ControlsLog, TailReader } from '../flow/controls-log.js';
import { healingLimits, healingRules, remedyTargets } from './options.js';
import { RemedyCalls } from './remedy-calls.js';
import { HeadFile } from './head-file.js';

export interface HealerParts {
  readonly config: Config;
  readonly healing: { readonly writer: ChannelWriter; readonly reader: ChannelReader };
  readonly controls: ControlsLog;
  /** Opened by the process that leads. */
  readonly decisions: () => Promise<TailReader>;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Tells people what needs them, at least once: the id is the same for the same entry. */
  readonly tell?: (entry: HealingEntry, alert: Alert | undefined) => Promise<void>;
}

/** Between two looks, ms: how fast a stop works. */
const lookMs = 100;
/** After the lead was lost, it is not claimed again for this long, ms. */
const reclaimMs = 5000;
/** Decisions before the end that are read to know the fleet, of each shard. */
const lookBack = 200_000;
const pageSize = 1000;
/** Entries that the API shows. */
const remembered = 1000;
/** A call without an outcome is repeated so often, where the receiver honours the key, and not sooner than this, ms. */
const maxTries = 3;
const repeatMs = 5000;
/** Entries of this age are notified again after a take-over, since the leader before may not have sent them, ms. */
const tellAgainMs = 3_600_000;

/** Entries that people are notified of. */
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
  private readonly stopFiles: readonly string[];
  private readonly told: HealingEntry[] = [];
  /** The last entries, newest last. */
  readonly recent: HealingEntry[] = [];
  private readonly calls: RemedyCalls;
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
    this.stopFiles = [
      join(config.state.dir, 'heal.stop'),
      ...(config.healing.stop_file ? [config.healing.stop_file] : []),
    ];
    const heads = config.healing.head_file ? new HeadFile(config.healing.head_file) : undefined;
    this.audit = new AuditLog({
      ...healing,
      accepted: (entry, hash) => {
        this.ledger.apply(entry);
        metrics.ledgerEntries.set(entry.seq);
        // Whoever keeps the log of this process can show later that the end of the ledger was not cut off.
        log.debug({ seq: entry.seq, head: hash, at: entry.at }, 'head of the healing ledger');
        try {
          heads?.append({ seq: entry.seq, head: hash, at: entry.at });
        } catch (error) {
          log.error({ err: error as Error }, 'healing.head_file cannot be written: the head is in this log alone');
        }
        this.recent.push(entry);
        if (this.recent.length > remembered) this.recent.shift();
        if (news.has(entry.what)) this.told.push(entry);
        metrics.healing.inc({ what: entry.what, rule: entry.rule });
      },
      broken: (seq) => log.error({ seq }, 'the healing log is broken here: run tocsin heal audit --verify'),
    });
    this.calls = new RemedyCalls({
      config,
      metrics,
      log,
      write: (note) => this.write(note),
      stopped: () => this.stopped(),
      closing: this.closing.signal,
      term: () => (this.leading?.epoch === this.audit.chain.epoch ? this.leading.epoch : undefined),
      unwritten: () => {
        if (this.leading) this.leading.claimed = false;
      },
    });
  }

  /** Reads the ledger, then keeps looking until `stop`. */
  static async open(parts: HealerParts): Promise<Healer> {
    const healer = new Healer(parts);
    await healer.audit.catchUp();
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

  /** Why nothing is called now, or undefined. Looks at the files itself: no loop has to run for a stop to work. */
  stopped(): string | undefined {
    const file = this.stopFiles.find((path) => existsSync(path));
    if (file) return `the file ${file} exists`;
    const { stopped } = this.parts.controls;
    if (stopped) return stopped;
    return this.failure ?? (this.ledger.stopped ? `stopped by ${this.ledger.stopped.by}` : undefined);
  }

  /** What people said to every process. */
  get controls(): ControlsLog {
    return this.parts.controls;
  }

  get leads(): boolean {
    return this.leading?.claimed === true;
  }

  /** Ends; calls under way are waited for up to a limit, what is left is escalated by the next leader. */
  async stop(limitMs: number): Promise<void> {
    this.closing.abort();
    await this.loop;
    await this.calls.settle(limitMs);
  }

  private async run(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        await this.look();
        this.failure = undefined;
      } catch (error) {
        this.failure = `healing has failed: ${(error as Error).message}`;
        this.parts.log.error({ error: (error as Error).message }, 'healing is stopped');
        if (error instanceof LedgerLostError && this.leading) this.leading.claimed = false;
        this.claimAt = performance.now() + reclaimMs;
      }
      await sleep(lookMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private async look(): Promise<void> {
    await this.parts.controls.poll();
    await this.audit.catchUp();
    this.parts.metrics.healingStopped.set(this.stopped() === undefined ? 0 : 1);
    if (!this.leading || this.rules.length === 0) return;
    if (!this.leading.claimed) {
      if (performance.now() < this.claimAt) return;
      await this.claim();
    }
    await this.see();
    await this.applyCommands();
    await this.verify();
    await this.repeat();
    await this.act();
    await this.tellAll();
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
    for (let first = this.told[0]; first && now - first.at > tellAgainMs; first = this.told[0]) this.told.shift();
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
        const records = await reader.read(shard, at[shard]!, pageSize);
        if (records.length === 0) break;
        for (const { offset, value } of records) {
          at[shard] = offset + 1;
          this.watch.see(decodeDecision(value));
        }
        await sleep(0);
      }
    }
  }

  private async applyCommands(): Promise<void> {
    for (const control of this.parts.controls.said.values()) {
      const note = applyCommand(
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

  private circumstances(): GuardInputs {
    return {
      ledger: this.ledger,
      watch: this.watch,
      limits: this.limits,
      stop: this.stopped(),
    };
  }

  private async take({ note, act }: HealingStep): Promise<void> {
    const why = note.what === 'rehearsed' && act ? `${note.why}: ${this.calls.preview(act)}` : note.why;
    const entry = await this.write({ ...note, why });
    if (entry.what === 'intended' && act) this.calls.begin(entry, act.alert);
  }

  /** Calls without an outcome are sent again where the receiver carries out a key once. */
  private async repeat(): Promise<void> {
    const now = Date.now();
    const targets = remedyTargets(this.parts.config);
    for (const action of [...this.ledger.calledSince(now - this.limits.expiry)]) {
      if (action.state !== 'unknown' || action.tries >= maxTries || now - action.since < repeatMs) continue;
      if (!targets.get(action.target)?.honoursKey || this.stopped() !== undefined) continue;
      const alert = this.candidates().find(({ fingerprint }) => fingerprint === action.alert);
      if (alert?.status !== 'firing') continue;
      const entry = await this.write(noteOf(action, 'intended', 'repeated: the receiver carries out a key once'));
      this.calls.begin(entry, alert);
    }
  }

  private async tellAll(): Promise<void> {
    const { tell, log, metrics } = this.parts;
    for (let entry = this.told[0]; entry; entry = this.told[0]) {
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
