/** A partition of a log topic as the source of an ingest task, and channels under the names that state knows. */
import type { Config } from '../../config/schema.js';
import type { PartitionFeed, Start } from '../../connectors/kafka/feed.js';
import { kafkaSource } from '../../connectors/kafka/source.js';
import type { Batch } from '../../records/batch.js';
import { endOfSource, type SourceItem } from '../../records/raw.js';
import type { Source } from '../../runtime/source.js';
import type { Flow } from './flow.js';
import type { LogPartition } from './log-topics.js';

export interface LogSourceParts {
  readonly partition: LogPartition;
  readonly windows: Config['windows'];
  readonly flow: Flow;
  /** Ends at what is its end now. */
  readonly bounded: boolean;
}

export function logSource(
  feed: PartitionFeed,
  { partition, windows, flow, bounded }: LogSourceParts,
): Source<SourceItem> {
  const start = partition.isOriginal ? partition.config.start : 'earliest';
  const from: Start = start === 'earliest' || start === 'latest' ? start : { time: Date.parse(start) };
  if (!bounded)
    return kafkaSource(feed, {
      start: from,
      afterLoss: partition.incarnation > 0,
      idle: { afterMs: windows.idle_after, watermark: () => flow.front },
      hold: { afterMs: windows.max_hold, isBehind: () => flow.isBehind(feed.name, windows.max_hold) },
    });
  const records = kafkaSource(feed, { start: from, bounded: true, afterLoss: partition.incarnation > 0 });
  return {
    async *open(position, control): AsyncGenerator<Batch<SourceItem>> {
      let last = position;
      for await (const batch of records.open(position, control)) {
        last = batch.position;
        yield batch;
      }
      if (control.stop.aborted) return;
      const at = last ?? { source: feed.name, offset: 0 };
      yield { items: [endOfSource], rejected: [], position: at, unrepeatable: true };
    },
  };
}

/** What is there no more: it ends where it was read to; what was never read has nothing to end. */
export const endedSource: Source<SourceItem> = {
  async *open(position): AsyncGenerator<Batch<SourceItem>> {
    if (position) yield await Promise.resolve({ items: [endOfSource], rejected: [], position, unrepeatable: true });
  },
};

/** The same source under the name by which its state knows it, whatever the prefix of the topics. */
export function renamed<T>(source: Source<T>, topicName: string, name: string): Source<T> {
  return {
    async *open(position, control): AsyncGenerator<Batch<T>> {
      const at = position ? { source: topicName, offset: position.offset } : undefined;
      for await (const batch of source.open(at, control)) {
        yield { ...batch, ...(batch.position ? { position: { source: name, offset: batch.position.offset } } : {}) };
      }
    },
  };
}
