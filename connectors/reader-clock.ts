/** Says now and then what time it is at a reader, so that no producer's clock can be ahead of it. */
import type { SourceCommand } from '../records/raw.js';

/** How long a time that was said holds, ms: a mark is behind the time by so much at most. */
export const everyMs = 5000;

/**
 * Controls of one source, in the places where its records are read. The time goes into the records that are read, as a
 * control: what ingest makes of them is a function of both.
 *
 * @example
 * const clock = new ReaderClock();
 * const control = clock.control(atEnd); // before a slice: { type: 'live', watermark: 1767616496000 }, or undefined
 */
export class ReaderClock {
  private saidAt = Number.NEGATIVE_INFINITY;
  private wasAtEnd = false;

  /** @param now - the wall clock, ms since 1970 */
  constructor(private readonly now: () => number = Date.now) {}

  /**
   * The control that goes before the next slice, or undefined where the last one holds.
   *
   * @param isAtEnd - the slice is all that is there
   */
  control(isAtEnd: boolean): SourceCommand | undefined {
    this.wasAtEnd ||= isAtEnd;
    const steady = performance.now();
    if (steady - this.saidAt < everyMs) return undefined;
    this.saidAt = steady;
    const type = this.wasAtEnd ? 'live' : 'behind';
    this.wasAtEnd = false;
    return { type, watermark: this.now() };
  }
}
