/** Templates and routes by themselves: how their lines end, which do not come, and which come together again and again. */
import { aspectAt, type AspectName } from '../../models/features/aspects.js';
import type { WindowTemplate } from '../template.js';
import { absence, isGone, isSucceeded } from './due.js';
import { E, STARTS, type EntityEvidence } from './entity-state.js';
import { excess, shareDeviate } from './surprise.js';
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
    if (score <= raw[at]!) return;
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
      const share = own && place >= 0 ? (own[place]! + 0.02) / (own[T.lines]! + 1) : 0;
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
    while (at < templates.length && templates[at]!.id < state.id) at++;
    // What is there is missed no more.
    if (templates[at]?.id === state.id) continue;
    // Nobody misses an error.
    if (state.numbers[T.bad]! + state.numbers[T.warned]! > 0.5 * state.numbers[T.lines]!) continue;
    const expected = state.numbers[T.rate]! * factor;
    const { clockwork, chance } = absence(state, minute, expected, minutes);
    const [aspect, late] = clockwork > 0 ? (['overdue', clockwork] as const) : (['absent', chance] as const);
    if (late > 0 && !isGone(state, minute) && !isSucceeded(state, minute, minutes, states))
      keep(aspect, deviate(late), state.id, minute - state.last, state.numbers[T.gap]!);
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
      const expected = LEAST_EXPECTED + (count * (own[place]! + 0.02)) / (own[T.lines]! + 1);
      const score = excess(seen, expected) - OF_MANY;
      const at = aspectAt[aspect];
      if (score <= raw[at]!) return;
      raw[at] = score;
      notes.set(aspect, { template: 0, actual: seen, typical: expected });
    };
    judgeEnds('errors', detail.bad, T.bad);
    judgeEnds('refusals', detail.refused, T.refused);
  }
}

/**
 * Routes that are asked for less than their share of the others says, over three and six windows: a part of a service that
 * is out while the rest goes on.
 */
export function fewerOfRoute(
  states: readonly TemplateState[],
  routes: readonly WindowTemplate[],
  { end, cut }: WindowEvidence,
  notes: Map<AspectName, AspectFinding>,
): readonly [number, number] {
  if (cut || states.length < 2) return [0, 0];
  const minute = Math.floor(end / 60_000);
  const total = routes.reduce((sum, { count }) => sum + count, 0);
  const usualTotal = states.reduce((sum, { numbers }) => sum + numbers[T.lines]!, 0);
  if (total === 0 || usualTotal < KNOWN_LINES) return [0, 0];
  let [over3, over6] = [0, 0];
  let at = 0;
  for (const state of states) {
    while (at < routes.length && routes[at]!.id < state.id) at++;
    const count = routes[at]?.id === state.id ? routes[at]!.count : 0;
    const { numbers } = state;
    const share = numbers[T.lines]! / usualTotal;
    if (share > MOST_SHARE) continue;
    const expected = total * share;
    // Shares vary beyond chance, too.
    const wider = 1 + (OF_SHARES * OF_SHARES * expected) / (1 - share);
    const z = Math.max(-BOUND, Math.min(BOUND, shareDeviate(count, total, share) / Math.sqrt(wider)));
    numbers[ROUTE_OVER3]! += (z - numbers[ROUTE_OVER3]!) / 3;
    numbers[ROUTE_OVER6]! += (z - numbers[ROUTE_OVER6]!) / 6;
    if (minute - state.last > OUT_AT_MOST || isReplaced(state, states)) continue;
    const three = -numbers[ROUTE_OVER3]! * OF_AVERAGE3 - OF_MANY;
    const six = -numbers[ROUTE_OVER6]! * OF_AVERAGE6 - OF_MANY;
    if (Math.max(three, six) > Math.max(over3, over6, 0) && !notes.has('absent'))
      notes.set('absent', { template: 0, actual: count, typical: expected });
    over3 = Math.max(over3, three);
    over6 = Math.max(over6, six);
  }
  return [over3, over6];
}
/** Places of a route's averages: routes have no other use for them. */
const ROUTE_OVER3 = T.rate;
const ROUTE_OVER6 = T.warned;
/** Requests from which on a share is known. A route with nearly all requests cannot be compared with the others. */
const KNOWN_LINES = 300;
const MOST_SHARE = 0.8;
/** Shares vary by so much beyond chance. */
const OF_SHARES = 0.15;
const BOUND = 5;
/** Averages of independent deviates vary less: back to a deviate. */
const OF_AVERAGE3 = Math.sqrt(5);
const OF_AVERAGE6 = Math.sqrt(11);
/** Minutes without a request after which a route counts as gone, or as replaced by another one. */
const OUT_AT_MOST = 360;
const SUCCESSION = 60;

const isReplaced = ({ last }: TemplateState, all: readonly TemplateState[]): boolean =>
  all.some(({ since }) => since >= last - SUCCESSION);

/** Usual lines a window over all times of day. */
const usualRate = (numbers: Float32Array): number =>
  numbers[E.windows]! > 0 ? numbers[E.lines]! / numbers[E.windows]! : 0;

/**
 * Windows of the last six, five or more, in which lines came together that hardly ever come, and that were known for long: a process
 * that starts again and again. One start is none.
 */
export function restarts({ templates: states, numbers }: EntityEvidence, { templates, end }: WindowEvidence): number {
  const minute = Math.floor(end / 60_000);
  let rare = 0;
  for (const { id } of templates) {
    const state = stateOf(states, id);
    if (state && state.numbers[T.presence]! < RARE && minute - state.since > KNOWN_FOR) rare++;
  }
  let seen = rare >= TOGETHER ? 1 : 0;
  for (let k = E.starts; k < E.starts + STARTS; k++) seen += numbers[k]!;
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
