/**
 * Scores for the benchmark's rule that every row above the threshold is a detection of its own: an alert is told once.
 * A row keeps its score where it is the highest for some time, and has none where an alert at its height goes on.
 */
import { U_MAX, U_MIN } from '../../models/calibration/defaults.js';

/** Rows after which the same height is told again: half a day at five minutes a row. */
const toldAgain = 144;

/** From return levels to anomaly scores in [0, 1]; causal. */
export function onsets(u: Float64Array): Float64Array {
  const scores = new Float64Array(u.length);
  /** Rows of the last `toldAgain` that no later one reaches, highest first. */
  const recent: number[] = [];
  for (let i = 0; i < u.length; i++) {
    while (recent.length > 0 && i - recent[0]! > toldAgain) recent.shift();
    const isHighest = recent.length === 0 || u[i]! > u[recent[0]!]!;
    while (recent.length > 0 && u[recent[recent.length - 1]!]! <= u[i]!) recent.pop();
    recent.push(i);
    scores[i] = isHighest ? (u[i]! - U_MIN) / (U_MAX - U_MIN) : 0;
  }
  return scores;
}
