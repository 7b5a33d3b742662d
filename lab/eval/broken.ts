/** Detectors that fail without saying so: each gives what it gave some days ago. */
import type { ScoredRecord } from '../../records/row.js';
import type { Operator } from '../../records/batch.js';
import { CORE } from '../../models/policies/defaults.js';
import { mapBatch } from '../../operators/map-batch.js';

/** Rows of the delay: no whole number of days or weeks at any usual step. */
const delay = 3457;

/** Replaces the scores of the first `count` detectors of the core by their own, shifted in time; before there are such, by their first. */
export function broken(count: number): Operator<ScoredRecord, ScoredRecord> {
  const gone = new Set<string>(CORE.slice(0, count));
  const past = new Map<string, { scores: Float64Array; seen: number }>();
  const shifted = (detector: string, score: number): number => {
    const line = past.get(detector) ?? { scores: new Float64Array(delay).fill(score), seen: 0 };
    past.set(detector, line);
    const place = line.seen++ % delay;
    const then = line.scores[place]!;
    line.scores[place] = score;
    return then;
  };
  return mapBatch((batch) => ({
    ...batch,
    items:
      count === 0
        ? batch.items
        : batch.items.map((item) =>
            item.type === 'scored'
              ? {
                  ...item,
                  scores: item.scores.map((one) =>
                    gone.has(one.detector) ? { ...one, score: shifted(one.detector, one.score) } : one,
                  ),
                }
              : item,
          ),
  }));
}
