/** What a source hands in: bytes and where they came from, and controls that must keep their place between them. */
import type { Labels } from './entity.js';
import { bool, bytes, int, oneOf, optional, struct, text, texts, uint, type Codec } from './wire/codec.js';

/**
 * One record as read. `bytes[start, end)` is the payload without a line break; neighbours may share `bytes`,
 * so it is read-only, and a copy is kept where it is needed beyond the batch.
 */
export interface RawRecord {
  readonly type?: undefined;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  /** Broker time stamp in ms, or -1 where the source has none (files). */
  readonly timestamp: number;
  /** The time stamp is the broker's own (`LogAppendTime`), and not one that the producer chose. */
  readonly appended?: boolean | undefined;
  /** Hash of the key of the record, where it has one: records of one producer mostly share it. */
  readonly origin?: number | undefined;
  /** Kafka topic or file label: an input of the relabel rules. */
  readonly topic: string;
  /** What relabel rules may match of this record besides: its key and headers. Neighbours with the same share the object. */
  readonly inputs?: Labels | undefined;
}

/**
 * What the driver of a source says about it, in its place among the records. `idle`: the position is the end of the
 * partition, by an offset check. `stalled`: it leaves the minimum. `lost`: records between the one before and the next
 * were deleted before they were read. `end`: a bounded source is read to its end. `watermark`, ms: how far the source's
 * own watermark is raised (it never sinks); ignored for `lost` and for `end`, which closes all that is open.
 *
 * `live` and `behind` say what time it is at the reader, `watermark`: no later record is from a later time. With `live`
 * it is at the end of what is there, with `behind` it reads a backlog. `reset`: a person says that event time is at
 * `watermark`, whatever was read. `resumed`: another reader, whose state is lost to this one, wrote all panes before
 * `watermark`.
 */
export interface SourceCommand {
  readonly type: (typeof controlTypes)[number];
  readonly watermark: number;
  /** Of a `reset`: when the person said so, wall-clock ms. What was said before the last one that counted is ignored. */
  readonly said?: number | undefined;
  /** Of `resumed`: the offset up to which lines before `watermark` were counted. */
  readonly counted?: number | undefined;
  /** Of `resumed`: the last offset by which the reader before tagged anything. */
  readonly last?: number | undefined;
}
/** New ones come last: the index is stored. */
const controlTypes = ['idle', 'stalled', 'end', 'lost', 'live', 'behind', 'reset', 'resumed'] as const;

/** Lines of a source that stamps them; all others are read again from their source. */
const record = struct<Omit<RawRecord, 'type' | 'start' | 'end'>>({
  bytes,
  offset: uint,
  timestamp: int,
  appended: optional(bool),
  origin: optional(uint),
  topic: text,
  inputs: optional(texts),
});
const said = struct<Omit<SourceCommand, 'type'>>({
  watermark: uint,
  said: optional(uint),
  counted: optional(uint),
  last: optional(uint),
});
const itemType = oneOf(...controlTypes, 'record');

/** A control as a task writes it down before it is handled, or a record whose time is that of its reading. */
export const writtenItem: Codec<SourceItem> = {
  write(to, item) {
    itemType.write(to, item.type ?? 'record');
    if (item.type !== undefined) {
      said.write(to, item);
      return;
    }
    const { bytes, start, end, offset, timestamp, appended, origin, topic, inputs } = item;
    record.write(to, { bytes: bytes.subarray(start, end), offset, timestamp, appended, origin, topic, inputs });
  },
  read(from) {
    const type = itemType.read(from);
    if (type !== 'record') return { type, ...said.read(from) };
    const { bytes, ...rest } = record.read(from);
    // The batch is handled after its state is written, and what it was read from is used again.
    const own = Uint8Array.prototype.slice.call(bytes);
    return { ...rest, bytes: own, start: 0, end: own.length };
  },
};

/** What a source of lines gives: a record, or a control of the source itself. */
export type SourceItem = RawRecord | SourceCommand;

/** Put after the last record of a bounded source. */
export const endOfSource: SourceCommand = { type: 'end', watermark: 0 };
