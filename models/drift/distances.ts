/**
 * How far two samples are apart. Two work on values (Kolmogorov-Smirnov, Wasserstein), two on shares of bins (Jensen-Shannon,
 * PSI). They are plain numbers: how large is too large is `reference.ts`.
 */
import { ln } from '../exact/log.js';

const ascending = (a: number, b: number): number => a - b;

/** Values in ascending order; the input stays as it is. */
export const sorted = (values: ArrayLike<number>): Float64Array => Float64Array.from(values).sort(ascending);

/** How many values of an ascending array are at most `x`. */
export function countUpTo(values: Float64Array, x: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The statistic of Kolmogorov and Smirnov: the largest distance of the two empirical distribution functions.
 *
 * @param a, b ascending, with at least one value
 * @example kolmogorovSmirnov(sorted([1, 2, 3]), sorted([2, 3, 4])) // 1/3
 */
export function kolmogorovSmirnov(a: Float64Array, b: Float64Array): number {
  let most = 0;
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    const x = Math.min(a[i]!, b[j]!);
    while (i < a.length && a[i] === x) i++;
    while (j < b.length && b[j] === x) j++;
    most = Math.max(most, Math.abs(i / a.length - j / b.length));
  }
  return most;
}

/**
 * The same where one sample is much larger: looks the smaller one's values up in it.
 *
 * @param few, many ascending
 */
export function kolmogorovSmirnovIn(few: Float64Array, many: Float64Array): number {
  let most = 0;
  for (let i = 0; i < few.length;) {
    let end = i;
    while (end < few.length && few[end] === few[i]) end++;
    const upTo = countUpTo(many, few[i]!) / many.length;
    const below = countBelow(many, few[i]!) / many.length;
    most = Math.max(most, Math.abs(end / few.length - upTo), Math.abs(i / few.length - below));
    i = end;
  }
  return most;
}

function countBelow(values: Float64Array, x: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The Wasserstein distance of order 1 (earth mover's), in the unit of the values: the area between the two empirical
 * distribution functions.
 *
 * @param a, b ascending, with at least one value
 */
export function wasserstein(a: Float64Array, b: Float64Array): number {
  let area = 0;
  let [i, j] = [0, 0];
  let last = Math.min(a[0]!, b[0]!);
  while (i < a.length || j < b.length) {
    const x = Math.min(
      i < a.length ? a[i]! : Number.POSITIVE_INFINITY,
      j < b.length ? b[j]! : Number.POSITIVE_INFINITY,
    );
    area += Math.abs(i / a.length - j / b.length) * (x - last);
    while (i < a.length && a[i] === x) i++;
    while (j < b.length && b[j] === x) j++;
    last = x;
  }
  return area;
}

/** Edges between bins that hold equal shares of a sample; fewer where values repeat. @param values ascending */
export function binEdges(values: Float64Array, bins = 10): number[] {
  const edges = new Set<number>();
  for (let k = 1; k < bins; k++) edges.add(values[Math.floor((k * values.length) / bins)]!);
  edges.delete(values[0]!);
  return [...edges].sort(ascending);
}

/** Share of the values in each bin; an edge belongs to the bin above it. @param values ascending */
export function binShares(values: Float64Array, edges: readonly number[]): number[] {
  const below = edges.map((edge) => countBelow(values, edge));
  return [...below, values.length].map((count, i) => (count - (i === 0 ? 0 : below[i - 1]!)) / values.length);
}

/**
 * The Jensen-Shannon distance of two lists of shares: the root of the divergence in nats, 0 to sqrt(ln 2).
 */
export function jensenShannon(p: readonly number[], q: readonly number[]): number {
  let sum = 0;
  p.forEach((share, i) => {
    const middle = (share + q[i]!) / 2;
    if (share > 0) sum += share * ln(share / middle);
    if (q[i]! > 0) sum += q[i]! * ln(q[i]! / middle);
  });
  return Math.sqrt(Math.max(0, sum / 2));
}

/** A bin that one side has not is taken to have this share, as is usual: PSI has no value without it. */
const emptyShare = 1e-4;

/** The population stability index of two lists of shares: sum of (q - p) ln(q / p). */
export function stabilityIndex(p: readonly number[], q: readonly number[]): number {
  let sum = 0;
  p.forEach((share, i) => {
    const [a, b] = [Math.max(share, emptyShare), Math.max(q[i]!, emptyShare)];
    sum += (b - a) * ln(b / a);
  });
  return sum;
}
