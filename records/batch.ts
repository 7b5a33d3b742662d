/**
 * The unit that flows: a slice of one partition, in order.
 *
 * Glossary
 * - source: one ordered input, such as `logs/3` (a Kafka partition) or `file:app.log`.
 * - position: the offset of a source after a batch; what a checkpoint stores and a restart seeks to.
 * - rejected: an item that could not be handled, with its reason and coordinates; it ends in the dead letters.
 */
import type { Observable } from 'rxjs';
import type { Labels } from './entity.js';

/** A place in a source: the offset of the next item to read. */
export interface Position {
  readonly source: string;
  readonly offset: number;
}

/** A piece of a record that holds several lines. */
export interface RecordPart {
  /** Its place among them, from 0. */
  readonly index: number;
  /** Its bytes are `[from, to)` of the record's. */
  readonly from: number;
  readonly to: number;
}

/** Why and where an item was refused. `reason` is a short stable code that is counted; `detail` is for people. */
export interface Rejected {
  readonly reason: string;
  readonly detail: string;
  readonly source: string;
  readonly offset: number;
  /** Which piece of the record, where it holds several. */
  readonly part?: RecordPart | undefined;
  /** Time of the item in ms since 1970, where one could be read. */
  readonly time?: number | undefined;
  /** The raw bytes, cut to a limit by the writer of the dead letter. */
  readonly bytes?: Uint8Array | undefined;
  /** Where `bytes` are all of the record: what else it takes to put it back. */
  readonly whole?: {
    /** Broker time stamp, ms, or -1. */
    readonly timestamp: number;
    readonly topic: string;
  };
  /** What relabel rules may match of the record besides its topic: its key and headers. */
  readonly inputs?: Labels | undefined;
  /** How often it was put back before it was refused this time. */
  readonly attempt?: number | undefined;
}

/**
 * A slice in order. One input batch may yield many output batches: only the last of them carries `position`,
 * which says that everything up to it has been handled.
 */
export interface Batch<T> {
  readonly items: readonly T[];
  readonly position?: Position | undefined;
  readonly rejected: readonly Rejected[];
  /**
   * The source cannot give this batch again: the clock or the end of what was there brought it, not a record. The task
   * writes it down before it is handled, so that a crash repeats it as it was.
   */
  readonly unrepeatable?: true;
}

/** A pure step: same batches in, same batches out; no clock, no I/O, no chance but a seed. */
export type Operator<A, B> = (input: Observable<Batch<A>>) => Observable<Batch<B>>;
