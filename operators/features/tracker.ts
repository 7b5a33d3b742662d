/**
 * Running location and scale of a number, robust in the sense of Huber: what lies beyond three scales moves them as far
 * as three scales would, so an incident teaches little, and a lasting change is learnt within some hours. It follows
 * event time, and knows nothing of scores or decisions.
 *
 * State lies in an array of numbers of the entity at `at`: count, location, scale. In a Float32Array the state is
 * rounded at each step, so what is stored and what is computed with are the same bits.
 */
export type Numbers = Float32Array | Float64Array;

/** Numbers of state a tracker takes. */
export const TRACKER = 3;

const CLIP = 3;
/** Before so many values the scale is a guess, and nothing is clipped. */
const FIRST = 12;
const MOST = 65_535;
/** Standard deviation over mean absolute deviation of a normal distribution, sqrt(pi / 2). */
const TO_SIGMA = 1.2533141373155003;

/** How fast a tracker follows. */
export interface Pace {
  /** Share of a step that the location moves; 0 keeps it at 0: for numbers that are residuals already. */
  readonly location: number;
  readonly scale: number;
  /** Least scale: the noise that the number has by its nature. */
  readonly floor: number;
}

/** The pace of an average over `span` when a step lasts `passed`; any one unit. */
export const paceOf = (passed: number, span: number): number => passed / (span + passed);

/** Values that the tracker at `at` has seen. */
export const countOf = (state: Numbers, at: number): number => state[at]!;
/** Location of the tracker at `at`, in the unit of its values. */
export const locationOf = (state: Numbers, at: number): number => state[at + 1]!;
/** Scale of the tracker at `at`, in the unit of its values. */
export const scaleOf = (state: Numbers, at: number): number => state[at + 2]!;

/** (x - location) / scale; 0 before the first value. */
export function deviation(state: Numbers, at: number, x: number, floor: number): number {
  if (state[at] === 0) return 0;
  return (x - state[at + 1]!) / Math.max(state[at + 2]!, floor);
}

/** Learns a value. Until the pace is reached by the count, both are plain averages. */
export function learn(state: Numbers, at: number, x: number, { location, scale, floor }: Pace): void {
  const n = state[at]!;
  if (n === 0) {
    state[at] = 1;
    if (location > 0) state[at + 1] = x + 0;
    else state[at + 2] = Math.abs(x) * TO_SIGMA;
    return;
  }
  const distance = x - state[at + 1]!;
  const limit = n < FIRST ? Infinity : CLIP * Math.max(state[at + 2]!, floor);
  const size = Math.min(Math.abs(distance), limit);
  const step = distance < 0 ? -size : size;
  if (location > 0) state[at + 1]! += Math.max(location, 1 / (n + 1)) * step;
  state[at + 2]! += Math.max(scale, 1 / (n + 1)) * (TO_SIGMA * size - state[at + 2]!);
  state[at] = Math.min(MOST, n + 1);
}
