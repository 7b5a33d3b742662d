/** Keeps a trouble that lasts from filling the log with the same line. */

/**
 * Lets each message through at once, and again after `everyMs`.
 *
 * @example
 * const repeats = new RepeatLimit(10_000, Date.now);
 * repeats.allows('kafka:9092 is not reachable'); // true
 * repeats.allows('kafka:9092 is not reachable'); // false for 10 s
 */
export class RepeatLimit {
  private readonly seen = new Map<string, number>();

  /**
   * @param everyMs - between two equal messages, ms
   * @param now - ms of any clock
   */
  constructor(
    private readonly everyMs: number,
    private readonly now: () => number,
  ) {}

  /** Whether the message may be written now. */
  allows(message: string): boolean {
    const at = this.now();
    const before = this.seen.get(message);
    if (before !== undefined && at - before < this.everyMs) return false;
    if (this.seen.size >= 256) this.seen.clear();
    this.seen.set(message, at);
    return true;
  }
}
