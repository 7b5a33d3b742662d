/** The contract of a format: pure byte parsing of one line, without a string on the way where it can be avoided. */

/** Why a line gives no record. Short, stable, counted; a `header` is no fault and is passed over. */
export type FormatReason =
  | 'empty'
  | 'not-json'
  | 'no-time'
  | 'no-value'
  | 'header'
  | 'bad-frame'
  | 'bad-schema'
  | 'bad-payload'
  | 'not-otlp'
  | 'other-signal'
  | 'not-metric';

/** What a format finds in a line; one object is filled again for each line. */
export interface Fields {
  kind: 'log' | 'point';
  /** ms since 1970. */
  time: number;
  /** Index into `levels`; 0 unknown. */
  level: number;
  /** Index into `outcomes`; 0 unknown. */
  outcome: number;
  /** The message, `bytes[start, end)`: of the line itself, or a copy where escapes had to be undone. */
  bytes: Uint8Array;
  start: number;
  end: number;
  /** Latency in ms or value of a point; NaN where there is none. */
  value: number;
  /** Ranges of label values in the line, `[from, to]` a label of the format's `labels`; from < 0 where absent. */
  labels: Int32Array;
  /** Bytes of the line that `labels` points into. */
  line: Uint8Array;
  /** Message of the reason, for people. */
  detail: string;
}

/** What a format needs to know of where a line comes from, all of it from the data. */
export interface LineContext {
  /** Broker time stamp in ms, or -1. */
  readonly timestamp: number;
  /** Time of the record before in the same source, ms, or -1: stamps without a year take the nearest one. */
  readonly near: number;
  /** Whether it is line 0 of a file: the only one that may be a header. */
  readonly isFirst?: boolean;
}

export interface Format {
  readonly name: string;
  /** Names of the labels that `Fields.labels` holds, in its order. */
  readonly labels: readonly string[];
  /** Reads `bytes[start, end)` into `into`. Returns nothing, or the reason why it cannot. */
  read(bytes: Uint8Array, start: number, end: number, context: LineContext, into: Fields): FormatReason | undefined;
  /** Text of a label's raw bytes as `read` left them. */
  labelText(raw: Uint8Array): string;
}

export const emptyFields = (labels: number): Fields => ({
  kind: 'log',
  time: NaN,
  level: 0,
  outcome: 0,
  bytes: new Uint8Array(),
  start: 0,
  end: 0,
  value: NaN,
  labels: new Int32Array(2 * labels),
  line: new Uint8Array(),
  detail: '',
});
