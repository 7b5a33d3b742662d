/** A partition of a consumer group as the source of a task: log records, or the records of a channel. */
import type { KafkaMessage } from 'kafkajs';
import type { Batch, Rejected } from '../../records/batch.js';
import { endOfSource, type RawRecord, type SourceCommand, type SourceItem } from '../../records/raw.js';
import type { ChannelItem } from '../../runtime/channel-source.js';
import { hashBytes } from '../../records/wire/hash.js';
import type { Source } from '../../runtime/source.js';
import type { ReaderClock } from '../reader-clock.js';
import { FetchedMessage } from './fetch/fetched-message.js';
import { recordInputs } from '../record-inputs.js';
import type { PartitionStream, Start } from './partition-stream.js';
import { Hold, type HoldOptions } from '../hold.js';
import type { IdleOptions } from '../idle.js';

/** Where reading begins and ends. */
export interface KafkaSourceOptions {
  /** Where to begin where there is no position. `earliest` by default. */
  readonly start?: Start | (() => Promise<Start>);
  /** Ends at what was the end when it was opened. */
  readonly bounded?: boolean;
  /** Maximum records of a slice. 2048 by default: what is read of them dies young. */
  readonly maxRecords?: number;
  /** Maximum bytes of a slice. 128 KiB by default: what is read of them stays in the cache of a core. */
  readonly maxBytes?: number;
  /** What of a record relabel rules match: `key`, `header_tenant`. */
  readonly inputs?: readonly string[];
}

/** How a log partition is read. */
export interface KafkaRecordsOptions extends KafkaSourceOptions {
  /** Without it nothing is said of idleness. */
  readonly idle?: IdleOptions;
  /** Without it a source is never stalled. */
  readonly hold?: HoldOptions;
  /** Says what time it is at the reader; without it nothing bounds the clocks of producers but broker time stamps. */
  readonly clock?: ReaderClock;
  /** Without a position, records of the source were lost before: it was re-created. */
  readonly afterLoss?: boolean;
  /** The control by which the work of another reader is carried on, where there is one. Asked after `start`. */
  readonly resumed?: () => Promise<SourceCommand | undefined>;
}

/** A longer value is rejected. */
const maxValueBytes = 1_048_576;
/** How long one wait may take before it is looked around again. */
const waitMs = 250;

/** How long the brokers may take to say where a partition ends. */
const endMs = 5000;

/** The end of a partition now, or undefined where no broker answers: its leader is away. */
async function endOf(feed: PartitionStream): Promise<number | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, endMs, undefined)));
  const end = feed.range().then(
    ({ high }) => high,
    () => undefined,
  );
  return Promise.race([end, late]).finally(() => clearTimeout(timer));
}

/** The broker set the time stamp (`LogAppendTime`): kafkajs keeps the attributes of the batch beside each message. */
const isAppended = (message: KafkaMessage): boolean =>
  (message as { batchContext?: { timestampType?: number } }).batchContext?.timestampType === 1;

/** Reads a message into one of both. */
type MessageReader<T> = (message: KafkaMessage, items: T[], rejected: Rejected[]) => void;

/**
 * The lines of a log partition. A record without a value is rejected as `empty`, one of more than 1 MiB as `too-long`.
 * Where an idle partition is wanted, an `idle` control follows each check that found the position to be the end; a
 * `stalled` control comes where the source holds the others back (`Hold` says on what evidence), and a `lost` control
 * is where records were deleted before they were read.
 *
 * @example
 * kafkaSource(feed, { start: 'latest', idle: { afterMs: 30_000, watermark: () => Date.now() - 10_000 } })
 */
export function kafkaSource(feed: PartitionStream, options: KafkaRecordsOptions = {}): Source<SourceItem> {
  const { name: source, topic } = feed;
  const { inputs: wanted = [] } = options;
  const inputsOf = wanted.length === 0 ? undefined : recordInputs(wanted);
  const read: MessageReader<SourceItem> = (message, items, rejected) => {
    if (
      !inputsOf &&
      message instanceof FetchedMessage &&
      message.start >= 0 &&
      message.end - message.start <= maxValueBytes
    ) {
      // A view on its batch: no text and no buffer of its own.
      const { bytes, start, end, at: offset, time: timestamp, key } = message;
      const appended = isAppended(message);
      if (key) {
        const origin = hashBytes(key) % 0x100000000;
        items.push({ bytes, start, end, offset, timestamp, topic, appended, origin });
      } else items.push({ bytes, start, end, offset, timestamp, topic, appended });
      return;
    }
    const { value } = message;
    const offset = Number(message.offset);
    const timestamp = Number(message.timestamp);
    if (value !== null && value.length <= maxValueBytes) {
      const inputs = inputsOf?.(message);
      const record: RawRecord = {
        bytes: value,
        start: 0,
        end: value.length,
        offset,
        timestamp,
        topic,
        appended: isAppended(message),
        ...(message.key ? { origin: hashBytes(message.key) % 0x100000000 } : {}),
        ...(inputs ? { inputs } : {}),
      };
      items.push(record);
    } else if (value === null) {
      const detail = 'the record has no value: a tombstone, or a producer that sends its lines as keys';
      rejected.push({ reason: 'empty', detail, source, offset, time: timestamp });
    } else {
      const detail = `the record has ${value.length} bytes and ${maxValueBytes} are read at most`;
      rejected.push({ reason: 'too-long', detail, source, offset, time: timestamp, bytes: value });
    }
  };
  return partitionSource(feed, options, read, { type: 'lost', watermark: 0 }, endOfSource);
}

/**
 * One shard of a channel topic. What cannot be decoded is rejected as `undecodable`.
 *
 * @example
 * kafkaChannelSource(feed, { decode: decodeWindowsRecord })
 */
export function kafkaChannelSource<T>(
  feed: PartitionStream,
  options: KafkaSourceOptions & { readonly decode: (value: Uint8Array) => T },
): Source<ChannelItem<T>> {
  const { decode, maxRecords = 256 } = options;
  return partitionSource<ChannelItem<T>>(feed, { ...options, maxRecords }, (message, items, rejected) => {
    const { value } = message;
    const offset = Number(message.offset);
    const bytes = value ?? Buffer.alloc(0);
    try {
      items.push({ offset, record: decode(bytes) });
    } catch (error) {
      rejected.push({ reason: 'undecodable', detail: String(error), source: feed.name, offset, bytes });
    }
  });
}

/**
 * @param lost - put where records are missing; without it the loss is only reported
 * @param end - put at the end of a partition that was deleted
 */
function partitionSource<T>(
  feed: PartitionStream,
  options: KafkaRecordsOptions,
  read: MessageReader<T | SourceItem>,
  lost?: T | SourceItem,
  end?: T | SourceItem,
): Source<T> {
  const { start = 'earliest', bounded = false, maxRecords = 2048, maxBytes = 131_072, idle } = options;
  const hold = options.hold && new Hold(options.hold, () => endOf(feed));
  const { name: source } = feed;
  const batch = (items: readonly (T | SourceItem)[], rejected: readonly Rejected[], offset: number): Batch<T> => ({
    items: items as readonly T[],
    rejected,
    position: { source, offset },
  });
  return {
    async *open(position, { stop, drain }): AsyncGenerator<Batch<T>> {
      if (position && position.source !== source) {
        throw new Error(
          `the stored position belongs to ${position.source} and this task reads ${source}: ` +
            'give a task another name when it reads something else',
        );
      }
      const opened = await feed.open(position?.offset ?? (typeof start === 'function' ? await start() : start));
      if (lost && position && position.offset > 0 && opened > position.offset)
        yield { ...batch([lost], [], opened), unrepeatable: true };
      const until = bounded ? (await feed.range()).high : undefined;
      // A checkpoint now: otherwise a restart before the first record would begin at another `latest`.
      const resumed = await options.resumed?.();
      const before = [...(!position && lost && options.afterLoss ? [lost] : []), ...(resumed ? [resumed] : [])];
      if (before.length > 0) yield { ...batch(before, [], opened), unrepeatable: true };
      else if (!position) yield batch([], [], opened);
      let quietSince = performance.now();
      while (!stop.aborted) {
        // Asked before taking: what was written before the drain is announced is there when the end is looked up.
        const draining = drain.aborted;
        if (hold && (await hold.isStalled(performance.now(), feed.position)) && !stop.aborted) {
          yield { ...batch([{ type: 'stalled', watermark: 0 }], [], feed.position), unrepeatable: true };
        }
        const slice = feed.take(maxRecords, maxBytes);
        if (slice) {
          const first = Number(slice.messages[0]!.offset);
          if (slice.gap !== undefined && (await feed.hasLost(slice.gap, first)) && lost)
            yield { ...batch([lost], [], first), unrepeatable: true };
          const time = options.clock?.control(feed.isAtEnd);
          if (time) yield { ...batch([time], [], first), unrepeatable: true };
          const items: (T | SourceItem)[] = [];
          const rejected: Rejected[] = [];
          const beyond = until !== undefined && slice.next > until;
          for (const message of slice.messages) {
            if (beyond && Number(message.offset) >= until) break;
            read(message, items, rejected);
          }
          yield batch(items, rejected, beyond ? until : slice.next);
          quietSince = performance.now();
          continue;
        }
        if (feed.gone) {
          if (end) yield { ...batch([end], [], feed.position), unrepeatable: true };
          return;
        }
        if (until !== undefined && feed.position >= until) return;
        if (draining && feed.position >= (await feed.range()).high) return;
        if (feed.revoked) throw new Error(`${source} is read by another member of the consumer group now`);
        if (idle && performance.now() - quietSince >= idle.afterMs) {
          quietSince = performance.now();
          const watermark = idle.watermark();
          const high = await endOf(feed);
          if (!stop.aborted && feed.isOpen && feed.isEmpty && feed.position === high) {
            yield { ...batch([{ type: 'idle', watermark }], [], feed.position), unrepeatable: true };
          }
          continue;
        }
        await feed.wait(idle ? Math.min(waitMs, idle.afterMs) : waitMs, ...(draining ? [stop] : [stop, drain]));
      }
    },
  };
}
