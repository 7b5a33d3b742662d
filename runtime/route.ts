/** Where effects go: what is sent, how, within which limits, and one try of it. */
import type { Backoff } from './backoff.js';

/** One effect to carry out. */
export interface Intent {
  /** The same decision has the same id, also when it is taken again after a crash. The receiver's idempotency key. */
  readonly id: string;
  readonly route: string;
  readonly payload: Uint8Array;
  /** What has the same key and route is delivered one after another, as it was added: firing before resolved. */
  readonly order?: string;
}

/** What became of one try to deliver. */
export type SendOutcome =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly error: string;
      readonly retryable: boolean;
      readonly retryAfterMs?: number | undefined;
    };

/** A way to a receiver: one try at a time, by `send`. */
export interface DeliveryRoute {
  /** One try. Rejecting counts as a failure that may be retried. `signal` aborts at the time limit of the try. */
  readonly send: (intent: Intent, signal: AbortSignal) => Promise<SendOutcome>;
  /**
   * `at least once`: tried until it is delivered, refused or expired; a crash may send it twice.
   * `at most once` (healing): tried once. A try whose outcome is not known is escalated and never sent again.
   */
  readonly delivery: 'at least once' | 'at most once';
  /** Time limit of one try, ms. For healing shorter than the lease. */
  readonly tryMs: number;
  /** How long after it was decided an intent is worth sending, ms. */
  readonly expireMs: number;
  readonly maxInFlight: number;
  readonly backoff: Backoff;
  /** At most `messages` in `perMs` milliseconds; further ones wait. */
  readonly rate?: { readonly messages: number; readonly perMs: number };
  /** Where more wait than the rate admits, those that it accepts go as one message. Not for `at most once`. */
  readonly summary?: {
    readonly accepts: (intent: Intent) => boolean;
    readonly send: (intents: readonly Intent[], signal: AbortSignal) => Promise<SendOutcome>;
  };
  /** Asked immediately before each try (the lease): false puts the try off by a backoff. */
  readonly mayCall?: () => boolean | Promise<boolean>;
}

/** One try of one message, for one intent or in sum for several, within the time that its route gives it. */
export async function tryOnce(
  { send, summary, tryMs }: DeliveryRoute,
  intents: readonly Intent[],
): Promise<SendOutcome> {
  const limit = AbortSignal.timeout(tryMs);
  const late = new Promise<SendOutcome>((resolve) =>
    limit.addEventListener('abort', () =>
      resolve({ ok: false, retryable: true, error: `no answer within ${tryMs} ms` }),
    ),
  );
  try {
    return await Promise.race([
      intents.length > 1 && summary ? summary.send(intents, limit) : send(intents[0]!, limit),
      late,
    ]);
  } catch (error) {
    return { ok: false, retryable: true, error: String(error) };
  }
}
