/** Writes a channel as a segment log on disk: the embedded counterpart of a Kafka topic. */
import { EventEmitter } from 'node:events';
import { mkdir } from 'node:fs/promises';
import type { ChannelWriter } from '../../records/store.js';
import { createShards, shardFolder } from './folder.js';
import { lockWriter } from './lock.js';
import { retain, type Retention } from './retention.js';
import { ShardWriter } from './shard-writer.js';

/** Where a log is written. */
export interface SegmentLogOptions {
  /** Folder of this channel. */
  readonly folder: string;
  /** Fixed for the life of the log. */
  readonly shards: number;
  /** A segment that has reached this many bytes is followed by a new one. 64 MiB by default. */
  readonly segmentBytes?: number;
  readonly retention?: Retention;
  /** Told, in words for people, when a crash left a half-written tail that was cut off. */
  readonly warn?: (message: string) => void;
  /** Wall clock in ms, for retention only. */
  readonly now?: () => number;
}

/**
 * Opens a segment log for writing, made where it is missing. One process writes, any number read.
 *
 * @throws Error where another process writes it, where its number of shards is another one, or where it is damaged
 * @example
 * const writer = await SegmentLogWriter.open({ folder: '.tocsin/windows', shards: 4 });
 * writer.append(2, 'checkout', bytes);
 * await writer.flush(); // durable, and visible to readers
 */
export class SegmentLogWriter implements ChannelWriter {
  /** Emits `durable` after each flush, for readers in the same process. */
  readonly signal = new EventEmitter();
  private last: Promise<void> = Promise.resolve();
  private failure: Error | undefined;
  private closed = false;
  private retainedAt: number;

  private constructor(
    private readonly options: SegmentLogOptions,
    private readonly shards: readonly ShardWriter[],
    private readonly unlock: () => Promise<void>,
  ) {
    this.retainedAt = this.now();
    this.signal.setMaxListeners(0);
  }

  static async open(options: SegmentLogOptions): Promise<SegmentLogWriter> {
    const {
      folder,
      shards,
      segmentBytes = 64 * 1024 * 1024,
      warn = (message: string) => process.emitWarning(message),
    } = options;
    await mkdir(folder, { recursive: true });
    const unlock = await lockWriter(folder);
    const writers: ShardWriter[] = [];
    try {
      await createShards(folder, shards);
      for (let shard = 0; shard < shards; shard++) {
        writers.push(
          await ShardWriter.open(shardFolder(folder, shard), segmentBytes, (torn) =>
            warn(`segment log recovered after a crash: ${torn}`),
          ),
        );
      }
      const writer = new SegmentLogWriter(options, writers, unlock);
      await writer.retain();
      return writer;
    } catch (error) {
      await Promise.allSettled(writers.map((writer) => writer.close()));
      await unlock();
      throw error;
    }
  }

  append(shard: number, key: string, value: Uint8Array): void {
    this.check();
    const writer = this.shards[shard];
    if (!writer) throw new RangeError(`${this.options.folder} has no shard ${shard}: it has ${this.shards.length}`);
    writer.append(key, value);
  }

  /** The offset after the last durable record of a shard; undefined once the writer is closed: others may write then. */
  end(shard: number): number | undefined {
    return this.closed ? undefined : this.shards[shard]!.durable;
  }

  flush(): Promise<void> {
    const before = this.last;
    // Calls that come while one is writing share the next write.
    this.last = before.then(() => this.write());
    this.last.catch(() => undefined);
    return this.last;
  }

  /** Deletes segments past their retention. */
  async retain(): Promise<void> {
    const { folder, retention } = this.options;
    if (!retention) return;
    this.retainedAt = this.now();
    for (let shard = 0; shard < this.shards.length; shard++) {
      await retain(shardFolder(folder, shard), retention, this.retainedAt);
    }
  }

  /** Flushes and closes. Where a flush failed before, only closes. */
  async close(): Promise<void> {
    if (this.closed) return;
    try {
      if (!this.failure) await this.flush();
    } finally {
      this.closed = true;
      await this.last.catch(() => undefined);
      await Promise.allSettled(this.shards.map((shard) => shard.close()));
      await this.unlock();
    }
  }

  private async write(): Promise<void> {
    this.check();
    try {
      const written = await Promise.all(this.shards.map((shard) => shard.flush()));
      if (written.includes(true)) this.signal.emit('durable');
      if (this.now() - this.retainedAt > 60_000) await this.retain();
    } catch (error) {
      const full = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes((error as { code?: string }).code ?? '');
      this.failure = new Error(
        `segment log ${this.options.folder} cannot be written: ${String(error)}. ` +
          (full
            ? 'Free disk space or shorten the retention, then start again: '
            : 'Repair the disk, then start again: ') +
          'nothing that was acknowledged is lost.',
        { cause: error },
      );
      throw this.failure;
    }
  }

  private check(): void {
    if (this.failure) throw this.failure;
    if (this.closed) throw new Error(`segment log ${this.options.folder} is closed`);
  }

  private now(): number {
    return (this.options.now ?? Date.now)();
  }
}
