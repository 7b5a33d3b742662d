/** Many tests at once: which of them count. Y. Benjamini, Y. Hochberg, Controlling the False Discovery Rate (JRSS B 1995). */

/**
 * Whether each p-value counts, with a share of false ones among them of at most `rate`, for tests that are independent or
 * positively dependent. Where nothing is true, the chance that any counts is `rate`.
 */
export function discoveries(p: readonly number[], rate: number): boolean[] {
  const order = p.map((_, i) => i).sort((a, b) => p[a]! - p[b]!);
  let last = -1;
  order.forEach((at, rank) => {
    if (p[at]! <= ((rank + 1) * rate) / p.length) last = rank;
  });
  const counts = p.map(() => false);
  for (const at of order.slice(0, last + 1)) counts[at] = true;
  return counts;
}
