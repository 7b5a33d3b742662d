/**
 * Evidence of a window of log lines: how far each aspect is beyond what is usual of this entity and of each of its
 * templates. Scores are about standard normal deviates where nothing happens; what they mean for an entity is learnt by
 * calibration, for each aspect and length by itself.
 */
import { exp } from '../../models/exact/exp.js';
import { ln } from '../../models/exact/log.js';
import { aspectNames, aspectPlace, aspectScores, type AspectName } from '../../models/features/aspects.js';
import { learnSeason, seasonalSpread, usualAt } from '../features/season.js';
import type { PartSum } from '../../records/aggregate.js';
import type { WindowTemplate } from '../template.js';
import { absence, isGone, isSucceeded, learnGap } from './due.js';
import { warns } from './failing-words.js';
import { E, R, RING, STARTS, type Evidence } from './entity-state.js';
import { learnSlot, shiftOf, smooth } from './slots.js';
import { oddReplica } from './replicas.js';
import { routesOf } from './routes.js';
import { deviateOfT, excess } from './surprise.js';
import { admitted, stateOf } from './templates.js';
import { S, T, slotsOf, type TemplateState } from './template-state.js';

/** Shares of lines are learnt about over this much event time, ms. */
const SPAN = 2 * 86_400_000;
/** Nobody expects less of a kind of line than one in two hundred windows. */
const LEAST_EXPECTED = 0.02;
/** Traffic is a flood where it is more than so many times the usual. */
const FLOOD = 2.2;
/** The last hours say what is usual now, about over so many windows, and no less than this of the usual, ln. */
const OF_LATE = 24;
const LEAST_OF_LATE = -1.5;
/** Of several templates one stands out by chance: so much is taken off. */
const OF_MANY = 1;
/** After so long without a window the last ones say nothing, ms. */
const APART = 30 * 60_000;

export interface WindowEvidence {
  /** End of the window, ms, and its length in minutes. */
  readonly end: number;
  readonly minutes: number;
  /** Time that it stands for, ms. */
  readonly passed: number;
  readonly lines: number;
  readonly templates: readonly WindowTemplate[];
  /** Routes of requests and replicas. */
  readonly parts: ReadonlyMap<number, PartSum>;
  /** Lines that were to be expected, and the spread of ln(lines) around that beyond chance. */
  readonly usual: number;
  readonly spread: number;
  /** Columns of the feature row that are aspects as they are. */
  readonly silence: number;
  readonly novelty: number;
  readonly mix: number;
  readonly drift: number;
}

/** What stands out most in an aspect; `template` is an id, or 0. */
interface Found {
  readonly template: number;
  readonly actual: number;
  readonly typical: number;
}

export interface Judgement {
  /** One score for each aspect and length, at `aspectPlace`. */
  readonly scores: Float64Array;
  readonly notes: ReadonlyMap<AspectName, Found>;
}

/** The normal deviate that is about as surprising as so many nats. */
const deviate = (nats: number): number => Math.sqrt(2 * nats);

const round = (value: number): number => Math.round(Math.max(0, Math.min(64, value)) * 256) / 256;

/** Judges a window, and then learns it where `learns`. */
export function judge(evidence: Evidence, window: WindowEvidence, learns: boolean): Judgement {
  const { numbers } = evidence;
  const { end, lines, usual, passed } = window;
  if (evidence.last > 0 && end - evidence.last > APART) numbers.fill(0, E.ring, E.requests);
  evidence.last = end;
  const scores = new Float64Array(aspectScores);
  const notes = new Map<AspectName, Found>();
  const raw = new Float64Array(aspectNames.length);
  /** Counts of this window and those before it. */
  const counts = countsOf(evidence, window);
  const middle = end - 30_000 * window.minutes;
  const season = usualRequests(numbers, middle);
  counts[R.requestsUsual] = season.usual;

  const routes = routesOf(window.parts);
  byTemplates(evidence, window, raw, notes);
  if (routes.length > 1) byParts(evidence.routes, routes, raw, notes);
  const set = (aspect: AspectName, values: readonly number[]): void =>
    values.forEach((value, i) => (scores[aspectPlace(aspect, i as 0 | 1 | 2)] = round(value)));

  const lengths = [1, 3, 6].map((length) => sums(evidence, counts, length));
  /** Lines, or requests among them, against what is usual of them at this time. */
  const volume = (at: number, usualAt: number, spread: number, factor = 1): number[] =>
    lengths.map((sum, i) => {
      const [n, e] = [sum[at], factor * sum[usualAt]];
      if (!(e >= 0)) return 0;
      // The longer, the less of the spread is chance from window to window.
      return (ln(1 + n) - ln(1 + e)) / Math.sqrt(1 / (1 + e) + (spread * spread) / (i + 1));
    });
  // A holiday, or another slow change, is no drop: it has to be lower than of late, too.
  const late = (at: number): number => exp(Math.max(LEAST_OF_LATE, Math.min(0, restOf(numbers, at))));
  const around = volume(R.lines, R.usual, window.spread, late(R.rest));
  const requests = volume(R.requests, R.requestsUsual, season.spread, late(R.requestsRest));
  set('volume up', volume(R.lines, R.usual, window.spread));
  // What a service says of itself goes on where nobody asks anything of it.
  set(
    'volume down',
    around.map((z, i) => Math.max(-z, -requests[i])),
  );
  // A start-up of some windows is no flood: it has to last.
  const flood = volume(R.lines, R.usual, window.spread, FLOOD)[0];
  const lasting = numbers[E.floods];
  numbers[E.floods] = flood > 0 ? Math.min(100, lasting + 1) : 0;
  set(
    'flood',
    [3, 4, 6].map((windows) => (lasting + 1 >= windows ? flood : 0)),
  );
  const most = (aspect: AspectName, whole: readonly number[]): void => {
    const averaged = average(numbers, aspect, raw[aspectNames.indexOf(aspect)]);
    set(
      aspect,
      whole.map((value, i) => Math.max(value, averaged[i])),
    );
  };
  most(
    'errors',
    lengths.map((sum) => excess(sum[R.bad], sum[R.badUsual])),
  );
  most(
    'refusals',
    lengths.map((sum) => excess(sum[R.refused], sum[R.refusedUsual])),
  );
  most(
    'warnings',
    lengths.map((sum) => excess(sum[R.warns], sum[R.warnsUsual])),
  );
  const slow = latency(evidence.templates, window.templates, notes);
  const slowRoute = routes.length > 1 ? latency(evidence.routes, routes, notes) : undefined;
  // Routes tell more than a template that stands for all of them.
  const pooled = slowRoute && slowRoute.n >= MOST_TIMED * slow.n ? slowRoute.pooled : slow.pooled;
  const averaged = average(numbers, 'latency', pooled);
  set(
    'latency',
    [0, 1, 2].map((i) => Math.max(averaged[i], slow.most[i], slowRoute?.most[i] ?? 0)),
  );
  const odd = oddReplica(window.parts);
  if (odd.score > 0) notes.set('replica', { template: 0, actual: odd.actual, typical: odd.typical });
  // One window of one replica is too little to call anybody.
  const [, some, many] = average(numbers, 'replica', odd.score);
  set('replica', [some, some, many]);
  set('numbers', moved(evidence, window, notes));
  const silent = deviate(window.silence);
  set('silence', [silent, silent, silent]);
  for (const aspect of ['overdue', 'absent'] as const) {
    const due = raw[aspectNames.indexOf(aspect)];
    set(aspect, [due, due, due]);
  }
  const again = restarts(evidence, window);
  set('restarts', [again, again, again]);
  set('novelty', average(numbers, 'novelty', window.novelty));
  set('mix', average(numbers, 'mix', window.mix));
  set('drift', [window.drift, window.drift, window.drift]);
  note(notes, 'volume down', lines, usual);
  note(notes, 'volume up', lines, usual);
  note(notes, 'flood', lines, usual);
  note(notes, 'errors', counts[R.bad], counts[R.badUsual]);
  note(notes, 'refusals', counts[R.refused], counts[R.refusedUsual]);
  note(notes, 'warnings', counts[R.warns], counts[R.warnsUsual]);
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
  const before = numbers[E.ring + (RING - 1) * R.size + at];
  return before === 0 ? numbers[E.ring + at] : before;
}

/** Goes on with how far counts are from what is usual. */
function learnRest(numbers: Float32Array, counts: Float64Array): void {
  for (const [at, count, usual] of [
    [R.rest, R.lines, R.usual],
    [R.requestsRest, R.requests, R.requestsUsual],
  ]) {
    const before = numbers[E.ring + at];
    const expected = counts[usual];
    const rest = expected > 0 ? Math.max(-2, Math.min(2, ln(1 + counts[count]) - ln(1 + expected))) : 0;
    counts[at] = expected > 0 ? before + ((rest - before) / OF_LATE) * (expected / (1 + expected)) : before;
  }
}

function note(notes: Map<AspectName, Found>, aspect: AspectName, actual: number, typical: number): void {
  if (!notes.has(aspect)) notes.set(aspect, { template: 0, actual, typical });
}

/** Lines that warn: by their level, or by their words where their level says nothing. */
const warnsOf = ({ text, count, detail }: WindowTemplate): number =>
  warns(text) ? count - (detail?.bad ?? 0) - (detail?.refused ?? 0) : (detail?.warns ?? 0);

/** Lines of this window by what they are, and what is usual of so many lines. */
function countsOf({ numbers }: Evidence, { lines, templates, usual }: WindowEvidence): Float64Array {
  const counts = new Float64Array(R.size);
  counts[R.lines] = lines;
  counts[R.usual] = usual;
  for (const template of templates) {
    counts[R.warns] += warnsOf(template);
    const { detail } = template;
    if (!detail) continue;
    counts[R.bad] += detail.bad;
    counts[R.refused] += detail.refused;
    counts[R.requests] += detail.numbers[0]?.n ?? 0;
  }
  const share = (at: number): number => (numbers[at] + 0.05) / (numbers[E.lines] + 50);
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
function sums({ numbers }: Evidence, counts: Float64Array, length: number): Float64Array {
  const sum = Float64Array.from(counts);
  for (let k = 0; k < length - 1; k++) for (let i = 0; i < R.size; i++) sum[i] += numbers[E.ring + k * R.size + i];
  return sum;
}

function push(numbers: Float32Array, counts: Float64Array): void {
  numbers.copyWithin(E.ring + R.size, E.ring, E.ring + (RING - 1) * R.size);
  numbers.set(counts, E.ring);
}

/** A score with its averages over about 3 and 6 windows. */
function average(numbers: Float32Array, aspect: AspectName, value: number): [number, number, number] {
  const at = E.smoothed + 2 * aspectNames.indexOf(aspect);
  const bounded = Math.max(-4, Math.min(16, value));
  numbers[at] += (bounded - numbers[at]) / 3;
  numbers[at + 1] += (bounded - numbers[at + 1]) / 6;
  return [value, numbers[at], numbers[at + 1]];
}

/** Templates by themselves: how they end, and which do not come. */
function byTemplates(
  { templates: states, numbers: entity }: Evidence,
  { templates, end, minutes, lines, usual }: WindowEvidence,
  raw: Float64Array,
  notes: Map<AspectName, Found>,
): void {
  const minute = Math.floor(end / 60_000);
  const keep = (aspect: AspectName, score: number, found: Found): void => {
    const at = aspectNames.indexOf(aspect);
    if (score <= raw[at]) return;
    raw[at] = score;
    notes.set(aspect, found);
  };
  for (const template of templates) {
    const { detail, count } = template;
    const warned = warnsOf(template);
    if (!detail && warned === 0) continue;
    const state = stateOf(states, template.id);
    for (const [aspect, seen, place] of [
      ['errors', detail?.bad ?? 0, T.bad],
      ['refusals', detail?.refused ?? 0, T.refused],
      ['warnings', warned, -1],
    ] as const) {
      if (seen === 0) continue;
      const own = state?.numbers;
      // A template that is always an error is told by how often it comes.
      const share = own && place >= 0 ? (own[place] + 0.02) / (own[T.lines] + 1) : 0;
      const expected = LEAST_EXPECTED + (share > 0.5 || place < 0 ? (own?.[T.rate] ?? 0) : count * share);
      keep(aspect, excess(seen, expected) - OF_MANY, { template: template.id, actual: seen, typical: expected });
    }
  }
  // Where all is silent, silence says so.
  const factor = usual > 0 ? Math.min(1, usual / Math.max(1e-9, usualRate(entity))) : 1;
  if (lines === 0) return;
  for (const state of states) {
    // Nobody misses an error.
    if (state.numbers[T.bad] + state.numbers[T.warned] > 0.5 * state.numbers[T.lines]) continue;
    const expected = state.numbers[T.rate] * factor;
    const { clockwork, chance } = absence(state, minute, expected, minutes);
    const [aspect, late] = clockwork > 0 ? (['overdue', clockwork] as const) : (['absent', chance] as const);
    if (late > 0 && !isGone(state, minute) && !isSucceeded(state, minute, minutes, states))
      keep(aspect, deviate(late), { template: state.id, actual: minute - state.last, typical: state.numbers[T.gap] });
  }
}

/** Routes by themselves: how their requests end. */
function byParts(
  states: readonly TemplateState[],
  routes: readonly WindowTemplate[],
  raw: Float64Array,
  notes: Map<AspectName, Found>,
): void {
  for (const { id, count, detail } of routes) {
    const own = stateOf(states, id)?.numbers;
    if (!own || !detail) continue;
    for (const [aspect, seen, place] of [
      ['errors', detail.bad, T.bad],
      ['refusals', detail.refused, T.refused],
    ] as const) {
      const expected = LEAST_EXPECTED + (count * (own[place] + 0.02)) / (own[T.lines] + 1);
      const score = excess(seen, expected) - OF_MANY;
      const at = aspectNames.indexOf(aspect);
      if (score <= raw[at]) continue;
      raw[at] = score;
      notes.set(aspect, { template: 0, actual: seen, typical: expected });
    }
  }
}

/** Learns routes: how often, how they end, how long they take. */
function learnParts(
  states: TemplateState[],
  routes: readonly WindowTemplate[],
  { end }: WindowEvidence,
  step: number,
): void {
  const minute = Math.floor(end / 60_000);
  const left = 1 - Math.min(0.5, step / SPAN);
  for (const { numbers } of states) for (const at of [T.lines, T.bad, T.refused]) numbers[at] *= left;
  for (const { id, count, detail } of routes) {
    const state = admitted(states, id, minute);
    if (!state || !detail) continue;
    const own = state.numbers;
    const share = (own[T.bad] + 0.02) / (own[T.lines] + 1);
    const most = count * share + 3 * Math.sqrt(count * share) + 1;
    own[T.bad] += own[T.lines] < 50 ? detail.bad : Math.min(detail.bad, most);
    own[T.refused] += detail.refused;
    own[T.lines] += count;
    own[T.presence] = 1;
    if (detail.numbers.length > 0) learnSlot(state, 0, detail.numbers[0], step);
    state.last = minute;
  }
}

/** Usual lines a window over all times of day. */
const usualRate = (numbers: Float32Array): number =>
  numbers[E.windows] > 0 ? numbers[E.lines] / numbers[E.windows] : 0;

/**
 * Windows of the last six, five or more, in which lines came together that hardly ever come, and that were known for long: a process
 * that starts again and again. One start is none.
 */
function restarts({ templates: states, numbers }: Evidence, { templates, end }: WindowEvidence): number {
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

/** Share of timed lines whose routes are known, for routes to speak for all. */
const MOST_TIMED = 0.7;

/** Durations: all templates together, and the one that stands out most, over each length. */
function latency(
  states: readonly TemplateState[],
  templates: readonly WindowTemplate[],
  notes: Map<AspectName, Found>,
): { pooled: number; most: [number, number, number]; n: number } {
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
    smooth(state, 0, found.z);
    const at = T.slots;
    const own = [found.z, state.numbers[at + S.over3], state.numbers[at + S.over6]];
    own.forEach((z, i) => {
      if (z - OF_MANY <= most[i]) return;
      most[i] = z - OF_MANY;
      if (i === 0)
        notes.set('latency', {
          template: template.text === '' ? 0 : template.id,
          actual: sum!.sum / sum!.n,
          typical: state.numbers[at + S.mean],
        });
    });
    weights += 1 / found.variance;
    shift += found.shift / found.variance;
    scatter += found.scatter;
    usualScatter += found.usualScatter;
    n += sum!.n;
  }
  if (weights === 0) return { pooled: 0, most, n };
  const together = shift / Math.sqrt(weights);
  const wider = n >= 5 && together > 0 ? (scatter / usualScatter - 1) * Math.sqrt(n / 4) : 0;
  return { pooled: Math.max(together, Math.min(12, wider)), most, n };
}

const MOSTLY = 0.8;
/** Nobody knows the tails of numbers: a deviation as one of a t distribution, as a normal one. */
const FREEDOM = 8;

/** Other numbers: the one that has risen most. */
function moved(
  { templates: states }: Evidence,
  { templates }: WindowEvidence,
  notes: Map<AspectName, Found>,
): [number, number, number] {
  const most: [number, number, number] = [0, 0, 0];
  for (const template of templates) {
    const sums = template.detail?.numbers;
    if (!sums || sums.length < 2) continue;
    const state = stateOf(states, template.id);
    if (!state) continue;
    for (let slot = 1; slot < sums.length; slot++) {
      // A place that now and then has a number has identifiers.
      if (sums[slot].n < MOSTLY * template.count) continue;
      const found = shiftOf(state, slot, sums[slot]);
      if (!found) continue;
      const z = deviateOfT(found.z, FREEDOM);
      smooth(state, slot, z);
      const at = T.slots + slot * S.size;
      [z, state.numbers[at + S.over3], state.numbers[at + S.over6]].forEach((z, i) => {
        if (z <= most[i]) return;
        most[i] = z;
        if (i === 0)
          notes.set('numbers', {
            template: template.id,
            actual: sums[slot].sum / sums[slot].n,
            typical: state.numbers[at + S.mean],
          });
      });
    }
  }
  return most;
}

function learn(
  { numbers, templates: states }: Evidence,
  { templates, end, lines, minutes, passed }: WindowEvidence,
  counts: Float64Array,
  step: number,
): void {
  const left = 1 - Math.min(0.5, step / SPAN);
  const minute = Math.floor(end / 60_000);
  for (const at of [E.lines, E.bad, E.refused, E.warns, E.windows]) numbers[at] *= left;
  numbers[E.lines] += lines;
  numbers[E.windows] += 1;
  // An incident teaches no more than three deviations.
  const bounded = (count: number, expected: number): number =>
    numbers[E.windows] < 12 ? count : Math.min(count, expected + 3 * Math.sqrt(expected) + 1);
  numbers[E.bad] += bounded(counts[R.bad], counts[R.badUsual]);
  numbers[E.refused] += bounded(counts[R.refused], counts[R.refusedUsual]);
  numbers[E.warns] += bounded(counts[R.warns], counts[R.warnsUsual]);
  const usual = counts[R.requestsUsual];
  learnSeason(numbers, E.requests, end - 30_000 * minutes, ln(1 + counts[R.requests]), step, 1 / Math.sqrt(1 + usual));
  const present = new Set(templates.map(({ id }) => id));
  const pace = Math.max(Math.min(0.5, passed / SPAN), 1 / (numbers[E.windows] + 1));
  for (const state of states) {
    const own = state.numbers;
    for (const at of [T.lines, T.bad, T.refused, T.warned]) own[at] *= left;
    own[T.presence] += pace * ((present.has(state.id) ? 1 : 0) - own[T.presence]);
    if (!present.has(state.id)) own[T.rate] -= pace * own[T.rate];
  }
  for (let i = states.length - 1; i >= 0; i--) if (isGone(states[i], minute) && lines > 0) states.splice(i, 1);
  for (const template of templates) {
    const { id, count, detail } = template;
    const state = admitted(states, id, minute);
    if (!state) continue;
    const own = state.numbers;
    if (own[T.lines] === 0) own[T.presence] = pace;
    const most = own[T.lines] === 0 ? count : own[T.rate] + 3 * Math.sqrt(own[T.rate]) + 2;
    own[T.rate] += pace * (Math.min(count, most) - own[T.rate]);
    own[T.lines] += count;
    own[T.warned] += warnsOf(template);
    if (detail) {
      own[T.bad] += detail.bad;
      own[T.refused] += detail.refused;
      detail.numbers.forEach((sum, slot) => {
        if (slot === 0 || sum.n >= MOSTLY * count) learnSlot(state, slot, sum, step);
      });
    }
    if (state.last < minute - minutes) learnGap(state, minute);
    else if (state.last < minute && minute - state.last <= minutes && own[T.gaps] > 0 && own[T.gap] <= 2 * minutes)
      learnGap(state, minute);
    state.last = minute;
  }
}

/** Slots of all templates: for the size of the state. */
export const slotsIn = ({ templates }: Evidence): number => templates.reduce((sum, state) => sum + slotsOf(state), 0);
