/** How surprising a count is. */
import { ln } from '../../models/exact/log.js';

/** A deviation by a t distribution of so many degrees of freedom, about as surprising as one of a normal distribution. */
export const deviateOfT = (z: number, freedom: number): number =>
  (z < 0 ? -1 : 1) * Math.sqrt((freedom + 1) * ln(1 + (z * z) / freedom));

/**
 * Signed root of the deviance of a Poisson count (McCullagh and Nelder): about a standard normal deviate where the count
 * is as expected, and honest for expectations far below one. Counts below what is expected are 0.
 */
export function excess(count: number, expected: number): number {
  if (count <= expected) return 0;
  return Math.sqrt(2 * (count * ln(count / expected) - (count - expected)));
}

/** Signed root of the deviance of `count` of `total` where a share is usual (binomial): about a standard normal deviate. */
export function shareDeviate(count: number, total: number, share: number): number {
  const expected = total * share;
  const rest = total - count;
  const own = count > 0 ? count * ln(count / expected) : 0;
  const others = rest > 0 ? rest * ln(rest / (total - expected)) : 0;
  return (count < expected ? -1 : 1) * Math.sqrt(2 * Math.max(0, own + others));
}
