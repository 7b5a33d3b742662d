/** Durations and other numbers of a template against what is usual for that template and place. */
import type { NumberSum } from '../../records/aggregate.js';
import { S, T, withSlot, type TemplateState } from './template-state.js';

/** A duration or number is learnt about over this much event time, ms. */
const SPAN = 36 * 3_600_000;
/** With fewer numbers behind it nothing is usual. */
const KNOWN = 12;
/** Least variances, in squared steps: a tenth of an octave within a window, a thirtieth of its mean. */
const LEAST_VARIANCE = 160;
const LEAST_NOISE = 16;

/** A window counts no more in the averages: they are of what lasts. */
const MOST_AVERAGED = 5;

/** How far the numbers of one place of a template are from what is usual there. */
export interface SlotShift {
  /** Difference of the mean to the usual one, and its variance; steps of `logOf`. */
  readonly shift: number;
  readonly variance: number;
  /** Standard deviations. */
  readonly z: number;
  /** Sum of squared distances from the usual mean, and what is usual of it. */
  readonly scatter: number;
  readonly usualScatter: number;
}

const known = (numbers: Float32Array, at: number): boolean => numbers[at + S.n]! >= KNOWN;

/** How a window's numbers differ; undefined where too little is known. */
export function shiftOf(
  { numbers }: TemplateState,
  slot: number,
  { n, sum, squares }: NumberSum,
): SlotShift | undefined {
  const at = T.slots + slot * S.size;
  if (n === 0 || at + S.size > numbers.length || !known(numbers, at)) return undefined;
  const usual = numbers[at + S.mean]!;
  const within = Math.max(LEAST_VARIANCE, numbers[at + S.variance]!);
  const noise = Math.max(LEAST_NOISE, numbers[at + S.noise]!);
  const mean = sum / n;
  // Of few lines a single long one says little: their own spread counts as well.
  const own = n > 1 ? (squares - n * mean * mean) / (n - 1) : 0;
  const variance = Math.max(within, own) / n + noise + within / numbers[at + S.n]!;
  const shift = mean - usual;
  const scatter = squares - 2 * usual * sum + n * usual * usual;
  return { shift, variance, z: shift / Math.sqrt(variance), scatter, usualScatter: n * (within + noise) };
}

/** Averages of the deviation over about 3 and 6 windows; a window without the number keeps them. */
export function smooth({ numbers }: TemplateState, slot: number, z: number): void {
  const at = T.slots + slot * S.size;
  const bounded = Math.max(-MOST_AVERAGED, Math.min(MOST_AVERAGED, z));
  numbers[at + S.over3]! += (bounded - numbers[at + S.over3]!) / 3;
  numbers[at + S.over6]! += (bounded - numbers[at + S.over6]!) / 6;
}

/** Learns the numbers of a window. @param passed ms that the window stands for */
export function learnSlot(state: TemplateState, slot: number, { n, sum, squares }: NumberSum, passed: number): void {
  if (n === 0) return;
  withSlot(state, slot);
  const { numbers } = state;
  const at = T.slots + slot * S.size;
  const mean = sum / n;
  const within = n > 1 ? Math.max(0, squares / n - mean * mean) * (n / (n - 1)) : undefined;
  const before = numbers[at + S.n]!;
  if (before === 0) {
    numbers[at + S.n] = n;
    numbers[at + S.mean] = mean;
    numbers[at + S.variance] = within ?? 4 * LEAST_VARIANCE;
    return;
  }
  const total = before * (1 - Math.min(0.5, passed / SPAN)) + n;
  const usualVariance = Math.max(LEAST_VARIANCE, numbers[at + S.variance]!);
  const noise = Math.max(LEAST_NOISE, numbers[at + S.noise]!);
  const spread = usualVariance / n + noise;
  const limit = before < KNOWN ? Number.POSITIVE_INFINITY : 3 * Math.sqrt(spread);
  const distance = Math.max(-limit, Math.min(limit, mean - numbers[at + S.mean]!));
  const pace = n / total;
  numbers[at + S.n] = total;
  numbers[at + S.mean]! += pace * distance;
  const seen = within ?? (mean - numbers[at + S.mean]!) * (mean - numbers[at + S.mean]!);
  const bounded = before < KNOWN ? seen : Math.min(seen, 4 * usualVariance);
  numbers[at + S.variance]! += pace * (bounded - numbers[at + S.variance]!);
  const beyond = Math.max(0, distance * distance - usualVariance / n);
  numbers[at + S.noise]! += Math.max(pace, 1 / 200) * (beyond - numbers[at + S.noise]!);
}
