/** Whose turn it is on a route: in order, one after another where they share an order key, no faster than the rate. */
import { TokenBucket } from './token-bucket.js';

/** At most `messages` in `perMs` milliseconds. */
export interface Rate {
  readonly messages: number;
  readonly perMs: number;
}

/** The messages that wait, by route. */
export class Turns {
  /** Ids that may go, by route, in order. */
  private readonly queues = new Map<string, string[]>();
  /** Ids that wait for one before them, by route and order key; a key is there while one is under way. */
  private readonly chains = new Map<string, string[]>();
  private readonly buckets = new Map<string, TokenBucket>();

  /** Lines an id up, behind those of its order key that are not done. An empty key waits for none. */
  add(id: string, route: string, order: string): void {
    if (order !== '') {
      const chain = this.chains.get(chainKey(route, order));
      if (chain) {
        chain.push(id);
        return;
      }
      this.chains.set(chainKey(route, order), []);
    }
    this.again([id], route);
  }

  /** Lines ids up that have been tried: their keys are still theirs. */
  again(ids: readonly string[], route: string): void {
    const queue = this.queues.get(route);
    if (queue) for (const id of ids) queue.push(id);
    else this.queues.set(route, [...ids]);
  }

  /** An id of this key has its outcome: the next one of the key may go. */
  done(route: string, order: string): void {
    const key = chainKey(route, order);
    const chain = order === '' ? undefined : this.chains.get(key);
    if (!chain) return;
    const next = chain.shift();
    if (next === undefined) this.chains.delete(key);
    else this.again([next], route);
  }

  /**
   * What goes with the next message: one id, or where more wait than the rate admits all that `summed` accepts; none
   * where nothing waits or the rate admits none. `waitMs`: ask again then.
   */
  next(
    route: string,
    now: number,
    rate: Rate | undefined,
    summed: (id: string) => boolean,
  ): { readonly ids: readonly string[]; readonly waitMs?: number } {
    const queue = this.queues.get(route) ?? [];
    if (queue.length === 0) return { ids: [] };
    if (!rate) return { ids: [queue.shift()!] };
    const bucket = this.buckets.get(route) ?? new TokenBucket(rate, now);
    this.buckets.set(route, bucket);
    const free = bucket.free(now);
    if (free < 1) return { ids: [], waitMs: bucket.untilNext(now) };
    bucket.take();
    if (queue.length <= free) return { ids: [queue.shift()!] };
    const together = queue.filter(summed);
    if (together.length < 2) return { ids: [queue.shift()!] };
    const gone = new Set(together);
    queue.splice(0, queue.length, ...queue.filter((id) => !gone.has(id)));
    return { ids: together };
  }
}

const chainKey = (route: string, order: string): string => `${route}\0${order}`;
