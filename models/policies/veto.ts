/**
 * What operators called false keeps windows like it from firing. It may only take off, never add: a boost would be
 * spent on what detectors see anyway.
 */
import type { Direction } from '../../records/score.js';
import { clip } from '../calibration/grid.js';
import { exp } from '../exact/exp.js';
import { MEMORY_STEPS, VETO_PRIOR, VETO_SCALE, VETO_STRENGTH, VETO_WIDTH } from './defaults.js';
import { UNKNOWN_U, type Memory } from './memory.js';

/** Beyond this exponent an answer weighs less than a millionth. */
const FAR = 14;

/**
 * What the memory takes off u: `1.2 min(0, sum K y / (sum K + 2))`, y = 1 for a true and -1 for a false alert.
 *
 * @returns 0 or less, at least -1.2
 */
export function veto(memory: Memory, u: readonly number[], direction: Direction): number {
  let sum = 0;
  let answers = 0;
  const scale = VETO_SCALE * VETO_SCALE;
  for (const entry of memory) {
    // Nothing is known of how an answer of an earlier ensemble would look to this one.
    if (entry.u.every((known) => known === UNKNOWN_U)) continue;
    let distance = (direction - entry.direction) * (direction - entry.direction);
    for (let k = 0; k < u.length; k++) {
      // A detector that came later says nothing of an earlier answer.
      if (entry.u[k] === UNKNOWN_U) continue;
      const apart = u[k]! - entry.u[k]! / MEMORY_STEPS;
      distance += scale * apart * apart;
    }
    const exponent = distance / (2 * VETO_WIDTH * VETO_WIDTH);
    if (exponent > FAR) continue;
    const alike = exp(-exponent);
    sum += alike;
    answers += entry.true ? alike : -alike;
  }
  return clip((VETO_STRENGTH * answers) / (sum + VETO_PRIOR), -VETO_STRENGTH, 0);
}
