/** Carries effects out: what was decided is in a ledger before it is tried, and its outcome after. */
import { bytes as rawBytes, oneOf, struct, text, uint, type Codec } from '../records/wire/codec.js';
import type { Store } from '../records/store.js';
import type { StateBackend } from './backend.js';
import { retryDelay } from './backoff.js';
import { steadyNow } from './clock.js';
import { tryOnce, type Intent, type SendOutcome, type DeliveryRoute } from './route.js';
import { TaskState } from './state.js';
import { Turns } from './turns.js';

/** Why an intent was given up. */
export type DeadReason = 'too many' | 'expired' | 'refused' | 'no such route' | 'failed' | 'outcome unknown';

/** How an outbox is opened. */
export interface OutboxOptions {
  /** Names the ledger: `respond/outbox`. */
  readonly name: string;
  /** The task that decides: `respond/0`. Its position is never ahead of the ledger. */
  readonly dependentTask?: string;
  readonly routes: ReadonlyMap<string, DeliveryRoute>;
  readonly backend: StateBackend;
  /** Told of each intent given up. `outcome unknown` is to be escalated to a person: it may have been carried out. */
  readonly dead: (intent: Intent, reason: DeadReason, error: string) => void;
  /** Makes durable what `dead` was given: done before the ledger says that the intent is over. */
  readonly keepDead?: () => Promise<void>;
  /** Told of each try, for metrics. */
  readonly tried?: (intent: Intent, outcome: SendOutcome, ms: number) => void;
  /** Limit of waiting messages of one route; further ones are given up. 10,000 by default. */
  readonly maxWaiting?: number;
  /** How long ids of finished intents are remembered, so that a repeat is not sent again, ms. 7 days by default. */
  readonly rememberMs?: number;
  /** ms since 1970, only forward; `steadyNow` by default. */
  readonly now?: () => number;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

interface Entry {
  readonly route: string;
  readonly payload: Uint8Array;
  readonly order: string;
  /** Ascending in the order in which they were added. */
  readonly seq: number;
  readonly decidedAt: number;
  state: 'pending' | 'calling' | 'delivered' | 'dead';
  tries: number;
  /** When it was finished; 0 before. */
  finishedAt: number;
}

const entryCodec: Codec<Entry> = struct<Entry>({
  route: text,
  payload: rawBytes,
  order: text,
  seq: uint,
  decidedAt: uint,
  state: oneOf('pending', 'calling', 'delivered', 'dead'),
  tries: uint,
  finishedAt: uint,
});

const week = 7 * 86_400_000;
const maxWaiting = 10_000;

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
  private readonly turns = new Turns();
  /** Routes that wait for their rate. */
  private readonly held = new Set<string>();
  private readonly inFlight = new Map<string, number>();
  /** Ids without an outcome, by route. */
  private readonly waiting = new Map<string, Set<string>>();
  private seq = 0;
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
  private buried = 0;

  private constructor(
    private readonly options: OutboxOptions,
    private readonly ledger: TaskState,
  ) {
    this.entries = ledger.open('intents', entryCodec, 2);
  }

  /** Opens the ledger; what has no outcome is tried again, or escalated where it may be tried only once. */
  static async open(options: OutboxOptions): Promise<Outbox> {
    const now = options.now ?? steadyNow;
    const { backend, name, dependentTask } = options;
    const outbox = new Outbox(options, await TaskState.restore(backend, name, now(), dependentTask));
    await outbox.resume();
    return outbox;
  }

  /** Takes intents; an id that is known, finished or not, is a repeat and is ignored. */
  add(intents: readonly Intent[]): void {
    this.check();
    for (const { id, route, payload, order = '' } of intents) {
      if (this.entries.get(id)) continue;
      const decidedAt = this.now();
      const seq = ++this.seq;
      const entry: Entry = { route, payload, order, seq, decidedAt, state: 'pending', tries: 0, finishedAt: 0 };
      const waiting = this.waitingOf(route);
      if (waiting.size >= (this.options.maxWaiting ?? maxWaiting)) {
        this.giveUp(id, entry, 'too many', `${waiting.size} messages wait for ${route}`);
        this.keepId(id, entry, 'dead');
        continue;
      }
      this.entries.put(id, entry);
      this.added.push(id);
      waiting.add(id);
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
    return [...this.waiting.values()].reduce((sum, ids) => sum + ids.size, 0);
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
    const left: { id: string; seq: number }[] = [];
    for (const id of this.entries.keys()) {
      const entry = this.entries.get(id)!;
      this.seq = Math.max(this.seq, entry.seq);
      if (entry.state === 'pending') left.push({ id, seq: entry.seq });
      else if (entry.state === 'calling') {
        // The process died between the call and its outcome. Only calls made at most once are marked like this.
        this.bury(id, entry, 'outcome unknown', 'tocsin ended while the call was under way');
      }
    }
    await this.write();
    left.sort((a, b) => a.seq - b.seq);
    for (const { id } of left) this.waitingOf(this.entries.get(id)!.route).add(id);
    for (const { id } of left) this.enqueue(id);
  }

  private enqueue(id: string): void {
    const { route, order } = this.entries.get(id)!;
    this.turns.add(id, route, order);
    this.pump(route);
  }

  /** Begins as many tries as the route admits. */
  private pump(name: string): void {
    const route = this.options.routes.get(name);
    while (!this.closing.signal.aborted && !this.failure) {
      const busy = this.inFlight.get(name) ?? 0;
      if (route && busy >= route.maxInFlight) return;
      const accepts = (id: string): boolean => route?.summary?.accepts(this.intentOf(id)) ?? false;
      const { ids, waitMs } = this.turns.next(name, this.now(), route?.rate, accepts);
      if (waitMs !== undefined) this.hold(name, waitMs);
      if (ids.length === 0) return;
      this.inFlight.set(name, busy + 1);
      const attempt: Promise<void> = this.attempt(ids, route)
        .catch((error: unknown) => void (this.failure ??= error as Error))
        .finally(() => {
          this.tries.delete(attempt);
          this.inFlight.set(name, this.inFlight.get(name)! - 1);
          this.pump(name);
        });
      this.tries.add(attempt);
    }
  }

  /** Goes on when the rate admits the next message. */
  private hold(name: string, waitMs: number): void {
    if (this.held.has(name)) return;
    this.held.add(name);
    this.after(waitMs, () => {
      this.held.delete(name);
      this.pump(name);
    });
  }

  private intentOf(id: string): Intent {
    const { route, payload, order } = this.entries.get(id)!;
    return { id, route, payload, order };
  }

  /** One message: for one intent, or a summary of several. */
  private async attempt(ids: readonly string[], route: DeliveryRoute | undefined): Promise<void> {
    const entries = ids.map((id) => [id, this.entries.get(id)!] as const);
    if (!route) {
      for (const [id, entry] of entries)
        this.bury(id, entry, 'no such route', `route ${entry.route} is not in the configuration any more`);
      return this.write();
    }
    const isCurrent = ([, { decidedAt }]: readonly [string, Entry]): boolean => this.now() - decidedAt < route.expireMs;
    const current = entries.filter(isCurrent);
    for (const one of entries.filter((entry) => !isCurrent(entry)))
      this.bury(...one, 'expired', `not delivered within ${route.expireMs} ms`);
    if (current.length === 0) return this.write();
    const once = route.delivery === 'at most once';
    if (once) {
      // Written before the call: a crash from here on leaves a call whose outcome is unknown.
      for (const [id, entry] of current) this.entries.put(id, Object.assign(entry, { state: 'calling' }));
      await this.write();
    }
    if (route.mayCall && !(await route.mayCall())) {
      for (const [id, entry] of current) this.entries.put(id, Object.assign(entry, { state: 'pending' }));
      await this.write();
      this.later(current, retryDelay(route.backoff, 1, this.random));
      return;
    }
    for (const [, entry] of current) entry.tries++;
    const begin = performance.now();
    const intents = current.map(([id]) => this.intentOf(id));
    const outcome = await tryOnce(route, intents);
    for (const intent of intents) this.options.tried?.(intent, outcome, performance.now() - begin);
    if (outcome.ok) for (const [id, entry] of current) this.finish(id, entry, 'delivered');
    else if (once || !outcome.retryable) {
      const reason = !once ? 'refused' : outcome.retryable ? 'outcome unknown' : 'failed';
      for (const [id, entry] of current) this.bury(id, entry, reason, outcome.error);
    } else this.retry(current, route, outcome);
    await this.write();
  }

  /** Tries again later, together; what would be too late then is given up. */
  private retry(
    tried: readonly (readonly [string, Entry])[],
    { backoff, expireMs }: DeliveryRoute,
    { error, retryAfterMs }: Extract<SendOutcome, { ok: false }>,
  ): void {
    const tries = Math.max(...tried.map(([, entry]) => entry.tries));
    const delay = retryDelay(backoff, tries, this.random, retryAfterMs);
    const again: (readonly [string, Entry])[] = [];
    for (const [id, entry] of tried) {
      this.entries.put(id, entry);
      if (this.now() + delay - entry.decidedAt < expireMs) again.push([id, entry]);
      else this.bury(id, entry, 'expired', `${entry.tries} tries, the last: ${error}`);
    }
    this.later(again, delay);
  }

  private later(again: readonly (readonly [string, Entry])[], delayMs: number): void {
    const [first] = again;
    if (!first) return;
    const ids = again.map(([id]) => id);
    const { route } = first[1];
    this.after(delayMs, () => {
      this.turns.again(ids, route);
      this.pump(route);
    });
  }

  private after(delayMs: number, run: () => void): void {
    if (this.closing.signal.aborted) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      run();
    }, delayMs);
    this.timers.add(timer);
  }

  private waitingOf(route: string): Set<string> {
    const waiting = this.waiting.get(route) ?? new Set();
    this.waiting.set(route, waiting);
    return waiting;
  }

  /** The id is remembered, what was to be sent is not. */
  private keepId(id: string, entry: Entry, state: 'delivered' | 'dead'): void {
    this.entries.put(id, { ...entry, payload: new Uint8Array(), state, finishedAt: this.now() });
  }

  private finish(id: string, entry: Entry, state: 'delivered' | 'dead'): void {
    this.keepId(id, entry, state);
    this.waitingOf(entry.route).delete(id);
    this.turns.done(entry.route, entry.order);
    this.pump(entry.route);
  }

  private bury(id: string, entry: Entry, reason: DeadReason, error: string): void {
    this.giveUp(id, entry, reason, error);
    this.finish(id, entry, 'dead');
  }

  private giveUp(id: string, entry: Entry, reason: DeadReason, error: string): void {
    this.buried++;
    this.options.dead({ id, route: entry.route, payload: entry.payload }, reason, error);
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
      let kept: number;
      do {
        kept = this.buried;
        await this.options.keepDead?.();
      } while (kept !== this.buried);
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
    return (this.options.now ?? steadyNow)();
  }

  private readonly random = (): number => (this.options.random ?? Math.random)();
}
