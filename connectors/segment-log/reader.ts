/** Reads a channel from a segment log, in the process that writes it or in another one. */
import type { ChannelReader, ChannelRecord } from '../../records/store.js';
import { readShards, shardFolder } from './folder.js';
import { ShardCursor } from './cursor.js';
import type { SegmentLogWriter } from './writer.js';

/** Which log is read. */
export interface SegmentLogReaderOptions {
  readonly folder: string;
  /** How many shards are expected; undefined takes what is there. */
  readonly shards?: number;
  /** The writer in this process: it tells the end, and its flushes wake `wait` at once; without it the disk is asked every 50 ms. */
  readonly writer?: SegmentLogWriter | undefined;
}

const pollMs = 50;

/**
 * Opens a segment log for reading. Reading goes on where the last `read` of the shard ended, from a buffer; another
 * offset searches its segment.
 *
 * A read below the first offset that retention has left starts there only when it asks for 0 (from the beginning).
 *
 * @example
 * const reader = await SegmentLogReader.open({ folder: '.tocsin/windows' });
 * const records = await reader.read(0, 0, 1000);
 */
export class SegmentLogReader implements ChannelReader {
  private readonly cursors = new Map<number, ShardCursor>();
  private closed = false;

  private constructor(
    private readonly options: SegmentLogReaderOptions,
    /** Number of shards of the log. */
    readonly shards: number,
  ) {}

  /** @throws Error where there is no log, or where its number of shards is not the expected one */
  static async open(options: SegmentLogReaderOptions): Promise<SegmentLogReader> {
    const { folder, shards } = options;
    const stored = await readShards(folder);
    if (stored === undefined)
      throw new Error(`there is no segment log in ${folder}: start what writes it, or correct the path`);
    if (shards !== undefined && shards !== stored) {
      throw new Error(
        `segment log ${folder} has ${stored} shards and ${shards} were expected: set channels.shards to ${stored}.`,
      );
    }
    return new SegmentLogReader(options, stored);
  }

  read(shard: number, offset: number, max: number): Promise<readonly ChannelRecord[]> {
    return this.cursor(shard).read(offset, max);
  }

  async wait(shard: number, offset: number, timeoutMs: number): Promise<boolean> {
    const until = performance.now() + timeoutMs;
    for (;;) {
      if (this.closed) return false;
      // Listening begins before looking, so that a flush in between is not missed.
      const flushed = this.listen();
      try {
        if ((await this.cursor(shard).end()) > offset) return true;
        const left = until - performance.now();
        if (left <= 0) return false;
        await flushed.within(this.options.writer ? left : Math.min(left, pollMs));
      } finally {
        flushed.stop();
      }
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.cursors.values()].map((cursor) => cursor.close()));
    this.cursors.clear();
  }

  /** First offset that is left, and the one after the last that is durable. */
  range(shard: number): Promise<{ first: number; next: number }> {
    return this.cursor(shard).range();
  }

  private cursor(shard: number): ShardCursor {
    const { folder, writer } = this.options;
    if (this.closed) throw new Error(`the reader of segment log ${folder} is closed`);
    if (!(shard >= 0 && shard < this.shards))
      throw new RangeError(`${folder} has no shard ${shard}: it has ${this.shards}`);
    let cursor = this.cursors.get(shard);
    if (!cursor) {
      cursor = new ShardCursor(shardFolder(folder, shard), () => writer?.end(shard));
      this.cursors.set(shard, cursor);
    }
    return cursor;
  }

  /** Notices the writer's next flush from now on. */
  private listen(): { within(ms: number): Promise<void>; stop(): void } {
    const signal = this.options.writer?.signal;
    let wake: (() => void) | undefined;
    let happened = false;
    const listener = (): void => {
      happened = true;
      wake?.();
    };
    signal?.on('durable', listener);
    return {
      within: (ms) =>
        new Promise((resolve) => {
          if (happened) {
            resolve();
            return;
          }
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        }),
      stop: () => void signal?.off('durable', listener),
    };
  }
}
