/**
 * Slow drift of a number without season: a fast average less a slow one. For leaks, which no window shows.
 *
 * State at `at`: count, fast average, slow average, then a tracker of their difference.
 */
import { deviation, learn, paceOf, TRACKER, type Numbers } from './tracker.js';

const DIFFERENCE = 3;
/** Numbers of state a drift takes. */
export const DRIFT = DIFFERENCE + TRACKER;

const HOUR = 3_600_000;
const FAST = 2 * HOUR;
const SLOW = 48 * HOUR;
/** The size of the difference is learnt slower than a leak grows. */
const SCALE_SPAN = 96 * HOUR;

/** Where the fast average will be with x in it. */
const nextFast = (state: Numbers, at: number, x: number, passed: number): number =>
  state[at] === 0 ? x : state[at + 1]! + Math.max(paceOf(passed, FAST), 1 / (state[at]! + 1)) * (x - state[at + 1]!);

/** Fast less slow average, x included. */
export const driftOf = (state: Numbers, at: number, x: number, passed: number): number =>
  state[at] === 0 ? 0 : nextFast(state, at, x, passed) - state[at + 2]!;

/** The drift over its usual size. */
export const driftDeviation = (state: Numbers, at: number, x: number, passed: number, floor: number): number =>
  deviation(state, at + DIFFERENCE, driftOf(state, at, x, passed), floor);

/** Learns x, the number less its season. */
export function learnDrift(state: Numbers, at: number, x: number, passed: number, floor: number): void {
  const n = state[at]!;
  learn(state, at + DIFFERENCE, driftOf(state, at, x, passed), {
    location: 0,
    scale: paceOf(passed, SCALE_SPAN),
    floor,
  });
  state[at + 1] = nextFast(state, at, x, passed);
  state[at + 2] = n === 0 ? x : state[at + 2]! + Math.max(paceOf(passed, SLOW), 1 / (n + 1)) * (x - state[at + 2]!);
  state[at] = Math.min(65_535, n + 1);
}
