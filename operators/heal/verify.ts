/** Whether an action helped, by the entity's own score. Never a reward: detectors learn from people only. */
import type { Action } from './ledger.js';
import type { Sight } from './watch.js';

/** What an action did to the entity's own score. */
export type RemedyEffect = 'fixed' | 'no-effect' | 'worse' | 'unverified';

/** A return level higher by so much is worse: three times as rare. */
const WORSE = 0.5;

/**
 * From when on windows count, ms. What was decided at the time of the action may lag behind: windows of the time before
 * it may still come. Guards let nothing act whose event time is far from the clock, so the clock may be compared.
 */
export const actedAt = ({ time, intendedAt }: Pick<Action, 'time' | 'intendedAt'>): number =>
  Math.max(time, intendedAt);

/**
 * The effect of an action, or undefined while its stabilisation window lasts.
 *
 * The last third of the windows that began after it counts: all quiet is `fixed`; one that is clearly rarer than before
 * the action is `worse`; all else had no effect. Where windows did not come although it has passed twice on the wall
 * clock, and `grace` for what is behind, it is `unverified`, and counts as no help.
 *
 * @param windows of the entity that began at or after `actedAt`, in order
 * @param stabilise ms
 * @param grace ms
 * @param now wall-clock ms
 */
export function effectOf(
  action: Pick<Action, 'time' | 'intendedAt' | 'u' | 'since'>,
  windows: readonly Sight[],
  stabilise: number,
  grace: number,
  now: number,
): { readonly effect: RemedyEffect; readonly why: string } | undefined {
  const last = windows.at(-1);
  const isOver = last !== undefined && last.end >= actedAt(action) + stabilise;
  if (!isOver && now < action.since + 2 * stabilise + grace) return undefined;
  const late = windows.slice(-Math.ceil(windows.length / 3));
  if (!isOver || late.length === 0)
    return { effect: 'unverified', why: `${windows.length} windows of the entity came after it` };
  const fired = late.filter((sight) => sight.fired);
  const highest = Math.max(...late.map(({ u }) => u));
  const figures = `${fired.length} of the last ${late.length} windows fired, highest return level ${highest.toFixed(2)}, ${action.u.toFixed(2)} before`;
  if (fired.length === 0) return { effect: 'fixed', why: figures };
  return { effect: highest >= action.u + WORSE ? 'worse' : 'no-effect', why: figures };
}
