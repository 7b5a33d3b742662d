/** Writes what a task puts out to a channel. */
import type { ChannelWriter } from '../records/store.js';
import type { Sink, SinkContext } from './source.js';

/** How a task writes to a channel. */
export interface ChannelSinkOptions<B> {
  readonly writer: ChannelWriter;
  readonly shards: number;
  /** Partition key of a record, or undefined for one that goes to every shard. */
  readonly key: (item: B) => string | undefined;
  /** The shard of a key, by our own hash. */
  readonly shardOf: (key: string, shards: number) => number;
  readonly encode: (item: B, context: SinkContext) => Uint8Array;
  /** Flushes by itself once so much is waiting, so that memory is bounded. 8 MiB by default. */
  readonly maxBytes?: number;
}

/** Order is kept: partials that stand before a mark are before it in every shard. */
export function channelSink<B>(options: ChannelSinkOptions<B>): Sink<B> {
  const { writer, shards, key, shardOf, encode, maxBytes = 8 * 1024 * 1024 } = options;
  let waiting = 0;
  const flush = async (): Promise<void> => {
    waiting = 0;
    await writer.flush();
  };
  return {
    async write(items, context) {
      for (const item of items) {
        const value = encode(item, context);
        const where = key(item);
        if (where === undefined) for (let shard = 0; shard < shards; shard++) writer.append(shard, '', value);
        else writer.append(shardOf(where, shards), where, value);
        waiting += value.length * (where === undefined ? shards : 1);
      }
      if (waiting > maxBytes) await flush();
    },
    flush,
  };
}
