/** Intervals and a test for the few numbers that a gate has: exact or close to it, with + - * / and sqrt only. */

/** Of 95 %. */
const z = 1.959963984540054;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Of a share of `n`, after Wilson (JASA 1927); [0, 1] of nothing. */
export function shareInterval(hits: number, n: number): Interval {
  if (n === 0) return { low: 0, high: 1 };
  const p = hits / n;
  const centre = p + (z * z) / (2 * n);
  const spread = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return { low: Math.max(0, (centre - spread) / scale), high: Math.min(1, (centre + spread) / scale) };
}

/** Of the mean of a Poisson count, after Byar (Rothman and Boice 1979). */
export function countInterval(count: number): Interval {
  const above = count + 1;
  const cube = (x: number): number => x * x * x;
  return {
    low: count === 0 ? 0 : count * cube(1 - 1 / (9 * count) - z / (3 * Math.sqrt(count))),
    high: above * cube(1 - 1 / (9 * above) + z / (3 * Math.sqrt(above))),
  };
}

/** Chance of at least `hits` heads in `n` throws of a fair coin: the one-sided sign test. */
export function signTest(hits: number, n: number): number {
  let term = 1;
  for (let i = 0; i < n; i++) term /= 2;
  let sum = 0;
  for (let k = 0; k <= n; k++) {
    if (k >= hits) sum += term;
    term = (term * (n - k)) / (k + 1);
  }
  return Math.min(1, sum);
}

/** Spearman's correlation of ranks, ties by their mean rank; 0 where one of them is constant. */
export function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [x, y] = [ranksOf(a), ranksOf(b)];
  const mean = (x.length + 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += (x[i]! - mean) * (y[i]! - mean);
    xx += (x[i]! - mean) ** 2;
    yy += (y[i]! - mean) ** 2;
  }
  return xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy);
}

/** Ranks from 1 on. */
export function ranksOf(values: ArrayLike<number>): Float64Array {
  const order = Array.from(values, (_, i) => i).sort((i, j) => values[i]! - values[j]!);
  const ranks = new Float64Array(order.length);
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) ranks[order[i]!] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}
