/** When to try again: exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"). */

/** Upper ends of the delays between tries. */
export interface Backoff {
  /** Upper end of the first delay, ms. */
  readonly firstMs: number;
  /** Upper end of any delay, ms. */
  readonly maxMs: number;
}

/**
 * Delay before the next try, ms: uniform in [0, min(maxMs, firstMs * 2^(tries - 1))], and never less than what the
 * receiver asked for.
 *
 * @param tries how often it was tried so far, 1 or more
 * @param random uniform in [0, 1)
 */
export function retryDelay({ firstMs, maxMs }: Backoff, tries: number, random: () => number, retryAfterMs = 0): number {
  const most = Math.min(maxMs, firstMs * 2 ** Math.min(tries - 1, 50));
  return Math.max(retryAfterMs, Math.round(random() * most));
}
