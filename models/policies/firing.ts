/** Soft firing: how firmly an arm would have fired at a threshold. */
import { exp } from '../exact/exp.js';
import { FIRING_SLOPE, PROPENSITY_CAP } from './defaults.js';

/** The logistic function, by the exact `exp`. */
export const sigmoid = (x: number): number => 1 / (1 + exp(-x));

/** In (0, 1), 0.5 at the threshold. */
export const firing = (u: number, threshold: number): number => sigmoid(FIRING_SLOPE * (u - threshold));

/** Weight of a verdict on an episode that was shown with this propensity. */
export const importance = (propensity: number): number =>
  Math.sqrt(Math.min(1 / Math.max(propensity, 1e-9), PROPENSITY_CAP));
