/**
 * A baseline of 24 hours and a weekend offset, in UTC. Between the middles of two hours it is linear. Hours are learnt
 * on working days; once an hour is known, weekends teach the offset only.
 *
 * State at `at`: 24 levels, 24 masses (how much has been learnt), offset and its mass, then a tracker of the residual.
 */
import { deviation, learn, paceOf, TRACKER, type Numbers } from './tracker.js';

const HOURS = 24;
const MASSES = HOURS;
const OFFSET = 2 * HOURS;
const RESIDUAL = OFFSET + 2;
/** Numbers of state a season takes. */
export const SEASON = RESIDUAL + TRACKER;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** An hour's level is an average of this much time in that hour: about five days. */
const LEVEL_SPAN = 5 * HOUR;
const OFFSET_SPAN = 48 * HOUR;
const SCALE_SPAN = DAY;
const CLIP = 3;
/** Residuals before the season clips: a day of five-minute windows. */
const TRUSTED = 288;

/** Saturday or Sunday in UTC; 1 January 1970 was a Thursday. */
export const isWeekend = (time: number): boolean => (Math.floor(time / DAY) + 3) % 7 >= 5;

/** The two hours around a time of day. */
export interface HourPlace {
  readonly hour: number;
  readonly next: number;
  /** Weight of `next`. */
  readonly weight: number;
}

/**
 * The two hours around a time.
 *
 * @param time ms since 1970
 */
export function placeOf(time: number): HourPlace {
  const hours = (time % DAY) / HOUR - 0.5;
  const before = Math.floor(hours);
  const hour = (before + HOURS) % HOURS;
  return { hour, next: (hour + 1) % HOURS, weight: hours - before };
}

/** What is usual at `time` (ms, the middle of a window); NaN where neither hour around it is known. */
export function usualAt(state: Numbers, at: number, time: number): number {
  const { hour, next, weight } = placeOf(time);
  const a = state[at + MASSES + hour]! > 0 ? 1 - weight : 0;
  const b = state[at + MASSES + next]! > 0 ? weight : 0;
  if (a + b === 0) return NaN;
  const level = (a * state[at + hour]! + b * state[at + next]!) / (a + b);
  return isWeekend(time) ? level + state[at + OFFSET]! : level;
}

/** Residual over its usual size; NaN where nothing is known. */
export function seasonalDeviation(state: Numbers, at: number, time: number, x: number, floor: number): number {
  return deviation(state, at + RESIDUAL, x - usualAt(state, at, time), floor);
}

/**
 * Learns x at `time`. @param passed length of the step, ms; @param floor least scale
 */
export function learnSeason(state: Numbers, at: number, time: number, x: number, passed: number, floor: number): void {
  const usual = usualAt(state, at, time);
  const { hour, next, weight } = placeOf(time);
  let residual = 0;
  if (!Number.isNaN(usual)) {
    residual = x - usual;
    const limit = state[at + RESIDUAL]! < TRUSTED ? Infinity : CLIP * Math.max(state[at + RESIDUAL + 2]!, floor);
    learn(state, at + RESIDUAL, residual, { location: 0, scale: paceOf(passed, SCALE_SPAN), floor });
    residual = Math.min(limit, Math.max(-limit, residual));
    if (isWeekend(time)) {
      const mass = state[at + OFFSET + 1]! + 1;
      state[at + OFFSET]! += Math.max(paceOf(passed, OFFSET_SPAN), 1 / (mass + TRUSTED / 4)) * residual;
      state[at + OFFSET + 1] = Math.min(mass, 65_535);
      if (state[at + MASSES + hour]! > 0 && state[at + MASSES + next]! > 0) return;
    }
  }
  learnHour(state, at, hour, 1 - weight, x, residual, passed);
  learnHour(state, at, next, weight, x, residual, passed);
}

function learnHour(
  state: Numbers,
  at: number,
  hour: number,
  weight: number,
  x: number,
  residual: number,
  passed: number,
): void {
  if (weight === 0) return;
  const known = state[at + MASSES + hour]! > 0;
  const mass = state[at + MASSES + hour]! + weight;
  state[at + MASSES + hour] = Math.min(mass, 65_535);
  if (known) state[at + hour]! += weight * Math.max(paceOf(passed, LEVEL_SPAN), 1 / (mass + 1)) * residual;
  else state[at + hour] = x;
}

/**
 * The spread of x around the season beyond the noise that it has by its nature, wider where the time of day is hardly
 * known: after one day it is twice what was seen.
 */
export function seasonalSpread(state: Numbers, at: number, time: number, noise: number): number {
  const { hour, next, weight } = placeOf(time);
  const mass = (1 - weight) * state[at + MASSES + hour]! + weight * state[at + MASSES + next]!;
  const scale = state[at + RESIDUAL + 2]!;
  const own = Math.sqrt(Math.max(0.0025, scale * scale - noise * noise));
  const weekend = isWeekend(time) ? Math.min(1, WEEKEND_KNOWN / (state[at + OFFSET + 1]! + 1)) : 0;
  return own * (1 + HOUR_KNOWN / (mass + 1) + weekend);
}
/** Windows of an hour of a day, and of most of a weekend. */
const HOUR_KNOWN = 12;
const WEEKEND_KNOWN = 288;
