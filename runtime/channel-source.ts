/** Reads one shard of a channel as the source of a task. */
import type { Batch, Rejected } from '../records/batch.js';
import type { ChannelReader } from '../records/store.js';
import type { Source } from './source.js';

/** A record of a channel, decoded, at its offset. */
export interface ChannelItem<T> {
  readonly offset: number;
  readonly record: T;
}

/** How a task reads a channel. */
export interface ChannelSourceOptions<T> {
  readonly reader: ChannelReader;
  readonly shard: number;
  /** Name of the source in positions and dead letters: `windows/0`. */
  readonly name: string;
  /** A record from its bytes; what it throws makes the record a dead letter with reason `undecodable`. */
  readonly decode: (value: Uint8Array) => T;
  /** A slice ends after this many records. 256 by default: between slices other work gets its turn. */
  readonly maxRecords?: number;
  /** And after this many bytes. 4 MiB by default. */
  readonly maxBytes?: number;
  /** How long one wait for records may take before it looks around again, ms. 250 by default. */
  readonly waitMs?: number;
}

/**
 * Waits for records at the end of the channel; ends there once the task is asked to drain.
 *
 * @example
 * channelSource({ reader, shard: 0, name: 'windows/0', decode: decodeWindowsRecord })
 */
export function channelSource<T>(options: ChannelSourceOptions<T>): Source<ChannelItem<T>> {
  const { reader, shard, name, decode, maxRecords = 256, maxBytes = 4 * 1024 * 1024, waitMs = 250 } = options;
  return {
    async *open(position, { stop, drain }): AsyncGenerator<Batch<ChannelItem<T>>> {
      if (position && position.source !== name) {
        throw new Error(
          `the stored position belongs to ${position.source} and this task reads ${name}: ` +
            'give a task another name when it reads something else',
        );
      }
      let next = position?.offset ?? 0;
      while (!stop.aborted) {
        // Asked before reading: what is written before the drain is announced is there when it is read.
        const last = drain.aborted;
        const records = await reader.read(shard, next, maxRecords);
        if (records.length === 0) {
          if (last) return;
          await reader.wait(shard, next, waitMs);
          continue;
        }
        let items: ChannelItem<T>[] = [];
        let rejected: Rejected[] = [];
        let bytes = 0;
        for (const { offset, value } of records) {
          try {
            items.push({ offset, record: decode(value) });
          } catch (error) {
            rejected.push({ reason: 'undecodable', detail: String(error), source: name, offset, bytes: value });
          }
          next = offset + 1;
          bytes += value.length;
          if (bytes < maxBytes) continue;
          yield { items, rejected, position: { source: name, offset: next } };
          if (stop.aborted) return;
          items = [];
          rejected = [];
          bytes = 0;
        }
        if (items.length + rejected.length > 0) yield { items, rejected, position: { source: name, offset: next } };
      }
    },
  };
}
