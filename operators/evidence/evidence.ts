/**
 * Evidence of a window of log lines: how far each aspect is beyond what is usual of this entity and of each of its
 * templates. Scores are about standard normal deviates where nothing happens; what they mean for an entity is learnt by
 * calibration, for each aspect and length by itself.
 */
import { exp } from '../../models/exact/exp.js';
import { ln } from '../../models/exact/log.js';
import { aspectAt, aspectNames, aspectPlace, aspectScores, type AspectName } from '../../models/features/aspects.js';
import { seasonalSpread, usualAt } from '../features/season.js';
import { E, R, RING, type EntityEvidence } from './entity-state.js';
import { byParts, byTemplates, fewerOfRoute, restarts } from './kinds-of-lines.js';
import { learn, learnParts } from './learn.js';
import { latency, moved } from './numbers.js';
import { oddReplica } from './replicas.js';
import { routesOf } from './routes.js';
import { excess } from './surprise.js';
import { slotsOf } from './template-state.js';
import { deviate, LEAST_EXPECTED, warnsOf, type AspectFinding, type WindowEvidence } from './window-evidence.js';

/** Traffic is a flood where it is more than so many times the usual. */
const FLOOD = 2.2;
/** The last hours say what is usual now, about over so many windows, and no less than this of the usual, ln. */
const OF_LATE = 24;
const LEAST_OF_LATE = -1.5;
/** After so long without a window the last ones say nothing, ms. */
const APART = 30 * 60_000;
/** A window counts no more in the averages: they are of what lasts. */
const MOST_AVERAGED = 5;

/** What evidence makes of a window. */
export interface EvidenceScores {
  /** One score for each aspect and length, at `aspectPlace`. */
  readonly scores: Float64Array;
  readonly notes: ReadonlyMap<AspectName, AspectFinding>;
}

const round = (value: number): number => Math.round(Math.max(0, Math.min(64, value)) * 256) / 256;

/** Judges a window, and then learns it where `learns`. */
export function judge(evidence: EntityEvidence, window: WindowEvidence, learns: boolean): EvidenceScores {
  const { numbers } = evidence;
  const { end, lines, usual, passed } = window;
  if (evidence.last > 0 && end - evidence.last > APART) numbers.fill(0, E.ring, E.requests);
  evidence.last = end;
  const scores = new Float64Array(aspectScores);
  const notes = new Map<AspectName, AspectFinding>();
  const raw = new Float64Array(aspectNames.length);
  /** Counts of this window and those before it. */
  const counts = countsOf(evidence, window);
  const middle = end - 30_000 * window.minutes;
  const season = usualRequests(numbers, middle);
  counts[R.requestsUsual] = window.cut ? Math.min(season.usual, counts[R.requests]!) : season.usual;

  const routes = routesOf(window.parts);
  byTemplates(evidence, window, raw, notes);
  if (routes.length > 1) byParts(evidence.routes, routes, raw, notes);
  /** One score a length. */
  const set = (aspect: AspectName, one: number, three: number, six: number): void => {
    const at = aspectPlace(aspect, 0);
    scores[at] = round(one);
    scores[at + 1] = round(three);
    scores[at + 2] = round(six);
  };

  const lengths = [counts, sums(evidence, counts, 3), sums(evidence, counts, 6)];
  /** Lines, or requests among them, against what is usual of them at this time, over the length at `i`. */
  const volume = (i: number, at: number, usualAt: number, spread: number, factor = 1): number => {
    const [n, e] = [lengths[i]![at]!, factor * lengths[i]![usualAt]!];
    if (!(e >= 0)) return 0;
    // The longer, the less of the spread is chance from window to window.
    return (ln(1 + n) - ln(1 + e)) / Math.sqrt(1 / (1 + e) + (spread * spread) / (i + 1));
  };
  // A holiday, or another slow change, is no drop: it has to be lower than of late, too.
  const late = (at: number): number => exp(Math.max(LEAST_OF_LATE, Math.min(0, restOf(numbers, at))));
  const [lateLines, lateRequests] = [late(R.rest), late(R.requestsRest)];
  const up = (i: number): number => volume(i, R.lines, R.usual, window.spread);
  // What a service says of itself goes on where nobody asks anything of it.
  const down = (i: number): number =>
    Math.max(
      -volume(i, R.lines, R.usual, window.spread, lateLines),
      -volume(i, R.requests, R.requestsUsual, season.spread, lateRequests),
    );
  set('volume up', up(0), up(1), up(2));
  set('volume down', down(0), down(1), down(2));
  // A start-up of some windows is no flood: it has to last.
  const flood = volume(0, R.lines, R.usual, window.spread, FLOOD);
  const lasting = numbers[E.floods]!;
  numbers[E.floods] = flood > 0 ? Math.min(100, lasting + 1) : 0;
  const lasts = (windows: number): number => (lasting + 1 >= windows ? flood : 0);
  set('flood', lasts(3), lasts(4), lasts(6));
  const set3 = (aspect: AspectName, { value, over3, over6 }: Averages): void => set(aspect, value, over3, over6);
  /** The most of the whole, over each length, and of the single ones in the average. */
  const most = (aspect: AspectName, seen: number, usualAt: number): void => {
    const { value, over3, over6 } = average(numbers, aspect, raw[aspectAt[aspect]]!);
    const lasting = (length: number): number => lastingExcess(numbers, counts, length, seen, usualAt);
    const whole = excess(counts[seen]!, counts[usualAt]!);
    set(aspect, Math.max(whole, value), Math.max(lasting(3), over3), Math.max(lasting(6), over6));
  };
  most('errors', R.bad, R.badUsual);
  most('refusals', R.refused, R.refusedUsual);
  most('warnings', R.warns, R.warnsUsual);
  const slow = latency(evidence.templates, window.templates, notes);
  const slowRoute = routes.length > 1 ? latency(evidence.routes, routes, notes) : undefined;
  // Routes tell more than a template that stands for all of them.
  const { together, wider } = slowRoute && slowRoute.n >= MOST_TIMED * slow.n ? slowRoute : slow;
  // One very long line makes a window wide: that has to last.
  const averaged = average(numbers, 'latency', Math.max(together, wider));
  const route = slowRoute?.most ?? [0, 0, 0];
  set(
    'latency',
    Math.max(together, slow.most[0], route[0]),
    Math.max(averaged.over3, slow.most[1], route[1]),
    Math.max(averaged.over6, slow.most[2], route[2]),
  );
  const odd = oddReplica(window.parts);
  if (odd.score > 0) notes.set('replica', { template: 0, actual: odd.actual, typical: odd.typical });
  // One window of one replica is too little to call anybody.
  const { over3, over6 } = average(numbers, 'replica', odd.score);
  set('replica', over3, over3, over6);
  const risen = moved(evidence, window, notes);
  set('numbers', risen[0], risen[1], risen[2]);
  const same = (aspect: AspectName, score: number): void => set(aspect, score, score, score);
  same('silence', window.cut ? 0 : deviate(window.silence));
  same('overdue', window.cut ? 0 : raw[aspectAt.overdue]!);
  const absent = window.cut ? 0 : raw[aspectAt.absent]!;
  const fewer = fewerOfRoute(evidence.routes, routes, window, notes);
  set('absent', absent, Math.max(absent, fewer[0]), Math.max(absent, fewer[1]));
  same('restarts', restarts(evidence, window));
  set3('novelty', average(numbers, 'novelty', window.novelty));
  set3('mix', average(numbers, 'mix', window.mix));
  same('drift', window.drift);
  note(notes, 'volume down', lines, usual);
  note(notes, 'volume up', lines, usual);
  note(notes, 'flood', lines, usual);
  note(notes, 'errors', counts[R.bad]!, counts[R.badUsual]!);
  note(notes, 'refusals', counts[R.refused]!, counts[R.refusedUsual]!);
  note(notes, 'warnings', counts[R.warns]!, counts[R.warnsUsual]!);
  if (window.cut) for (const state of [...evidence.templates, ...evidence.routes]) state.last += window.minutes;
  learnRest(numbers, counts);
  push(numbers, counts);
  if (learns) {
    learn(evidence, window, counts, passed);
    learnParts(evidence.routes, routes, window, passed);
  }
  return { scores, notes };
}

/** How far the last hours were from what is usual: not those of the aspects themselves, where those before are known. */
function restOf(numbers: Float32Array, at: number): number {
  const before = numbers[E.ring + (RING - 1) * R.size + at]!;
  return before === 0 ? numbers[E.ring + at]! : before;
}

/** Goes on with how far counts are from what is usual. */
function learnRest(numbers: Float32Array, counts: Float64Array): void {
  for (const [at, count, usual] of [
    [R.rest, R.lines, R.usual],
    [R.requestsRest, R.requests, R.requestsUsual],
  ]) {
    const before = numbers[E.ring + at!]!;
    const expected = counts[usual!]!;
    const rest = expected > 0 ? Math.max(-2, Math.min(2, ln(1 + counts[count!]!) - ln(1 + expected))) : 0;
    counts[at!] = expected > 0 ? before + ((rest - before) / OF_LATE) * (expected / (1 + expected)) : before;
  }
}

function note(notes: Map<AspectName, AspectFinding>, aspect: AspectName, actual: number, typical: number): void {
  if (!notes.has(aspect)) notes.set(aspect, { template: 0, actual, typical });
}

/** Lines of this window by what they are, and what is usual of so many lines. */
function countsOf({ numbers }: EntityEvidence, { lines, templates, usual, cut }: WindowEvidence): Float64Array {
  const counts = new Float64Array(R.size);
  counts[R.lines] = lines;
  // No more was to be expected of what was not read than came.
  counts[R.usual] = cut ? Math.min(usual, lines) : usual;
  for (const template of templates) {
    counts[R.warns]! += warnsOf(template);
    const { detail } = template;
    if (!detail) continue;
    counts[R.bad]! += detail.bad;
    counts[R.refused]! += detail.refused;
    counts[R.requests]! += detail.numbers[0]?.n ?? 0;
  }
  const share = (at: number): number => (numbers[at]! + 0.05) / (numbers[E.lines]! + 50);
  counts[R.badUsual] = LEAST_EXPECTED + lines * share(E.bad);
  counts[R.refusedUsual] = LEAST_EXPECTED + lines * share(E.refused);
  counts[R.warnsUsual] = LEAST_EXPECTED + lines * share(E.warns);
  return counts;
}

/** Requests (lines with a duration) that a window should have, by the time of day; 0 where that is not known. */
function usualRequests(numbers: Float32Array, middle: number): { readonly usual: number; readonly spread: number } {
  const x = usualAt(numbers, E.requests, middle);
  if (Number.isNaN(x)) return { usual: 0, spread: 1 };
  const usual = Math.max(0, exp(x) - 1);
  return { usual, spread: seasonalSpread(numbers, E.requests, middle, 1 / Math.sqrt(1 + usual)) };
}

/** Counts of the last `length` windows together. */
function sums({ numbers }: EntityEvidence, counts: Float64Array, length: number): Float64Array {
  const sum = Float64Array.from(counts);
  for (let k = 0; k < length - 1; k++) for (let i = 0; i < R.size; i++) sum[i]! += numbers[E.ring + k * R.size + i]!;
  return sum;
}

/**
 * How surprising the counts of the last windows are without the one that has most: what comes in one burst is seen in its
 * own window, and what lasts stands out from all bursts.
 */
function lastingExcess(
  numbers: Float32Array,
  counts: Float64Array,
  length: number,
  seen: number,
  usualAt: number,
): number {
  let [sum, usual] = [counts[seen]!, counts[usualAt]!];
  let [most, mostUsual] = [sum, usual];
  for (let k = 0; k < length - 1; k++) {
    const at = E.ring + k * R.size;
    sum += numbers[at + seen]!;
    usual += numbers[at + usualAt]!;
    if (numbers[at + seen]! > most) [most, mostUsual] = [numbers[at + seen]!, numbers[at + usualAt]!];
  }
  return excess(sum - most, usual - mostUsual);
}

function push(numbers: Float32Array, counts: Float64Array): void {
  numbers.copyWithin(E.ring + R.size, E.ring, E.ring + (RING - 1) * R.size);
  numbers.set(counts, E.ring);
}

/** A score with its averages over about 3 and 6 windows. */
interface Averages {
  readonly value: number;
  readonly over3: number;
  readonly over6: number;
}

function average(numbers: Float32Array, aspect: AspectName, value: number): Averages {
  const at = E.smoothed + 2 * aspectAt[aspect];
  const bounded = Math.max(-4, Math.min(MOST_AVERAGED, value));
  numbers[at]! += (bounded - numbers[at]!) / 3;
  numbers[at + 1]! += (bounded - numbers[at + 1]!) / 6;
  return { value, over3: numbers[at]!, over6: numbers[at + 1]! };
}

/** Share of timed lines whose routes are known, for routes to speak for all. */
const MOST_TIMED = 0.7;

/** Slots of all templates: for the size of the state. */
export const slotsIn = ({ templates }: EntityEvidence): number =>
  templates.reduce((sum, state) => sum + slotsOf(state), 0);
