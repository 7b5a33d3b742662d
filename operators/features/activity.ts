/**
 * How restless an entity usually is at a time of day: the usual size of a residual in each hour, in UTC, over its mean. A
 * value that is normal at noon stands out at night, and nightly calm must not make noon look restless.
 *
 * State at `at`: 24 sizes, 0 where the hour is not known.
 */
import { placeOf } from './season.js';
import { paceOf, type Numbers } from './tracker.js';

/** Numbers of state it takes. */
export const ACTIVITY = 24;

const HOUR = 3_600_000;
/** An hour's size is an average of this much time in that hour: about five days. */
const SPAN = 5 * HOUR;
/** Bounds of the ratio. */
const LEAST = 0.1;
const MOST = 10;

/** Usual size at `time` over the mean of all hours; 1 until all hours are known. */
export function activityAt(state: Numbers, at: number, time: number): number {
  let sum = 0;
  for (let hour = 0; hour < ACTIVITY; hour++) {
    if (state[at + hour] === 0) return 1;
    sum += state[at + hour]!;
  }
  const { hour, next, weight } = placeOf(time);
  const here = (1 - weight) * state[at + hour]! + weight * state[at + next]!;
  return Math.min(MOST, Math.max(LEAST, (ACTIVITY * here) / sum));
}

/**
 * Learns the size of a residual.
 *
 * @param size not negative; what an incident must not teach is clipped by the caller
 * @param passed length of the step, ms
 */
export function learnActivity(state: Numbers, at: number, time: number, size: number, passed: number): void {
  const { hour, next, weight } = placeOf(time);
  const toward = (place: number, share: number): void => {
    const known = state[place]!;
    if (share > 0) state[place] = known === 0 ? size : known + share * paceOf(passed, SPAN) * (size - known);
  };
  toward(at + hour, 1 - weight);
  toward(at + next, weight);
}
