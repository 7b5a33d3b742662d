/** A budget that changes under a threshold: an entity joined its service, or the configuration did. */
import { clip, onGrid } from '../calibration/grid.js';
import { log10 } from '../exact/log.js';
import { THRESHOLD_MAX } from './defaults.js';
import { minTracked, type Threshold } from './threshold.js';

/** What was tracked moves with the budget at once; what answers say of the rate stays, and counts from the next day on. */
export function rebudget(state: Threshold, budget: number): void {
  if (state.budget === budget) return;
  const moved = clip(state.tracked + log10(state.budget / budget), minTracked(budget), THRESHOLD_MAX);
  state.tracked = moved;
  state.budget = budget;
  if (state.verdicts === 0) state.value = onGrid(moved);
}
