/** Follows the decisions log into the online store. It holds back nothing and decides nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { hashOfRecord, type OnlineRow, type OnlineStore, type Written } from '../../connectors/feast/online-store.js';
import type { Metrics } from '../../connectors/http/metrics.js';
import { decodeDecision } from '../../records/score.js';
import { onlineRows } from '../../training/features/online-rows.js';
import type { TailReader } from '../flow/controls-log.js';
import type { LogOpener } from '../snapshots/records-between.js';

export interface FollowerParts {
  /** Connects; called again after a failure. */
  readonly open: () => Promise<OnlineStore>;
  /** Opened where there is something to follow. */
  readonly decisions: LogOpener;
  readonly metrics: Metrics;
  readonly log: Logger;
}

const pageSize = 500;
const firstPauseMs = 250;
const maxPauseMs = 30_000;

/**
 * A shard is looked at behind each checkpoint of its task. How far it was written is stored in the same Redis, so that a
 * kill loses no row, and a Redis that lost its data is filled again from what the log still has.
 */
export class OnlineFollower {
  private readonly closing = new AbortController();
  /** Shards that are being followed, and those that have more since. */
  private readonly running = new Map<number, Promise<void>>();
  private readonly more = new Set<number>();
  private store: Promise<OnlineStore> | undefined;
  private log: ReturnType<LogOpener> | undefined;

  constructor(private readonly parts: FollowerParts) {}

  /** The log of this shard may have more. */
  look(shard: number): void {
    this.more.add(shard);
    if (this.running.has(shard) || this.closing.signal.aborted) return;
    this.running.set(shard, this.follow(shard));
  }

  /** Waits for what is under way up to a limit, ms, and ends. */
  async stop(limitMs: number): Promise<void> {
    const timer = new AbortController();
    const late = sleep(limitMs, undefined, { signal: timer.signal }).catch(() => undefined);
    await Promise.race([Promise.all(this.running.values()), late]);
    timer.abort();
    this.closing.abort();
    const store = await Promise.race([this.store?.catch(() => undefined), sleep(0)]);
    store?.close();
    await Promise.all(this.running.values());
    await (await this.log?.catch(() => undefined))?.close();
  }

  private async follow(shard: number): Promise<void> {
    const { log, metrics } = this.parts;
    const { signal } = this.closing;
    for (let pause = firstPauseMs; this.more.has(shard) && !signal.aborted;) {
      try {
        this.more.delete(shard);
        await this.catchUp(shard);
        pause = firstPauseMs;
      } catch (error) {
        if (signal.aborted) break;
        this.more.add(shard);
        metrics.onlineFailures.inc();
        log.warn({ err: error, shard }, 'features cannot be written to features.online: this is tried again');
        await sleep(pause, undefined, { signal }).catch(() => undefined);
        pause = Math.min(maxPauseMs, 2 * pause);
      }
    }
    // In the same turn as the last look at `more`: what comes next starts again.
    this.running.delete(shard);
  }

  /** Writes all that the log has now. */
  private async catchUp(shard: number): Promise<void> {
    const { metrics } = this.parts;
    const [store, { reader }] = await Promise.all([this.opened(), this.openedLog()]);
    for (let next = await firstToRead(reader, shard, await store.written(shard)); !this.closing.signal.aborted;) {
      const records = await reader.read(shard, next, pageSize);
      const last = records.at(-1);
      if (!last) return;
      const newest = new Map<string, OnlineRow>();
      for (const { value } of records)
        for (const row of onlineRows(decodeDecision(value))) {
          const key = `${row.view} ${row.entity}`;
          if (row.time >= (newest.get(key)?.time ?? 0)) newest.set(key, row);
        }
      metrics.onlineRows.inc(await store.write([...newest.values()]));
      await store.note(shard, { offset: last.offset, hash: hashOfRecord(last.value) });
      metrics.onlineWritten.set(Date.now() / 1000);
      next = last.offset + 1;
    }
  }

  private openedLog(): ReturnType<LogOpener> {
    if (!this.log) {
      this.log = this.parts.decisions();
      this.log.catch(() => (this.log = undefined));
    }
    return this.log;
  }

  private opened(): Promise<OnlineStore> {
    if (!this.store) {
      const opening = this.parts.open();
      this.store = opening;
      opening.then(
        (store) => this.closing.signal.aborted && store.close(),
        () => (this.store = undefined),
      );
    }
    return this.store;
  }
}

/** Behind what was written, if it was of this log; else the first that there is. */
async function firstToRead(reader: TailReader, shard: number, written: Written | undefined): Promise<number> {
  const { first, next } = await reader.range(shard);
  if (!written || written.offset < first || written.offset >= next) return first;
  const [record] = await reader.read(shard, written.offset, 1);
  const isSame = record?.offset === written.offset && hashOfRecord(record.value) === written.hash;
  return isSame ? written.offset + 1 : first;
}
