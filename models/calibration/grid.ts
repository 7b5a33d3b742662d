/** The grid of everything that feeds back, and the range of u. */
import { GRID, U_MAX, U_MIN } from './defaults.js';

/** The nearest multiple of 2^-12. */
export const onGrid = (value: number): number => Math.round(value / GRID) * GRID + 0;

/** `value` within `[low, high]`. */
export const clip = (value: number, low: number, high: number): number =>
  value < low ? low : value > high ? high : value;

/** A return level within its stated range, on the grid. NaN is a bug of the caller and throws a RangeError. */
export function asU(value: number): number {
  if (Number.isNaN(value)) throw new RangeError('a return level is NaN: a detector gave NaN past the scorer');
  return onGrid(clip(value, U_MIN, U_MAX));
}
