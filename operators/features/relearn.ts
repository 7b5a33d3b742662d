/** Lets a baseline take over a change that people said was coming. */
import { SEASON } from './season.js';
import { TRACKER, type Numbers } from './tracker.js';

/** A tracker that has seen so few values takes each for what it is, and clips none. */
const FEW = 6;
/** An hour of which so little is known moves by a third of the way. */
const LITTLE = 2;
const HOURS = 24;

/**
 * Makes what was learnt count for little, so that the next windows teach a lot: called for each window of a range of
 * expected change, before it is learnt.
 *
 * @param trackers places of the trackers, @param seasons places of the seasons
 */
export function relearn(state: Numbers, trackers: readonly number[], seasons: readonly number[]): void {
  for (const at of trackers) state[at] = Math.min(state[at]!, FEW);
  for (const at of seasons) {
    for (let hour = 0; hour < HOURS; hour++) state[at + HOURS + hour] = Math.min(state[at + HOURS + hour]!, LITTLE);
    const residual = at + SEASON - TRACKER;
    state[residual] = Math.min(state[residual]!, FEW);
  }
}
