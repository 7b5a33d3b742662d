/** Carries effects out: what was decided is in a ledger before it is tried, and its outcome after. */
import { bytes as rawBytes, oneOf, struct, text, uint, type Codec } from '../records/codec.js';
import type { Store } from '../records/store.js';
import type { StateBackend } from './backend.js';
import { retryDelay, type Backoff } from './backoff.js';
import { TaskState } from './state.js';

/** One effect to carry out. */
export interface Intent {
  /** The same decision has the same id, also when it is taken again after a crash. The receiver's idempotency key. */
  readonly id: string;
  readonly route: string;
  readonly payload: Uint8Array;
}

export type Outcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly error: string; readonly retryable: boolean; readonly retryAfterMs?: number };

export interface Route {
  /** One try. Rejecting counts as a failure that may be retried. `signal` aborts at the time limit of the try. */
  readonly send: (intent: Intent, signal: AbortSignal) => Promise<Outcome>;
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
  /** Asked immediately before each try (the lease): false puts the try off by a backoff. */
  readonly mayCall?: () => boolean | Promise<boolean>;
}

/** Why an intent was given up. */
export type DeadReason = 'expired' | 'refused' | 'no such route' | 'failed' | 'outcome unknown';

export interface OutboxOptions {
  /** Names the ledger: `respond/outbox`. */
  readonly name: string;
  readonly routes: ReadonlyMap<string, Route>;
  readonly backend: StateBackend;
  /** Told of each intent given up. `outcome unknown` is to be escalated to a person: it may have been carried out. */
  readonly dead: (intent: Intent, reason: DeadReason, error: string) => void;
  /** Told of each try, for metrics. */
  readonly tried?: (intent: Intent, outcome: Outcome, ms: number) => void;
  /** How long ids of finished intents are remembered, so that a repeat is not sent again, ms. 7 days by default. */
  readonly rememberMs?: number;
  /** Wall clock, ms. */
  readonly now?: () => number;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

interface Entry {
  readonly route: string;
  readonly payload: Uint8Array;
  readonly decidedAt: number;
  state: 'pending' | 'calling' | 'delivered' | 'dead';
  tries: number;
  /** When it was finished; 0 before. */
  finishedAt: number;
}

const entryCodec: Codec<Entry> = struct<Entry>({
  route: text,
  payload: rawBytes,
  decidedAt: uint,
  state: oneOf('pending', 'calling', 'delivered', 'dead'),
  tries: uint,
  finishedAt: uint,
});

const week = 7 * 86_400_000;

/**
 * Deciding is the topology's, doing is the outbox's. `add` and `flush` belong to the task that decides: once `flush`
 * has resolved, the intents survive a crash. Trying goes on in the background.
 *
 * @example
 * const outbox = await Outbox.open({ name: 'respond/outbox', routes, backend, dead });
 * outbox.add([{ id, route: 'pager', payload }]);
 * await outbox.flush();
 */
export class Outbox {
  private readonly entries: Store<Entry>;
  /** Ids that wait for their turn, by route, in order. */
  private readonly queues = new Map<string, string[]>();
  private readonly inFlight = new Map<string, number>();
  private readonly timers = new Set<NodeJS.Timeout>();
  /** Ids added and not yet durable: nothing is tried before it is in the ledger. */
  private added: string[] = [];
  private writing: Promise<void> = Promise.resolve();
  /** A write that has not begun yet. */
  private queued: Promise<void> | undefined;
  private readonly tries = new Set<Promise<void>>();
  private readonly closing = new AbortController();
  private failure: Error | undefined;
  private sweptAt = 0;

  private constructor(
    private readonly options: OutboxOptions,
    private readonly ledger: TaskState,
  ) {
    this.entries = ledger.open('intents', entryCodec);
  }

  /** Opens the ledger; what has no outcome is tried again, or escalated where it may be tried only once. */
  static async open(options: OutboxOptions): Promise<Outbox> {
    const now = options.now ?? Date.now;
    const outbox = new Outbox(options, await TaskState.restore(options.backend, options.name, now()));
    await outbox.resume();
    return outbox;
  }

  /** Takes intents; an id that is known, finished or not, is a repeat and is ignored. */
  add(intents: readonly Intent[]): void {
    this.check();
    for (const { id, route, payload } of intents) {
      if (this.entries.get(id)) continue;
      const decidedAt = this.now();
      this.entries.put(id, { route, payload, decidedAt, state: 'pending', tries: 0, finishedAt: 0 });
      this.added.push(id);
    }
  }

  /** Resolves when all intents added are durable; they are tried from then on. */
  async flush(): Promise<void> {
    this.check();
    const { added } = this;
    this.added = [];
    this.sweep();
    await this.write();
    for (const id of added) this.enqueue(id);
  }

  /** How many intents wait for an outcome. */
  get pending(): number {
    let waiting = this.tries.size + this.added.length + this.timers.size;
    for (const queue of this.queues.values()) waiting += queue.length;
    return waiting;
  }

  /**
   * Takes no more, waits for the tries in flight up to a limit, and writes their outcomes. What is left is tried
   * after the next start.
   *
   * @returns whether the limit was kept
   */
  async stop(limitMs: number): Promise<boolean> {
    this.closing.abort();
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => (timer = setTimeout(resolve, limitMs, false)));
    const kept = await Promise.race([Promise.all(this.tries).then(() => true), late]);
    clearTimeout(timer);
    if (!this.failure) await this.write();
    this.ledger.close();
    return kept;
  }

  private async resume(): Promise<void> {
    const waiting: string[] = [];
    for (const id of this.entries.keys()) {
      const entry = this.entries.get(id)!;
      if (entry.state === 'pending') waiting.push(id);
      else if (entry.state === 'calling') {
        // The process died between the call and its outcome. Only calls made at most once are marked like this.
        this.bury(id, entry, 'outcome unknown', 'tocsin ended while the call was under way');
      }
    }
    await this.write();
    waiting.sort((a, b) => this.entries.get(a)!.decidedAt - this.entries.get(b)!.decidedAt);
    for (const id of waiting) this.enqueue(id);
  }

  private enqueue(id: string): void {
    const entry = this.entries.get(id)!;
    const queue = this.queues.get(entry.route);
    if (queue) queue.push(id);
    else this.queues.set(entry.route, [id]);
    this.pump(entry.route);
  }

  /** Begins as many tries as the route admits. */
  private pump(name: string): void {
    const route = this.options.routes.get(name);
    const queue = this.queues.get(name) ?? [];
    while (queue.length > 0 && !this.closing.signal.aborted && !this.failure) {
      const busy = this.inFlight.get(name) ?? 0;
      if (route && busy >= route.maxInFlight) return;
      const id = queue.shift()!;
      this.inFlight.set(name, busy + 1);
      const attempt: Promise<void> = this.attempt(id, route)
        .catch((error: unknown) => void (this.failure ??= error as Error))
        .finally(() => {
          this.tries.delete(attempt);
          this.inFlight.set(name, this.inFlight.get(name)! - 1);
          this.pump(name);
        });
      this.tries.add(attempt);
    }
  }

  private async attempt(id: string, route: Route | undefined): Promise<void> {
    const entry = this.entries.get(id)!;
    const intent: Intent = { id, route: entry.route, payload: entry.payload };
    if (!route) {
      this.bury(id, entry, 'no such route', `route ${entry.route} is not in the configuration any more`);
      return this.write();
    }
    const once = route.delivery === 'at most once';
    if (this.now() - entry.decidedAt >= route.expireMs) {
      this.bury(id, entry, 'expired', `not delivered within ${route.expireMs} ms`);
      return this.write();
    }
    if (once) {
      // Written before the call: a crash from here on leaves a call whose outcome nobody knows.
      entry.state = 'calling';
      this.entries.put(id, entry);
      await this.write();
    }
    if (route.mayCall && !(await route.mayCall())) {
      entry.state = 'pending';
      this.entries.put(id, entry);
      await this.write();
      this.later(id, retryDelay(route.backoff, 1, this.random));
      return;
    }
    entry.tries++;
    const begin = performance.now();
    const outcome = await this.send(route, intent);
    this.options.tried?.(intent, outcome, performance.now() - begin);
    if (outcome.ok) this.finish(id, entry, 'delivered');
    else if (once) this.bury(id, entry, outcome.retryable ? 'outcome unknown' : 'failed', outcome.error);
    else if (!outcome.retryable) this.bury(id, entry, 'refused', outcome.error);
    else {
      this.entries.put(id, entry);
      const delay = retryDelay(route.backoff, entry.tries, this.random, outcome.retryAfterMs);
      if (this.now() + delay - entry.decidedAt < route.expireMs) {
        this.later(id, delay);
        return;
      }
      this.bury(id, entry, 'expired', `${entry.tries} tries, the last: ${outcome.error}`);
    }
    await this.write();
  }

  private async send(route: Route, intent: Intent): Promise<Outcome> {
    const limit = AbortSignal.timeout(route.tryMs);
    const late = new Promise<Outcome>((resolve) =>
      limit.addEventListener('abort', () =>
        resolve({ ok: false, retryable: true, error: `no answer within ${route.tryMs} ms` }),
      ),
    );
    try {
      return await Promise.race([route.send(intent, limit), late]);
    } catch (error) {
      return { ok: false, retryable: true, error: String(error) };
    }
  }

  private later(id: string, delayMs: number): void {
    if (this.closing.signal.aborted) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.enqueue(id);
    }, delayMs);
    this.timers.add(timer);
  }

  private finish(id: string, entry: Entry, state: 'delivered' | 'dead'): void {
    // The id is remembered, what was sent is not.
    this.entries.put(id, { ...entry, payload: new Uint8Array(), state, finishedAt: this.now() });
  }

  private bury(id: string, entry: Entry, reason: DeadReason, error: string): void {
    this.options.dead({ id, route: entry.route, payload: entry.payload }, reason, error);
    this.finish(id, entry, 'dead');
  }

  /** Forgets finished intents after some time, once an hour. */
  private sweep(): void {
    const now = this.now();
    if (now - this.sweptAt < 3_600_000) return;
    this.sweptAt = now;
    for (const id of this.entries.keys()) {
      const { finishedAt } = this.entries.get(id)!;
      if (finishedAt > 0 && now - finishedAt > (this.options.rememberMs ?? week)) this.entries.delete(id);
    }
  }

  /** Writes the ledger. A write that waits for its turn takes along what changes until then. */
  private write(): Promise<void> {
    if (this.queued) return this.queued;
    this.queued = this.writing.then(async () => {
      this.queued = undefined;
      await this.ledger.checkpoint(undefined);
    });
    this.writing = this.queued.catch((error: unknown) => {
      this.failure ??= error as Error;
    });
    return this.queued;
  }

  private check(): void {
    if (this.failure)
      throw new Error(`outbox ${this.options.name} stopped: ${this.failure.message}`, { cause: this.failure });
    if (this.closing.signal.aborted) throw new Error(`outbox ${this.options.name} is stopped`);
  }

  private now(): number {
    return (this.options.now ?? Date.now)();
  }

  private readonly random = (): number => (this.options.random ?? Math.random)();
}
