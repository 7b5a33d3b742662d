/**
 * Return levels of many scores of one entity at once, from counts of alert episodes at fixed thresholds. The location and
 * the scale of each score are those of its own past, mixed with a prior while that is short; the tail is extrapolated
 * from the ordinary part of the past, since the rarest episodes of a past are in good part the incidents that should be
 * found again.
 */
import { ln, log10 } from '../exact/log.js';
import { U_MIN, WEEK_MS } from './defaults.js';

/** Thresholds: 0, then from .25 three to a factor of two. */
export const THRESHOLDS = 26;
const PER_OCTAVE = 3;
const LOWEST = 0.25;
const EDGES: readonly number[] = edges();

function edges(): number[] {
  // Cube roots of 2 and 4, as the nearest doubles.
  const steps = [1, 1.2599210498948732, 1.5874010519681994];
  const all = [0];
  for (let k = 0, octave = LOWEST; all.length < THRESHOLDS; k++) {
    all.push(octave * steps[k % PER_OCTAVE]!);
    if (k % PER_OCTAVE === PER_OCTAVE - 1) octave *= 2;
  }
  return all;
}

/** The highest threshold that a score reaches. */
export function thresholdOf(score: number): number {
  let low = 0;
  let high = THRESHOLDS - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (EDGES[middle]! <= score) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What a score usually is: its value once a day, and how much more it is ten times as seldom. */
export interface Usual {
  readonly onceADay: number;
  readonly decade: number;
}

/** Episodes a week of something that comes once a day. */
const DAILY = 7;
const DAILY_U = -log10(DAILY);
/** A rate is known where there were so many episodes. */
const ENOUGH = 3;
/** Beyond the highest threshold that was reached there are so many. */
const BEYOND = 0.3;
/** The prior weighs as much as so many weeks of the own past. */
const PRIOR_WEEKS = 1;
/** The scale is never less than this part of the prior's: a quiet past does not make a quiet future certain. */
const LEAST_DECADE = 1;
/** Shape of the tail, a little heavier than exponential: see tail.ts. */
const SHAPE = 0.1;

/** What all scores of an entity share: how long its past is, and the rates that are looked for in it. */
export interface PastLength {
  readonly weeks: number;
  /** Episodes a week at the location of a score, and u there. */
  readonly rate: number;
  readonly u: number;
  /** Weight of the own past beside the prior. */
  readonly share: number;
}

/** @param exposure event time behind the counts, ms; undefined where it is too short to say anything */
export function pastLength(exposure: number): PastLength | undefined {
  const weeks = exposure / WEEK_MS;
  if (!(weeks > 0.02)) return undefined;
  const rate = Math.max(DAILY, ENOUGH / weeks);
  return { weeks, rate, u: -log10(rate), share: weeks / (weeks + PRIOR_WEEKS) };
}

/** The score that episodes reach `rate` times a week. @param from threshold from which on down it is looked for */
function scoreAt(counts: Uint32Array, at: number, weeks: number, rate: number, from: number): number {
  for (let k = from; k >= 1; k--) {
    const here = counts[at + k]! / weeks;
    if (here === 0 || here < rate) continue;
    const above = Math.max(k + 1 < THRESHOLDS ? counts[at + k + 1]! : 0, BEYOND) / weeks;
    if (k + 1 === THRESHOLDS || above >= rate) return EDGES[Math.min(k + 1, THRESHOLDS - 1)]!;
    return EDGES[k]! + ((EDGES[k + 1]! - EDGES[k]!) * ln(here / rate)) / ln(here / above);
  }
  return 0;
}

/** The return level of a score, not yet on the grid. @param at where the counts of this score begin */
export function levelOf(
  counts: Uint32Array,
  at: number,
  past: PastLength | undefined,
  score: number,
  { onceADay, decade: usual }: Usual,
): number {
  let location = onceADay;
  let decade = usual;
  let u = DAILY_U;
  if (past) {
    const { weeks, rate, share } = past;
    u = past.u;
    // Mostly the highest thresholds were never reached.
    let highest = THRESHOLDS - 1;
    while (highest >= 1 && counts[at + highest] === 0) highest--;
    const own = scoreAt(counts, at, weeks, rate, highest);
    const frequent = scoreAt(counts, at, weeks, 10 * rate, highest);
    // What comes oftener than once a day is less.
    location = share * own + (1 - share) * (location + (u - DAILY_U) * decade);
    decade = Math.max(LEAST_DECADE * decade, share * (own - frequent) + (1 - share) * decade);
  }
  const x = (score - location) / decade;
  return Math.max(U_MIN, u + (x > 0 ? log10(1 + SHAPE * LN_10 * x) / SHAPE : x));
}
const LN_10 = ln(10);
