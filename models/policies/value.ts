/**
 * Where alerts are worth their while: a logistic fit of "true" on u over the answered episodes, with a Gaussian prior,
 * by Newton's method.
 */
import { clip } from '../calibration/grid.js';
import { ln } from '../exact/log.js';
import { VALUE_CHANCE, VALUE_MAX, VALUE_PRIOR } from './defaults.js';
import { sigmoid } from './firing.js';
import type { Memory } from './memory.js';

const STEPS = 12;
/** Bounds of a Newton step: far from the optimum the curvature lies. */
const LONGEST_STEP = 2;

/** Intercept and slope of the log odds of a true alert. */
export function fitValue(memory: Memory): { intercept: number; slope: number } {
  const { intercept: a0, slope: b0, interceptSd, slopeSd, minSlope } = VALUE_PRIOR;
  let a: number = a0;
  let b: number = b0;
  for (let step = 0; step < STEPS; step++) {
    let ga = (a0 - a) / (interceptSd * interceptSd);
    let gb = (b0 - b) / (slopeSd * slopeSd);
    let haa = 1 / (interceptSd * interceptSd);
    let hab = 0;
    let hbb = 1 / (slopeSd * slopeSd);
    for (const { decided: u, true: truth, weight } of memory) {
      const p = sigmoid(a + b * u);
      const miss = weight * ((truth ? 1 : 0) - p);
      const curve = weight * p * (1 - p);
      ga += miss;
      gb += miss * u;
      haa += curve;
      hab += curve * u;
      hbb += curve * u * u;
    }
    const det = haa * hbb - hab * hab;
    const slope = b + clip((haa * gb - hab * ga) / det, -LONGEST_STEP, LONGEST_STEP);
    // At the bound of the slope only the intercept may move: the joint step would leave it where it is.
    const bounded = slope <= minSlope;
    a += clip(bounded ? ga / haa : (hbb * ga - hab * gb) / det, -LONGEST_STEP, LONGEST_STEP);
    b = bounded ? minSlope : slope;
  }
  return { intercept: a, slope: b };
}

/** The u from which on the chance of a true alert is at least `chance`, at most .3. */
export function valueThreshold(memory: Memory, chance: number = VALUE_CHANCE): number {
  const { intercept, slope } = fitValue(memory);
  return Math.min(VALUE_MAX, (ln(chance / (1 - chance)) - intercept) / slope);
}
