/** A partition of a log topic as the source of an ingest task, and channels under the names that state knows. */
import type { Config } from '../../config/schema.js';
import type { PartitionStream, Start } from '../../connectors/kafka/partition-stream.js';
import { inputNames } from '../../connectors/record-inputs.js';
import { kafkaSource } from '../../connectors/kafka/source.js';
import { ReaderClock } from '../../connectors/reader-clock.js';
import type { Batch } from '../../records/batch.js';
import { endOfSource, type SourceCommand, type SourceItem } from '../../records/raw.js';
import type { ChannelItem } from '../../runtime/channel-source.js';
import type { Source } from '../../runtime/source.js';
import type { Flow } from '../flow/flow.js';
import type { LogPartition } from './log-topics.js';

/** What is left of the work of another member, whose state this one does not have. */
export interface Elsewhere {
  /** The offset from which on is read again. */
  readonly from: number;
  readonly resumed: SourceCommand | undefined;
}

export interface LogSourceParts {
  readonly partition: LogPartition;
  readonly windows: Config['windows'];
  readonly flow: Flow;
  /** Ends at what is its end now. */
  readonly bounded: boolean;
  /** Where what another member had open begins, and where that one stood, if it was further than this one. */
  readonly openElsewhere?: () => Promise<Elsewhere | undefined>;
}

export function logSource(
  feed: PartitionStream,
  { partition, windows, flow, bounded, openElsewhere }: LogSourceParts,
): Source<SourceItem> {
  const configured = partition.isOriginal ? partition.config.start : 'earliest';
  let found: Elsewhere | undefined;
  const start = async (): Promise<Start> => {
    found = await openElsewhere?.();
    if (found) return found.from;
    return configured === 'earliest' || configured === 'latest' ? configured : { time: Date.parse(configured) };
  };
  const resumed = async (): Promise<SourceCommand | undefined> => {
    const { resumed: control } = found ?? (await openElsewhere?.()) ?? {};
    found = undefined;
    return control;
  };
  const inputs = inputNames(partition.config.relabel.flatMap((rule) => rule.source_labels));
  if (!bounded)
    return kafkaSource(feed, {
      start,
      inputs,
      afterLoss: partition.incarnation > 0,
      resumed,
      clock: new ReaderClock(),
      idle: { afterMs: windows.idle_after, watermark: () => flow.front },
      hold: { afterMs: windows.max_hold, isBehind: () => flow.isBehind(feed.name, windows.max_hold) },
    });
  const records = kafkaSource(feed, {
    start,
    bounded: true,
    inputs,
    afterLoss: partition.incarnation > 0,
    resumed,
    clock: new ReaderClock(),
  });
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

/** A deleted source ends where it was read to; one that was never read has nothing to end. */
export const endedSource: Source<SourceItem> = {
  async *open(position): AsyncGenerator<Batch<SourceItem>> {
    if (position) yield await Promise.resolve({ items: [endOfSource], rejected: [], position, unrepeatable: true });
  },
};

/**
 * What another member has notified, whose state is not here, is read again for its state alone.
 *
 * @param upTo - the offset before which it was notified, or undefined where none was; asked at the start
 * @param expected - whether there is such, before it is opened
 * @returns the source, in slices that were either notified or not, and whether this one was
 */
export function toldElsewhere<T>(
  source: Source<ChannelItem<T>>,
  upTo: () => Promise<number | undefined>,
  expected: () => boolean = () => false,
): { readonly source: Source<ChannelItem<T>>; readonly isTold: () => boolean } {
  let isTold: boolean | undefined;
  return {
    isTold: () => isTold ?? expected(),
    source: {
      async *open(position, control): AsyncGenerator<Batch<ChannelItem<T>>> {
        const end = (await upTo()) ?? 0;
        isTold = end > (position?.offset ?? 0);
        for await (const batch of source.open(position, control)) {
          const told = batch.items.filter(({ offset }) => offset < end);
          const rest = batch.items.slice(told.length);
          if (told.length > 0) {
            isTold = true;
            const position =
              batch.position && rest.length > 0 ? { ...batch.position, offset: rest[0]!.offset } : batch.position;
            yield { ...batch, items: told, rejected: [], ...(position ? { position } : {}) };
          }
          isTold = rest.length === 0 && (batch.position?.offset ?? 0) < end;
          if (told.length === 0 || rest.length > 0 || batch.rejected.length > 0) yield { ...batch, items: rest };
        }
      },
    },
  };
}

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
