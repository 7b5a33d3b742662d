/** Decisions that the stream has made already: a row of the log is answered by what was decided from it. */
import type { Decision } from '../../records/score.js';
import type { View } from '../view/view.js';

/** The decision about an entity's window, by its end; undefined where it is not kept. */
export type DecisionLookup = (entity: string, end: number) => Promise<Decision | undefined>;

export const recordedIn =
  (view: View): DecisionLookup =>
  async (entity, end) => {
    for (const point of view.ring.latest({ entity, from: end - 1, to: end }))
      if (point.end === end && !point.session) return view.decision(point.shard, point.offset);
    return undefined;
  };

/** Whether a row is the one that was decided: every feature has its bits. */
export const isRowOf = ({ features }: Decision, row: Float64Array): boolean =>
  features.length === row.length && features.every((value, i) => Object.is(value, row[i]) || value === row[i]);
