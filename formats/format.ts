/** The contract of a format: pure byte parsing of one line, without a string on the way where it can be avoided. */

import type { Sticky } from './sticky.js';

/** Why a line gives no record. Short, stable, counted; a `header` or `comment` is no fault and holds no record. */
export type FormatReason =
  | 'empty'
  | 'not-json'
  | 'no-time'
  | 'bad-time'
  | 'bad-encoding'
  | 'no-value'
  | 'metric-point'
  | 'header'
  | 'comment'
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
  /** `routeKey` and `replicaKey`, 0 where unknown. */
  route: number;
  replica: number;
  /** Bytes of the line that `labels` points into. */
  line: Uint8Array;
  /** Message of the reason, for people. */
  detail: string;
  /** Form of the line, for people: `cri`, `klog`, `json`. */
  form: string;
  /** Stream of a container that wrote the line: 0 unknown, 1 stdout, 2 stderr. */
  stream: number;
  /** The line goes on in the next one of its stream (a `P` line of CRI, a Docker line without a line break). */
  partial: boolean;
  /** The text has no time of its own, so it may be a part of a stack trace: `time` is that of its envelope. */
  stampless: boolean;
  /** The time is borrowed: the line has none at all. */
  borrowed: boolean;
  /** The service is what the line runs in (a container, a program): the source's own label comes before it. */
  isWeakService: boolean;
  /** Bytes of single labels that are not in `line`, by their place. */
  inner: (Uint8Array | undefined)[] | undefined;
  /** Text of a container's line with all that a part of it needs: `textBytes[textStart, textEnd)`, from < 0 for the message. */
  textBytes: Uint8Array;
  textStart: number;
  textEnd: number;
  /** The head of a record whose text is in the next line (java.util.logging). */
  headOnly: boolean;
  /** All lines up to the next stamp are the text of this one (Erlang's reports, the alert log of Oracle). */
  isBlock: boolean;
}

/** What a format needs to know of where a line comes from, all of it from the data. */
export interface LineContext {
  /** Broker time stamp in ms, or -1. */
  readonly timestamp: number;
  /** Time of the record before in the same source, ms, or -1: stamps without a year take the nearest one. */
  readonly near: number;
  /** Time of a line that has none of its own, ms, or -1: then it is refused. */
  readonly borrow: number;
  /** What the source has shown of its conventions; kept up to date by those who read its lines. */
  readonly sticky?: Sticky | undefined;
  /** The line is inside another one, whose time it has: a stamp of its own that is not understood does not matter. */
  readonly inner?: boolean;
}

/** A format of single lines. */
export interface Format {
  readonly name: string;
  /** Names of the labels that `Fields.labels` holds, in its order. */
  readonly labels: readonly string[];
  /** How many of them, from the first on, are part of the identity: all without it. */
  readonly identity?: number;
  /** Reads `bytes[start, end)` into `into`. Returns nothing, or the reason why it cannot. */
  read(bytes: Uint8Array, start: number, end: number, context: LineContext, into: Fields): FormatReason | undefined;
  /** Text of a label's raw bytes as `read` left them. */
  labelText(raw: Uint8Array): string;
}

/**
 * Fields before a line is read.
 *
 * @param labels how many labels the format has
 */
export const emptyFields = (labels: number): Fields => ({
  kind: 'log',
  time: NaN,
  level: 0,
  outcome: 0,
  route: 0,
  replica: 0,
  bytes: new Uint8Array(),
  start: 0,
  end: 0,
  value: NaN,
  labels: new Int32Array(2 * labels),
  line: new Uint8Array(),
  detail: '',
  form: '',
  stream: 0,
  partial: false,
  stampless: false,
  borrowed: false,
  isWeakService: false,
  inner: undefined,
  textBytes: new Uint8Array(),
  textStart: -1,
  textEnd: -1,
  headOnly: false,
  isBlock: false,
});

/** Takes back what a format sets only where a line has it. */
export function clearFields(into: Fields): void {
  into.level = into.outcome = into.stream = into.route = into.replica = 0;
  into.value = NaN;
  into.form = '';
  into.textStart = -1;
  into.partial = into.stampless = into.borrowed = into.headOnly = into.isBlock = into.isWeakService = false;
  into.inner = undefined;
}
