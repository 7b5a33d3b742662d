/** The contract of a format whose values hold any number of records, each with labels of its own. */
import type { Labels } from '../records/entity.js';
import type { FormatReason } from './format.js';

/** What is known of where a value comes from, all of it from the data. */
export interface ManyContext {
  /** Broker time stamp in ms, or -1. */
  readonly timestamp: number;
  /** Whether it is line 0 of a file: the only one that may be a header. */
  readonly isFirst?: boolean;
}

/** One record of a value. */
export interface FoundLog {
  readonly kind: 'log';
  /** ms since 1970. */
  readonly time: number;
  /** Index into `levels`; 0 unknown. */
  readonly level: number;
  /** Index into `outcomes`; 0 unknown. */
  readonly outcome: number;
  readonly message: Uint8Array;
  /** A latency in ms, or NaN. */
  readonly value: number;
  /** Part of the identity. Neighbours that share theirs share the object. */
  readonly labels: Labels;
  /** What relabel rules see besides. */
  readonly inputs: Labels;
}

/** A value of a metric series, as it was found. */
export interface FoundPoint {
  readonly kind: 'point';
  /** ms since 1970. */
  readonly time: number;
  readonly value: number;
  readonly labels: Labels;
  readonly inputs: Labels;
}

/** One of what a value holds. */
export type FoundItem = FoundLog | FoundPoint;

/** Takes what a value holds, in its order. */
export interface FoundSink {
  found(record: FoundItem): void;
  /** A part that cannot be read: the others count. */
  refused(reason: FormatReason, detail: string, part?: Uint8Array): void;
  /** A part that holds no record by its nature, such as a comment. */
  passed(): void;
}

/** A format of values that hold many records. */
export interface ManyFormat {
  readonly name: string;
  /** Reads `bytes[start, end)`. Whatever it holds goes to the sink; nothing at all is refused there, too. */
  read(bytes: Uint8Array, start: number, end: number, context: ManyContext, sink: FoundSink): void;
}

/** No labels. */
export const noLabels: Labels = {};

/** A name as labels have it: other characters become `_`, as in the OpenTelemetry to Prometheus mapping. */
export function labelName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9_]/g, '_');
  return name === '' ? '_' : name;
}
