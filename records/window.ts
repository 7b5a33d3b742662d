/** What `merge` hands on when a boundary closes: whole windows, sessions to score or release, and controls. */
import type { LogAggregate, SeriesAggregate, SessionEvents } from './aggregate.js';
import type { InexactReason } from './score.js';
import type { CanaryRecord } from './canary.js';
import type { ShadowRecord } from './shadow.js';
import type { Definition, Promotion } from './windows.js';
import type { Verdict } from './verdict.js';

/** A closed window of a log service. A silent window has an aggregate with no line. */
export interface LogWindow {
  readonly type: 'log';
  readonly entity: string;
  /** [start, end) in ms since 1970. */
  readonly start: number;
  readonly end: number;
  readonly aggregate: LogAggregate;
  readonly flags: readonly InexactReason[];
}

/** A closed window of a metric series. Windows without a point are not emitted. */
export interface SeriesWindow {
  readonly type: 'series';
  readonly entity: string;
  readonly start: number;
  readonly end: number;
  readonly aggregate: SeriesAggregate;
  readonly flags: readonly InexactReason[];
}

/**
 * A session at a boundary. `score`: it had lines since the last boundary or one of its due times has come.
 * `release`: it is over; the class learns from it, in order of (end, key), after everything at this boundary is scored.
 */
export interface SessionWindow {
  readonly type: 'session';
  readonly phase: 'score' | 'release';
  readonly entity: string;
  readonly key: string;
  /** Event time of its first and last line, ms. */
  readonly first: number;
  readonly last: number;
  /** The boundary, ms. */
  readonly end: number;
  readonly events: SessionEvents;
  readonly flags: readonly InexactReason[];
}

/** A verdict takes effect, or is taken back, at the boundary of its batch. */
export interface EffectiveVerdict {
  readonly type: 'verdict';
  readonly verdict: Verdict;
  readonly revoked: boolean;
}

/** Last item of every boundary's batch: all windows that end at `end` have been handed on. */
export interface Boundary {
  readonly type: 'boundary';
  readonly end: number;
  /** Sources that are listed, for metrics. */
  readonly sources: number;
  /** Every source has been read to its end: nothing follows unless one goes on. */
  readonly ended: boolean;
  /** Entities whose time to live is over: every store deletes what it keeps of them. Ascending. */
  readonly expired: readonly string[];
  /** Entities that are known, and the partials that went to the overflow entity so far: for metrics. */
  readonly entities: number;
  readonly overflow: number;
}

/**
 * One batch a boundary, boundaries ascending. Order within: definitions, promotions, canaries, shadows, verdicts, windows by entity key,
 * sessions to score by (end, key), sessions to release by (end, key), the boundary.
 */
export type Closed =
  | Definition
  | Promotion
  | CanaryRecord
  | ShadowRecord
  | EffectiveVerdict
  | LogWindow
  | SeriesWindow
  | SessionWindow
  | Boundary;
