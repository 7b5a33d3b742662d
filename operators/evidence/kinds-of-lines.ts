/** Templates and routes by themselves: how their lines end, which do not come, and which come together again and again. */
import { aspectAt, type AspectName } from '../../models/features/aspects.js';
import type { WindowTemplate } from '../template.js';
import { absence, isGone, isSucceeded } from './due.js';
import { E, STARTS, type EntityEvidence } from './entity-state.js';
import { excess } from './surprise.js';
import { T, type TemplateState } from './template-state.js';
import { stateOf } from './templates.js';
import {
  deviate,
  LEAST_EXPECTED,
  OF_MANY,
  warnsOf,
  type AspectFinding,
  type WindowEvidence,
} from './window-evidence.js';

/** Templates by themselves: how they end, and which do not come. */
export function byTemplates(
  { templates: states, numbers: entity }: EntityEvidence,
  { templates, end, minutes, lines, usual }: WindowEvidence,
  raw: Float64Array,
  notes: Map<AspectName, AspectFinding>,
): void {
  const minute = Math.floor(end / 60_000);
  const keep = (aspect: AspectName, score: number, template: number, actual: number, typical: number): void => {
    const at = aspectAt[aspect];
    if (score <= raw[at]) return;
    raw[at] = score;
    notes.set(aspect, { template, actual, typical });
  };
  for (const template of templates) {
    const { detail, count } = template;
    const warned = warnsOf(template);
    if (!detail && warned === 0) continue;
    const state = stateOf(states, template.id);
    const own = state?.numbers;
    const judgeEnds = (aspect: AspectName, seen: number, place: number): void => {
      if (seen === 0) return;
      // A template that is always an error is told by how often it comes.
      const share = own && place >= 0 ? (own[place] + 0.02) / (own[T.lines] + 1) : 0;
      const expected = LEAST_EXPECTED + (share > 0.5 || place < 0 ? (own?.[T.rate] ?? 0) : count * share);
      keep(aspect, excess(seen, expected) - OF_MANY, template.id, seen, expected);
    };
    judgeEnds('errors', detail?.bad ?? 0, T.bad);
    judgeEnds('refusals', detail?.refused ?? 0, T.refused);
    judgeEnds('warnings', warned, -1);
  }
  // Where all is silent, silence says so.
  const factor = usual > 0 ? Math.min(1, usual / Math.max(1e-9, usualRate(entity))) : 1;
  if (lines === 0) return;
  // Both are by ascending id.
  let at = 0;
  for (const state of states) {
    while (at < templates.length && templates[at].id < state.id) at++;
    // What is there is missed no more.
    if (templates[at]?.id === state.id) continue;
    // Nobody misses an error.
    if (state.numbers[T.bad] + state.numbers[T.warned] > 0.5 * state.numbers[T.lines]) continue;
    const expected = state.numbers[T.rate] * factor;
    const { clockwork, chance } = absence(state, minute, expected, minutes);
    const [aspect, late] = clockwork > 0 ? (['overdue', clockwork] as const) : (['absent', chance] as const);
    if (late > 0 && !isGone(state, minute) && !isSucceeded(state, minute, minutes, states))
      keep(aspect, deviate(late), state.id, minute - state.last, state.numbers[T.gap]);
  }
}

/** Routes by themselves: how their requests end. */
export function byParts(
  states: readonly TemplateState[],
  routes: readonly WindowTemplate[],
  raw: Float64Array,
  notes: Map<AspectName, AspectFinding>,
): void {
  for (const { id, count, detail } of routes) {
    const own = stateOf(states, id)?.numbers;
    if (!own || !detail) continue;
    const judgeEnds = (aspect: AspectName, seen: number, place: number): void => {
      const expected = LEAST_EXPECTED + (count * (own[place] + 0.02)) / (own[T.lines] + 1);
      const score = excess(seen, expected) - OF_MANY;
      const at = aspectAt[aspect];
      if (score <= raw[at]) return;
      raw[at] = score;
      notes.set(aspect, { template: 0, actual: seen, typical: expected });
    };
    judgeEnds('errors', detail.bad, T.bad);
    judgeEnds('refusals', detail.refused, T.refused);
  }
}

/** Usual lines a window over all times of day. */
const usualRate = (numbers: Float32Array): number =>
  numbers[E.windows] > 0 ? numbers[E.lines] / numbers[E.windows] : 0;

/**
 * Windows of the last six, five or more, in which lines came together that hardly ever come, and that were known for long: a process
 * that starts again and again. One start is none.
 */
export function restarts({ templates: states, numbers }: EntityEvidence, { templates, end }: WindowEvidence): number {
  const minute = Math.floor(end / 60_000);
  let rare = 0;
  for (const { id } of templates) {
    const state = stateOf(states, id);
    if (state && state.numbers[T.presence] < RARE && minute - state.since > KNOWN_FOR) rare++;
  }
  let seen = rare >= TOGETHER ? 1 : 0;
  for (let k = E.starts; k < E.starts + STARTS; k++) seen += numbers[k];
  numbers.copyWithin(E.starts + 1, E.starts, E.starts + STARTS - 1);
  numbers[E.starts] = rare >= TOGETHER ? 1 : 0;
  return seen >= AGAIN ? 2 * (seen - 1) : 0;
}
/** Replicas that are replaced one by one start in a few windows, too. */
const AGAIN = 5;
/** A line is rare that comes in fewer windows, and known that came first so long ago, minutes; so many make a start. */
const RARE = 0.04;
const KNOWN_FOR = 90;
const TOGETHER = 3;
