/** How far the answers on a class's sessions move its threshold. */
import { onGrid } from '../calibration/grid.js';
import { ln } from '../exact/log.js';
import { SESSION_MOST_RARE, SESSION_SHIFT_SD, SESSION_SHIFT_STEP, SESSION_SLOPE, WRONG_ANSWERS } from './defaults.js';
import { sigmoid } from './firing.js';
import type { SetVerdict } from './set-verdict.js';

/**
 * Answers that a shift must turn right, beyond those that it turns wrong: more than are wrong if one in ten is, and no more
 * than three.
 */
const minTurned = (answers: number): number => Math.min(3, 1 + Math.floor(answers / 10));

/**
 * The shift from `base` that fits the answers best: logistic on `3 (u - t)`, a Gaussian prior, and answers of which one
 * in five is wrong, so that a slip far from the threshold moves it little. Has more than one peak: all steps are tried.
 * A few answers speak for their sets, not for the class: a shift has to turn more of them right than people err.
 */
export function fitShift(verdicts: readonly SetVerdict<unknown>[], base: number): number {
  let best = fitOf(verdicts, base, 0);
  let shift = 0;
  // From no shift outwards: of equal ones the smallest.
  for (let size = SESSION_SHIFT_STEP; size <= SESSION_MOST_RARE; size += SESSION_SHIFT_STEP) {
    for (const at of [-size, size]) {
      const fit = fitOf(verdicts, base, at);
      if (fit <= best || turnedRight(verdicts, base, at) < minTurned(verdicts.length)) continue;
      best = fit;
      shift = at;
    }
  }
  return onGrid(shift);
}

/** Answers that a shift turns right, less those that it turns wrong. */
function turnedRight(verdicts: readonly SetVerdict<unknown>[], base: number, shift: number): number {
  let turned = 0;
  for (const { u, true: truth } of verdicts) {
    const before = u >= base === truth;
    const after = u >= base + shift === truth;
    turned += Number(after) - Number(before);
  }
  return turned;
}

/** Log of what answers and prior say of a shift. */
function fitOf(verdicts: readonly SetVerdict<unknown>[], base: number, shift: number): number {
  let fit = (-0.5 * shift * shift) / (SESSION_SHIFT_SD * SESSION_SHIFT_SD);
  for (const { u, true: truth } of verdicts) {
    const own = SESSION_SLOPE * (u - base - shift);
    fit += ln(WRONG_ANSWERS + (1 - 2 * WRONG_ANSWERS) * sigmoid(truth ? own : -own));
  }
  return fit;
}
