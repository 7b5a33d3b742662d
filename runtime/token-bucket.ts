/** How many messages a route may begin: a bucket of tokens that fills evenly. */

/** A token bucket: bursts up to its size, then its rate. */
export class TokenBucket {
  private tokens: number;

  /** Begins full. @param at ms */
  constructor(
    private readonly rate: { readonly messages: number; readonly perMs: number },
    private at: number,
  ) {
    this.tokens = rate.messages;
  }

  /** Whole tokens at `now`, ms. */
  free(now: number): number {
    const { messages, perMs } = this.rate;
    this.tokens = Math.min(messages, this.tokens + (Math.max(0, now - this.at) * messages) / perMs);
    this.at = now;
    return Math.floor(this.tokens + 1e-9);
  }

  take(): void {
    this.tokens--;
  }

  /** ms until there is a whole token. */
  untilNext(now: number): number {
    this.free(now);
    return Math.max(1, Math.ceil(((1 - this.tokens) * this.rate.perMs) / this.rate.messages));
  }
}
