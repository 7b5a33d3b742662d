/**
 * What the console and the lists of the API show: one place, fed by the decisions and alerts logs, so that a cell, a
 * list and the logs agree. Bounded; after a restart it is read from the logs again.
 */
import { EventEmitter } from 'node:events';
import type { Config } from '../../config/schema.js';
import { decodeAlert } from '../../records/alert.js';
import type { Decided } from '../../records/decided.js';
import { decodeDecision, type Decision } from '../../records/score.js';
import type { ChannelReader } from '../../records/store.js';
import { openReader } from '../../offline/replay/channel-records.js';
import { shardsOf } from '../../service/channels.js';
import type { TailReader } from '../../service/flow/controls-log.js';
import { AlertHistory } from './alert-history.js';
import { LastLetters } from './letters.js';
import { OnceByBoundary } from './once.js';
import { RowMemory } from './row-memory.js';
import { follow } from './tail.js';
import { WindowRing, type DecidedPoint } from './window-ring.js';

/** What is known of an entity by its last decision. */
export interface EntityState {
  readonly entity: string;
  /** Of its last decision: end, ms since 1970, and return levels. */
  end: number;
  u: number;
  threshold: number;
  schema: string;
  /** Ends of the first and the last decision that fired, of those that are kept. */
  lastFired: number | undefined;
  decisions: number;
}

/** What changed: what is listed under that name is other than before. */
export type Topic = 'decisions' | 'alerts' | 'dead-letters';

export interface ViewOptions {
  /** Decisions that are kept. */
  readonly decisions?: number;
  /** Hears of each decision that comes after the log was read to its end once; `id` as in the lists of the API. */
  readonly live?: (decision: Decision, id: string) => void;
  readonly log: (message: string, error: Error) => void;
}

const maxEntities = 20_000;
/** Records that one read takes: decisions of an entity are among those of its shard. */
const neighbours = 64;
const maxLetters = 2000;
const maxAlertRecords = 50_000;

export class View {
  readonly ring: WindowRing;
  readonly rows = new RowMemory();
  readonly alerts = new AlertHistory();
  readonly letters = new LastLetters();
  readonly entities = new Map<string, EntityState>();
  /** Sets that scored the last decision of each shard, by shard; empty in the warm-up. */
  readonly artefacts = new Map<number, string>();
  /** Emits `Topic`. */
  readonly changes = new EventEmitter<{ change: [Topic] }>();
  /** End of the latest decision, ms since 1970; 0 before the first. */
  decidedTo = 0;
  /** Counts of changes: what is cached is of one. */
  version = 0;
  /** Whether the logs have been read to their ends once. */
  isCurrent = false;
  private readonly once = new OnceByBoundary();
  private readonly stopping = new AbortController();
  private following: Promise<unknown> | undefined;
  private readonly readers: ChannelReader[] = [];
  private details: TailReader | undefined;

  constructor(
    private readonly config: Config,
    private readonly options: ViewOptions,
  ) {
    this.ring = new WindowRing(options.decisions ?? 300_000);
  }

  /** Opens the logs, which must be there, and follows them. */
  async open(): Promise<void> {
    const open = async (name: 'decisions' | 'alerts' | 'dead-letters'): Promise<TailReader> => {
      const reader = await openReader(this.config, name, shardsOf(this.config, name));
      this.readers.push(reader);
      return reader;
    };
    const failed = (error: Error): void => this.options.log('the console cannot read its logs: it tries again', error);
    const { signal } = this.stopping;
    const shards = shardsOf(this.config, 'decisions');
    const [decisions, alerts, letters] = [await open('decisions'), await open('alerts'), await open('dead-letters')];
    this.details = await open('decisions');
    const back = Math.ceil((this.options.decisions ?? 300_000) / shards);
    const current = { decisions: false, alerts: false };
    const caughtUp = (name: 'decisions' | 'alerts') => (): void => {
      current[name] = true;
      this.isCurrent = current.decisions && current.alerts;
      this.changed(name);
    };
    this.following = Promise.all([
      follow(
        {
          reader: decisions,
          shards,
          back,
          failed,
          each: (shard, { offset, value }) => this.decided(shard, offset, value),
        },
        signal,
        caughtUp('decisions'),
      ),
      follow(
        { reader: alerts, shards: 1, back: maxAlertRecords, failed, each: (_shard, { value }) => this.raised(value) },
        signal,
        caughtUp('alerts'),
      ),
      follow(
        {
          reader: letters,
          shards: 1,
          back: maxLetters,
          failed,
          each: (_shard, record) => {
            this.letters.push(record);
            this.changed('dead-letters');
          },
        },
        signal,
      ),
    ]);
  }

  /** Takes what a decision was made from, in the process that made it. */
  readonly see = (decided: Decided): void => this.rows.see(decided);

  /** A whole decision from the log; undefined where there is none, or retention has deleted it. */
  async decision(shard: number, offset: number): Promise<Decision | undefined> {
    return (await this.decisions([{ shard, offset }])).get(`${shard}-${offset}`);
  }

  /** Whole decisions of points, by `SHARD-OFFSET`; those that are not in the log any more are missing. */
  async decisions(points: readonly Pick<DecidedPoint, 'shard' | 'offset'>[]): Promise<Map<string, Decision>> {
    const found = new Map<string, Decision>();
    const byShard = new Map<number, number[]>();
    for (const { shard, offset } of points) {
      const offsets = byShard.get(shard);
      if (offsets) offsets.push(offset);
      else byShard.set(shard, [offset]);
    }
    for (const [shard, offsets] of byShard) {
      if (!this.details || shard >= shardsOf(this.config, 'decisions')) continue;
      const { first, next } = await this.details.range(shard);
      const wanted = [...new Set(offsets)].filter((at) => at >= first && at < next).sort((a, b) => a - b);
      for (let i = 0; i < wanted.length;) {
        // Neighbours come with one read.
        const records = await this.details.read(shard, wanted[i]!, neighbours);
        const last = records[records.length - 1]?.offset ?? wanted[i]!;
        const byOffset = new Map(records.map(({ offset, value }) => [offset, value]));
        for (; i < wanted.length && wanted[i]! <= last; i++) {
          const value = byOffset.get(wanted[i]!);
          if (value) found.set(`${shard}-${wanted[i]}`, decodeDecision(value));
        }
      }
    }
    return found;
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.following;
    for (const reader of this.readers) await reader.close();
  }

  private decided(shard: number, offset: number, value: Uint8Array): void {
    const decision = decodeDecision(value);
    if (!this.once.isNew(shard, decision)) return;
    this.ring.push(decision, shard, offset);
    this.artefacts.set(shard, decision.artefact);
    this.decidedTo = Math.max(this.decidedTo, decision.end);
    this.note(decision);
    if (this.isCurrent) this.options.live?.(decision, `${shard}-${offset}`);
    this.changed('decisions');
  }

  private note({ entity, end, u, threshold, schema, fired }: Decision): void {
    const known = this.entities.get(entity);
    if (!known) {
      if (this.entities.size >= maxEntities) return;
      const lastFired = fired ? end : undefined;
      this.entities.set(entity, { entity, end, u, threshold, schema, lastFired, decisions: 1 });
      return;
    }
    Object.assign(known, { end, u, threshold, schema, decisions: known.decisions + 1 });
    if (fired) known.lastFired = end;
  }

  private raised(value: Uint8Array): void {
    this.alerts.push(decodeAlert(value));
    this.changed('alerts');
  }

  private changed(topic: Topic): void {
    this.version++;
    this.changes.emit('change', topic);
  }
}
