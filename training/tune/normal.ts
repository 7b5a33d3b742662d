/** The normal distribution by `+ - * /`, square root and the exact exponential and logarithm: the same bits everywhere. */
import { exp } from '../../models/exact/exp.js';
import { ln } from '../../models/exact/log.js';

/** Chance of at most `x`, to 1e-7: M. Abramowitz, I. Stegun, Handbook of Mathematical Functions, 26.2.17. */
export function normalBelow(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const above = Math.abs(x) > 37 ? 0 : (exp((-x * x) / 2) / SQRT_2PI) * poly;
  return x < 0 ? above : 1 - above;
}

const SQRT_2PI = 2.5066282746310002;
export const LN_SQRT_2PI = 0.9189385332046727;

/** The value that is exceeded with the chance `1 - p`, to 1e-6: P. J. Acklam's rational approximation. */
export function normalQuantile(p: number): number {
  if (p < LOW) return tail(Math.sqrt(-2 * ln(Math.max(p, 1e-300))));
  if (p > 1 - LOW) return -tail(Math.sqrt(-2 * ln(Math.max(1 - p, 1e-300))));
  const q = p - 0.5;
  const r = q * q;
  return (polynomial(A, r) * q) / (polynomial(B, r) * r + 1);
}

const LOW = 0.02425;
const A = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const B = [-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1];
const C = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const D = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416];

const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
const tail = (q: number): number => polynomial(C, q) / (polynomial(D, q) * q + 1);
