/** Follows a channel from near its end: what a view is fed with, again from the channel after a restart. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChannelRecord } from '../../records/store.js';
import type { TailReader } from '../../service/flow/controls-log.js';

export interface TailOptions {
  readonly reader: TailReader;
  readonly shards: number;
  /** Records of a shard that are read again at the start, and those kept where it falls behind. */
  readonly back: number;
  readonly each: (shard: number, record: ChannelRecord) => void;
  /** What was behind a failure: reading goes on after a moment. */
  readonly failed: (error: Error) => void;
}

const pageSize = 500;
/** Between two looks at the end of a channel, ms. */
const pollMs = 300;
const failureMs = 3000;

/** Reads until it is stopped. Resolves then. */
export async function follow(
  { reader, shards, back, each, failed }: TailOptions,
  signal: AbortSignal,
  caughtUp?: () => void,
): Promise<void> {
  const at = new Map<number, number>();
  let first = true;
  while (!signal.aborted) {
    let found = 0;
    try {
      for (let shard = 0; shard < shards && !signal.aborted; shard++) found += await readOn(shard);
    } catch (error) {
      if (signal.aborted) return;
      failed(error as Error);
      await sleep(failureMs, undefined, { signal }).catch(() => undefined);
      continue;
    }
    if (found > 0) continue;
    if (first) caughtUp?.();
    first = false;
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }

  /** A page of a shard; how many records it had. */
  async function readOn(shard: number): Promise<number> {
    let next = at.get(shard);
    if (next === undefined) {
      const range = await reader.range(shard);
      next = Math.max(range.first, range.next - back);
      at.set(shard, next);
    }
    const records = await reader.read(shard, next, pageSize);
    for (const record of records) {
      if (record.offset >= next) each(shard, record);
    }
    const last = records.at(-1);
    if (last) at.set(shard, last.offset + 1);
    return records.length;
  }
}
