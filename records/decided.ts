/** A decision on its way to the alerts, with what an explanation needs. */
import type { Alert } from './alert.js';
import type { FeatureRow, SessionRow, SessionRelease } from './row.js';
import type { Decision } from './score.js';
import type { ShadowedItem } from './shadow.js';
import type { ScoredContext } from './verdict.js';
import type { Boundary } from './window.js';

/** A decision with all that an alert needs to explain it. */
export interface Decided {
  readonly type: 'decided';
  readonly decision: Decision;
  readonly row?: FeatureRow | undefined;
  readonly session?: SessionRow;
  /** The session has fired before. */
  readonly again?: boolean;
  /** What a verdict on this decision carries back. */
  readonly context: ScoredContext;
  /** The arm or combination that was believed. */
  readonly best: string;
  /** Its record in words, for example `right in 9 of 10 answers`. */
  readonly record: string;
  /** `max(u, e) + e / 2`, e an average of u: for ranking and severity. */
  readonly severity: number;
}

/** What leaves `select`. */
export type DecidedRecord = Decided | SessionRelease | Boundary;

/** An alert's transition or refresh. */
export interface AlertRaised {
  readonly type: 'alert';
  readonly alert: Alert;
}

/** Decisions for their log, alerts and what shadows decided for theirs, up to the boundary that ends them. */
export type Tracked = Decided | AlertRaised | ShadowedItem | SessionRelease | Boundary;
