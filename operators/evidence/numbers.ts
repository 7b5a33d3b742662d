/** Durations and other numbers of a window against those of its templates and routes. */
import type { AspectName } from '../../models/features/aspects.js';
import type { WindowTemplate } from '../template.js';
import { shiftOf, smooth } from './slots.js';
import { deviateOfT } from './surprise.js';
import { S, T, type TemplateState } from './template-state.js';
import { stateOf } from './templates.js';
import type { EntityEvidence } from './entity-state.js';
import { MOSTLY, OF_MANY, type AspectFinding, type WindowEvidence } from './window-evidence.js';

/** The tail of single durations is heavy: a deviation is as one of a t distribution. */
const FREEDOM_OF_ONE = 4;

/** Durations: all templates together, and the one that stands out most, over each length. */
export function latency(
  states: readonly TemplateState[],
  templates: readonly WindowTemplate[],
  notes: Map<AspectName, AspectFinding>,
): { together: number; wider: number; most: [number, number, number]; n: number } {
  let weights = 0;
  let shift = 0;
  let scatter = 0;
  let usualScatter = 0;
  let n = 0;
  const most: [number, number, number] = [0, 0, 0];
  for (const template of templates) {
    const sum = template.detail?.numbers[0];
    const state = sum && sum.n > 0 ? stateOf(states, template.id) : undefined;
    const found = state && shiftOf(state, 0, sum!);
    if (!found) continue;
    // One line alone has no spread, and very long ones come now and then.
    const z = sum!.n > 1 ? found.z : deviateOfT(found.z, FREEDOM_OF_ONE);
    smooth(state, 0, z);
    const at = T.slots;
    if (z - OF_MANY > most[0]) {
      most[0] = z - OF_MANY;
      notes.set('latency', {
        template: template.text === '' ? 0 : template.id,
        actual: sum!.sum / sum!.n,
        typical: state.numbers[at + S.mean]!,
      });
    }
    most[1] = Math.max(most[1], state.numbers[at + S.over3]! - OF_MANY);
    most[2] = Math.max(most[2], state.numbers[at + S.over6]! - OF_MANY);
    weights += 1 / found.variance;
    shift += found.shift / found.variance;
    scatter += found.scatter;
    usualScatter += found.usualScatter;
    n += sum!.n;
  }
  if (weights === 0) return { together: 0, wider: 0, most, n };
  const together = shift / Math.sqrt(weights);
  const wider = n >= 5 && together > 0 ? (scatter / usualScatter - 1) * Math.sqrt(n / 4) : 0;
  return { together, wider, most, n };
}

/** Nobody knows the tails of numbers: a deviation as one of a t distribution, as a normal one. */
const FREEDOM = 8;

/** Other numbers: the one that has risen most. */
export function moved(
  { templates: states }: EntityEvidence,
  { templates }: WindowEvidence,
  notes: Map<AspectName, AspectFinding>,
): [number, number, number] {
  const most: [number, number, number] = [0, 0, 0];
  for (const template of templates) {
    const sums = template.detail?.numbers;
    if (!sums || sums.length < 2) continue;
    const state = stateOf(states, template.id);
    if (!state) continue;
    for (let slot = 1; slot < sums.length; slot++) {
      // A place that now and then has a number has identifiers.
      if (sums[slot]!.n < MOSTLY * template.count) continue;
      const found = shiftOf(state, slot, sums[slot]!);
      if (!found) continue;
      const z = deviateOfT(found.z, FREEDOM);
      smooth(state, slot, z);
      const at = T.slots + slot * S.size;
      if (z > most[0]) {
        most[0] = z;
        notes.set('numbers', {
          template: template.id,
          actual: sums[slot]!.sum / sums[slot]!.n,
          typical: state.numbers[at + S.mean]!,
        });
      }
      most[1] = Math.max(most[1], state.numbers[at + S.over3]!);
      most[2] = Math.max(most[2], state.numbers[at + S.over6]!);
    }
  }
  return most;
}
