/** What a verdict carries back of a window of which nothing matters but whose it is and when. */
import type { ScoredContext } from '../../records/verdict.js';

export const scoredContext = (entity: string, start: number, end: number): ScoredContext => ({
  ...{ entity, key: '', start, end },
  ...{ arms: [], u: 1, threshold: 0, propensity: 1, policy: 'mixture', own: 1, believed: 'mean' },
  ...{ baselines: [], direction: 0, templates: [] },
});
