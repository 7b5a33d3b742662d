/** Idleness of a source: it is at its end and nothing arrives. */

/** When a source counts as idle. */
export interface IdleOptions {
  /** How long a source is at its end without a record until it is idle, ms of the wall clock; repeated as often. */
  readonly afterMs: number;
  /** Up to where an idle source's watermark is raised, ms since 1970. Asked before the end is checked. */
  readonly watermark: () => number;
}
