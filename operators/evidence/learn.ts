/** Learns a window, after it was judged. */
import { ln } from '../../models/exact/log.js';
import { learnSeason } from '../features/season.js';
import type { WindowTemplate } from '../template.js';
import { isGone, learnGap } from './due.js';
import { E, R, type EntityEvidence } from './entity-state.js';
import { learnSlot } from './slots.js';
import { T, type TemplateState } from './template-state.js';
import { admitted } from './templates.js';
import { MOSTLY, SPAN, warnsOf, type WindowEvidence } from './window-evidence.js';

/** What fades with time. */
const fadingOfEntity = [E.lines, E.bad, E.refused, E.warns, E.windows];
const fadingOfTemplate = [T.lines, T.bad, T.refused, T.warned];
const fadingOfRoute = [T.lines, T.bad, T.refused];

/**
 * Moves what is usual of an entity towards this window.
 *
 * @param counts lines of each of the window's templates
 */
export function learn(
  { numbers, templates: states }: EntityEvidence,
  { templates, end, lines, minutes, passed }: WindowEvidence,
  counts: Float64Array,
  step: number,
): void {
  const left = 1 - Math.min(0.5, step / SPAN);
  const minute = Math.floor(end / 60_000);
  for (const at of fadingOfEntity) numbers[at]! *= left;
  numbers[E.lines]! += lines;
  numbers[E.windows]! += 1;
  // An incident teaches no more than three deviations.
  const bounded = (count: number, expected: number): number =>
    numbers[E.windows]! < 12 ? count : Math.min(count, expected + 3 * Math.sqrt(expected) + 1);
  numbers[E.bad]! += bounded(counts[R.bad]!, counts[R.badUsual]!);
  numbers[E.refused]! += bounded(counts[R.refused]!, counts[R.refusedUsual]!);
  numbers[E.warns]! += bounded(counts[R.warns]!, counts[R.warnsUsual]!);
  const usual = counts[R.requestsUsual]!;
  learnSeason(numbers, E.requests, end - 30_000 * minutes, ln(1 + counts[R.requests]!), step, 1 / Math.sqrt(1 + usual));
  const pace = Math.max(Math.min(0.5, passed / SPAN), 1 / (numbers[E.windows]! + 1));
  // Both are by ascending id.
  let at = 0;
  for (const { id, numbers: own } of states) {
    while (at < templates.length && templates[at]!.id < id) at++;
    const isPresent = at < templates.length && templates[at]!.id === id;
    for (const place of fadingOfTemplate) own[place]! *= left;
    own[T.presence]! += pace * ((isPresent ? 1 : 0) - own[T.presence]!);
    if (!isPresent) own[T.rate]! -= pace * own[T.rate]!;
  }
  for (let i = states.length - 1; i >= 0; i--) if (isGone(states[i]!, minute) && lines > 0) states.splice(i, 1);
  for (const template of templates) {
    const { id, count, detail } = template;
    const state = admitted(states, id, minute);
    if (!state) continue;
    const own = state.numbers;
    if (own[T.lines] === 0) own[T.presence] = pace;
    const most = own[T.lines] === 0 ? count : own[T.rate]! + 3 * Math.sqrt(own[T.rate]!) + 2;
    own[T.rate]! += pace * (Math.min(count, most) - own[T.rate]!);
    own[T.lines]! += count;
    own[T.warned]! += warnsOf(template);
    if (detail) {
      own[T.bad]! += detail.bad;
      own[T.refused]! += detail.refused;
      for (let slot = 0; slot < detail.numbers.length; slot++) {
        const sum = detail.numbers[slot]!;
        if (slot === 0 || sum.n >= MOSTLY * count) learnSlot(state, slot, sum, step);
      }
    }
    if (state.last < minute - minutes) learnGap(state, minute);
    else if (state.last < minute && minute - state.last <= minutes && own[T.gaps]! > 0 && own[T.gap]! <= 2 * minutes)
      learnGap(state, minute);
    state.last = minute;
  }
}

/** Learns routes: how often, how they end, how long they take. */
export function learnParts(
  states: TemplateState[],
  routes: readonly WindowTemplate[],
  { end }: WindowEvidence,
  step: number,
): void {
  const minute = Math.floor(end / 60_000);
  const left = 1 - Math.min(0.5, step / SPAN);
  for (const { numbers } of states) for (const at of fadingOfRoute) numbers[at]! *= left;
  for (const { id, count, detail } of routes) {
    const state = admitted(states, id, minute);
    if (!state || !detail) continue;
    const own = state.numbers;
    const share = (own[T.bad]! + 0.02) / (own[T.lines]! + 1);
    const most = count * share + 3 * Math.sqrt(count * share) + 1;
    own[T.bad]! += own[T.lines]! < 50 ? detail.bad : Math.min(detail.bad, most);
    own[T.refused]! += detail.refused;
    own[T.lines]! += count;
    own[T.presence] = 1;
    if (detail.numbers.length > 0) learnSlot(state, 0, detail.numbers[0]!, step);
    state.last = minute;
  }
}
