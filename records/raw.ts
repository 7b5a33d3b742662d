/** What a source hands in: bytes and where they came from, and controls that must keep their place between them. */
import type { Labels } from './entity.js';
import { oneOf, optional, struct, uint, type Codec } from './wire/codec.js';

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
  readonly appended?: boolean;
  /** Hash of the key of the record, where it has one: records of one producer mostly share it. */
  readonly origin?: number;
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

/** A control as a task writes it down before it is handled; a record is read again from its source instead. */
export const sourceControl: Codec<SourceItem> = {
  write(to, item) {
    if (item.type === undefined) throw new TypeError(`record ${item.offset} of ${item.topic} is not a control`);
    control.write(to, item);
  },
  read: (from) => control.read(from),
};
const control: Codec<SourceCommand> = struct<SourceCommand>({
  type: oneOf(...controlTypes),
  watermark: uint,
  said: optional(uint),
  counted: optional(uint),
  last: optional(uint),
});

/** What a source of lines gives: a record, or a control of the source itself. */
export type SourceItem = RawRecord | SourceCommand;

/** Put after the last record of a bounded source. */
export const endOfSource: SourceCommand = { type: 'end', watermark: 0 };
