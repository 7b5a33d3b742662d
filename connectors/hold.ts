/** Distinguishes a source that holds the others back from one that is only behind with reading. */

/** When a source counts as stalled. */
export interface HoldOptions {
  /** How long it may, ms of the wall clock. */
  readonly afterMs: number;
  /** Whether the others are so far ahead in event time now. */
  readonly isBehind: () => boolean;
}

/**
 * A source is stalled when it is behind the others by more than it may be, and
 * - nothing of it was read for that long although there is something, or it is unknown (its leader is down), or
 * - all that was there when it fell behind has been read and it is still behind (its producers are hours late).
 *
 * One that reads through a backlog is not: the others are paused until it has caught up. Nor is one that is at its end
 * without records: it is idle.
 */
export class Hold {
  private behindSince: number | undefined;
  /** The end of the partition when it fell behind, where the brokers said. */
  private target: number | undefined;
  private position = -1;
  private readSince = Number.NEGATIVE_INFINITY;
  private lookedAt = Number.NEGATIVE_INFINITY;

  /** @param end - the end of the partition now, or undefined where no broker answers */
  constructor(
    private readonly options: HoldOptions,
    private readonly end: () => Promise<number | undefined>,
  ) {}

  /** @param now - ms of a clock that only goes forward */
  async isStalled(now: number, position: number): Promise<boolean> {
    const { afterMs, isBehind } = this.options;
    if (position !== this.position) {
      this.position = position;
      this.readSince = now;
    }
    // A look costs a question to the brokers at most; between looks nothing is asked.
    if (now - this.lookedAt < afterMs / 8) return false;
    this.lookedAt = now;
    if (!isBehind()) {
      this.behindSince = undefined;
      return false;
    }
    if (this.behindSince === undefined) {
      this.behindSince = now;
      this.target = await this.end();
    }
    const isStuck = now - this.readSince >= afterMs;
    const isLate = now - this.behindSince >= afterMs && this.target !== undefined && position >= this.target;
    if (!isStuck && !isLate) return false;
    if (isStuck && (await this.end()) === position) return false;
    // Said again as often, as long as it lasts.
    this.behindSince = now;
    this.readSince = now;
    return true;
  }
}
