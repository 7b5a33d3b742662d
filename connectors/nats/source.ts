/** A stream of NATS as the source of an ingest task. */
import type { JsMsg } from '@nats-io/jetstream';
import type { Batch, Rejected } from '../../records/batch.js';
import { endOfSource, type RawRecord, type SourceItem } from '../../records/raw.js';
import type { Source } from '../../runtime/source.js';
import { Hold, type HoldOptions } from '../hold.js';
import { recordInputs } from '../record-inputs.js';
import type { IdleOptions } from '../idle.js';
import type { ReaderClock } from '../reader-clock.js';
import type { From } from './durable.js';
import type { StreamFeed } from './stream-feed.js';

/** How a stream is read. */
export interface StreamSourceOptions {
  /** Name of the source, for positions and dead letters. */
  readonly name: string;
  /** Where to begin where there is no position. */
  readonly start: From;
  /** Ends at what was the end when it was opened. */
  readonly bounded?: boolean;
  /** Headers that relabel rules match: `header_tenant`. */
  readonly inputs?: readonly string[];
  /** Without a position, messages were lost before: the stream was created again. */
  readonly afterLoss?: boolean;
  readonly clock: ReaderClock;
  readonly idle: IdleOptions;
  readonly hold?: HoldOptions;
}

/** A longer value is rejected. */
const maxValueBytes = 1_048_576;
const slice = { messages: 2048, bytes: 131_072 } as const;
/** How long one wait may take before it is looked around again. */
const waitMs = 250;

/** The end of the stream, when the servers say it. */
async function endOf(feed: StreamFeed, stop: AbortSignal): Promise<number> {
  for (;;) {
    const end = await feed.end();
    if (end !== undefined || stop.aborted) return end ?? 0;
    await feed.wait(waitMs, stop);
  }
}

/** A message as a record; its time is that at which the server stored it. */
export const rawOf = ({ data: bytes, seq: offset, subject: topic, info }: JsMsg): RawRecord => ({
  ...{ bytes, start: 0, end: bytes.length, offset, topic, appended: true },
  timestamp: Math.floor(info.timestampNanos / 1e6),
});

/** Reads a message into one of both. */
type ReadMessage = (message: JsMsg, items: SourceItem[], rejected: Rejected[]) => void;

function reader({ name: source, inputs: wanted = [] }: StreamSourceOptions): ReadMessage {
  const inputsOf = wanted.length === 0 ? undefined : recordInputs(wanted);
  return (message, items, rejected) => {
    const record = rawOf(message);
    const { bytes, offset, timestamp } = record;
    if (bytes.length > maxValueBytes) {
      const detail = `the message has ${bytes.length} bytes and ${maxValueBytes} are read at most`;
      rejected.push({ reason: 'too-long', detail, source, offset, time: timestamp, bytes });
      return;
    }
    const inputs = inputsOf?.({ key: null, headers: Object.fromEntries(message.headers ?? []) });
    items.push(inputs ? { ...record, inputs } : record);
  };
}

/**
 * The messages of a stream, in the order of their sequence, which is their offset. What is at the end of it for a while
 * is idle; a `lost` control is where messages were deleted before they were read.
 */
export function streamSource(feed: StreamFeed, options: StreamSourceOptions): Source<SourceItem> {
  const { name: source, start, bounded = false, idle, clock } = options;
  const read = reader(options);
  const hold = options.hold && new Hold(options.hold, () => feed.end());
  const batch = (items: readonly SourceItem[], rejected: readonly Rejected[], offset: number): Batch<SourceItem> => ({
    items,
    rejected,
    position: { source, offset },
  });
  const say = (item: SourceItem, offset: number): Batch<SourceItem> => ({
    ...batch([item], [], offset),
    unrepeatable: true,
  });
  return {
    async *open(position, { stop, drain }): AsyncGenerator<Batch<SourceItem>> {
      try {
        const isLost = await feed.open(position?.offset, start, stop);
        if (isLost === undefined) return;
        if (isLost || (!position && options.afterLoss)) yield say({ type: 'lost', watermark: 0 }, feed.position);
        // A checkpoint now: otherwise a restart before the first message would begin at another `latest`.
        else if (!position) yield batch([], [], feed.position);
        const until = bounded ? await endOf(feed, stop) : undefined;
        let quietSince = performance.now();
        while (!stop.aborted) {
          if (hold && (await hold.isStalled(performance.now(), feed.position)) && !stop.aborted)
            yield say({ type: 'stalled', watermark: 0 }, feed.position);
          const expected = feed.position;
          const taken = feed.take(slice.messages, slice.bytes);
          if (taken) {
            if (await feed.hasLost(expected, taken)) yield say({ type: 'lost', watermark: 0 }, expected);
            const time = clock.control(taken.isAtEnd);
            if (time) yield say(time, expected);
            const items: SourceItem[] = [];
            const rejected: Rejected[] = [];
            for (const message of taken.messages)
              if (until === undefined || message.seq < until) read(message, items, rejected);
            yield batch(items, rejected, Math.min(taken.next, until ?? taken.next));
            quietSince = performance.now();
          } else if (until !== undefined || drain.aborted) {
            const end = until ?? (await endOf(feed, stop));
            if (feed.position < end) await feed.end();
            if (feed.position >= end) {
              if (!stop.aborted) yield say(endOfSource, Math.max(end, expected));
              return;
            }
          } else if (performance.now() - quietSince >= idle.afterMs) {
            quietSince = performance.now();
            const watermark = idle.watermark();
            if ((await feed.end()) === feed.position && !stop.aborted)
              yield say({ type: 'idle', watermark }, feed.position);
          }
          if (!taken) await feed.wait(Math.min(waitMs, idle.afterMs), stop);
        }
      } finally {
        feed.close();
      }
    },
  };
}
