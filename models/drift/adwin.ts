/**
 * ADWIN: a window over a stream that shrinks where its older part has another mean. A. Bifet, R. Gavaldà, Learning from
 * Time-Changing Data with Adaptive Windowing (SDM 2007). The window is kept as buckets of 1, 2, 4, ... values, at most five
 * of each size. A function of the values and their order alone: a replay gives the same cuts.
 *
 * Its bound is for independent values: of a stream that remembers, give it means of blocks.
 */
import { list, pair, struct, uint, double, type Codec } from '../../records/wire/codec.js';
import { ln } from '../exact/log.js';

/** Values in a bucket, their sum, and the sum of their squared distances from their mean. */
interface Bucket {
  count: number;
  sum: number;
  spread: number;
}

/** The window, as buckets. */
export interface Adwin {
  /** Oldest first. */
  buckets: Bucket[];
  count: number;
  /** Values since the last look. */
  since: number;
  /** Cuts so far. */
  cuts: number;
}

/** Before the first value. */
export const createAdwin = (): Adwin => ({ buckets: [], count: 0, since: 0, cuts: 0 });

/** Buckets of one size. */
const maxBuckets = 5;
/** Values between two looks, and the fewest on each side of a cut. */
const every = 8;
const minSide = 5;

/**
 * Takes a value; true where the window was cut: the mean has changed.
 *
 * @param delta chance of a false cut at a look
 */
export function observeValue(state: Adwin, value: number, delta = 0.002): boolean {
  state.buckets.push({ count: 1, sum: value, spread: 0 });
  state.count++;
  compress(state.buckets);
  if (++state.since < every) return false;
  state.since = 0;
  let isCut = false;
  while (state.count >= 2 * minSide && shrink(state, delta)) isCut = true;
  if (isCut) state.cuts++;
  return isCut;
}

/** The mean of what is in the window; 0 of nothing. */
export const windowMean = ({ buckets, count }: Adwin): number =>
  count === 0 ? 0 : buckets.reduce((sum, bucket) => sum + bucket.sum, 0) / count;

function merged(a: Bucket, b: Bucket): Bucket {
  const apart = a.sum / a.count - b.sum / b.count;
  const count = a.count + b.count;
  return {
    count,
    sum: a.sum + b.sum,
    spread: a.spread + b.spread + (apart * apart * a.count * b.count) / count,
  };
}

/** Joins the two oldest buckets of a size of which there are too many, from the smallest size on. */
function compress(buckets: Bucket[]): void {
  for (let end = buckets.length; end > 0;) {
    const { count } = buckets[end - 1]!;
    let start = end;
    while (start > 0 && buckets[start - 1]!.count === count) start--;
    if (end - start <= maxBuckets) return;
    buckets.splice(start, 2, merged(buckets[start]!, buckets[start + 1]!));
    // The joined one is the last of its size now.
    end = start + 1;
  }
}

/** Deletes the oldest bucket where some cut of the window has different means on its sides. */
function shrink(state: Adwin, delta: number): boolean {
  const { buckets } = state;
  const all = buckets.reduce(merged);
  const variance = all.spread / all.count;
  const level = ln((2 * ln(state.count)) / delta);
  let old: Bucket | undefined;
  for (const bucket of buckets) {
    old = old ? merged(old, bucket) : bucket;
    const rest = state.count - old.count;
    if (old.count < minSide) continue;
    if (rest < minSide) return false;
    const apart = Math.abs(old.sum / old.count - (all.sum - old.sum) / rest);
    const m = 1 / (1 / (old.count - minSide + 1) + 1 / (rest - minSide + 1));
    const bound = Math.sqrt((2 / m) * variance * level) + (2 / (3 * m)) * level;
    if (apart <= bound) continue;
    state.count -= buckets.shift()!.count;
    return true;
  }
  return false;
}

const stored = struct<
  Omit<Adwin, 'buckets'> & { readonly buckets: readonly (readonly [number, readonly [number, number]])[] }
>({
  buckets: list(pair(uint, pair(double, double))),
  count: uint,
  since: uint,
  cuts: uint,
});

/** For state that outlives the process. */
export const adwinCodec: Codec<Adwin> = {
  write: (to, { buckets, ...rest }) =>
    stored.write(to, { ...rest, buckets: buckets.map(({ count, sum, spread }) => [count, [sum, spread]] as const) }),
  read(from) {
    const { buckets, ...rest } = stored.read(from);
    return { ...rest, buckets: buckets.map(([count, [sum, spread]]) => ({ count, sum, spread })) };
  },
};
