/** A decoded record: a log line with its fields, or a metric point. */
import type { RecordPart } from './batch.js';
import type { Entity } from './entity.js';

/** Levels in ascending order of severity; the index is what is stored. */
export const levels = ['unknown', 'trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
/** One of `levels`. */
export type Level = (typeof levels)[number];

/** What a line says of how a request or job ended: by HTTP status, gRPC code, exit code or a state word. The index is stored. */
export const outcomes = ['unknown', 'ok', 'client-error', 'server-error'] as const;
/** One of `outcomes`. */
export type Outcome = (typeof outcomes)[number];

/** One line as it was read: all that later operators may know of it. */
export interface LogRecord {
  readonly type: 'log';
  readonly entity: Entity;
  /** Event time, ms since 1970. */
  readonly time: number;
  /** Index into `levels`. */
  level: number;
  /** Index into `outcomes`. */
  outcome: number;
  /** The message: `bytes[start, end)`, valid until the batch has passed. */
  bytes: Uint8Array;
  start: number;
  end: number;
  /** A latency or other number of the line in ms, or NaN. */
  value: number;
  /** Signature of the message: set by the `sign` operator, 0 before it. */
  signature: number;
  /** `logOf` of the first plain numbers of the message that are no duration, set by `sign`. */
  numbers: readonly number[];
  /** `routeKey` of the request that the line is about, and `replicaKey` of who wrote it; 0 or absent where unknown. */
  route?: number;
  replica?: number;
  /** 32-bit hash of the variable parts of the message, set by `sign`. */
  variable: number;
  /** Session class and keys of the line, where a session rule matches. */
  readonly sessions: readonly SessionKey[];
  readonly offset: number;
  /** Which piece of the source's record, where that holds several. */
  readonly part?: RecordPart | undefined;
  /** Broker time stamp in ms, or -1. */
  readonly timestamp: number;
  /** See `RawRecord`. */
  readonly appended?: boolean | undefined;
  readonly origin?: number | undefined;
}

/** A key in a line by which its session is told from others. */
export interface SessionKey {
  readonly entity: Entity;
  readonly key: string;
}

/** One value of a metric series. `time` is event time, ms since 1970. */
export interface MetricPoint {
  readonly type: 'point';
  readonly entity: Entity;
  readonly time: number;
  readonly value: number;
  readonly offset: number;
  /** Which piece of the source's record, where that holds several. */
  readonly part?: RecordPart | undefined;
  /** Broker time stamp in ms, or -1. */
  readonly timestamp: number;
  /** See `RawRecord`. */
  readonly appended?: boolean | undefined;
  readonly origin?: number | undefined;
}

/** What `decode` makes of a piece of a source's record. */
export type DecodedRecord = LogRecord | MetricPoint;
