/**
 * What comes back: a nightly job, a weekly report, a burst every other day. Its return level is high, since the rest of the
 * time is quiet and the tail is extrapolated from the ordinary part of the past, and it is no news. So beside its
 * distribution a score has habits: the moments of the last two weeks at which it stood out.
 *
 * - At the same time of day: where it stood out about this much at this time on two of the last three days, it is as rare
 *   as once a day. On logs also where it did so in the two weeks before; on series only where most of what stood out in the
 *   last week did so at this time: their incidents like some hours of the day, and come back on the next. Where nearly all
 *   of it did so, on each of the last three days, the time may be an hour off. What a series is known for says nothing: it is as usual as most windows.
 * - At any time, on logs: where it stood out about this much on n >= 3 of the last fourteen days, it is as rare as n times
 *   in two weeks.
 *
 * Only what goes beyond is rarer. What a person confirmed as an anomaly is no habit; it is forgotten here. It learns what lasts
 * for days, too: trouble that nobody answers and that comes every night at three is told on two days and taken for a habit
 * on the third, unless it grows.
 */
import { int, list, pair, uintSum, type Codec } from '../../records/wire/codec.js';
import type { Habits } from '../../records/row.js';
import { log10 } from '../exact/log.js';
import {
  DAY_MS,
  GRID,
  HABIT_ABOUT_MS,
  HABIT_ABOUT_SHARE,
  HABIT_BEYOND,
  HABIT_DAYS,
  HABIT_KNOWN,
  HABIT_LEAST,
  HABIT_MOST,
  HABIT_WITHIN_MS,
  ONCE_A_DAY,
  U_MIN,
  WEEK_MS,
} from './defaults.js';
import { onGrid } from './grid.js';

/** Moments at which a score stood out: event time in ms, ascending, and u. */
export type Habit = (readonly [number, number])[];

const DAILY = [1, 2, 3];
const WEEKLY = [7, 14];

/** Return level of what comes on n of the days that are looked back on; at every one of them it is once a day. */
const onDays = Array.from({ length: HABIT_DAYS + 1 }, (_, n) => onGrid(log10(HABIT_DAYS / 7) - log10(Math.max(1, n))));

/** The highest u that stood out `days` days before `time`, give or take `within` ms. */
function before(habit: Habit, time: number, days: number, within: number): number {
  let most = U_MIN;
  for (const [at, u] of habit) if (Math.abs(at + days * DAY_MS - time) <= within && u > most) most = u;
  return most;
}

/** The u that was reached at this time of day on at least `count` of the last three days. */
const daily = (habit: Habit, time: number, within: number, count: number): number =>
  DAILY.map((days) => before(habit, time, days, within)).sort((a, b) => b - a)[count - 1]!;

/** What the score comes to at this time of day as a habit, as a return level; the least there is where it has none. */
function habitAt(habit: Habit, time: number, habits: Habits): number {
  if (habits === 'daily')
    return Math.max(
      shareAt(habit, time, HABIT_WITHIN_MS) >= 1 / 2 ? daily(habit, time, HABIT_WITHIN_MS, 2) : U_MIN,
      shareAt(habit, time, HABIT_ABOUT_MS) >= HABIT_ABOUT_SHARE ? daily(habit, time, HABIT_ABOUT_MS, 3) : U_MIN,
    );
  const weekly = WEEKLY.map((days) => before(habit, time, days, HABIT_WITHIN_MS));
  return Math.max(daily(habit, time, HABIT_WITHIN_MS, 2), Math.min(...weekly));
}

/** Whether two moments lie whole days apart, or are one; give or take `within`. */
function isSameTimeOfDay(a: number, b: number, within: number): boolean {
  const apart = Math.abs(a - b);
  return Math.abs(apart - Math.round(apart / DAY_MS) * DAY_MS) <= within;
}

/** Share of what stood out in the week before, but for the last half day, that did so at this time of day; 1 of nothing. */
function shareAt(habit: Habit, time: number, within: number): number {
  let here = 0;
  let all = 0;
  for (const [at] of habit) {
    const age = time - at;
    if (age < DAY_MS / 2 || age > WEEK_MS + within) continue;
    all++;
    if (isSameTimeOfDay(at, time, within)) here++;
  }
  return all === 0 ? 1 : here / all;
}

/** Whether this moment came at a time of day at which the score stood out on at least two other days. */
function isDaily(habit: Habit, moment: number): boolean {
  const isOther = (at: number): boolean =>
    Math.abs(at - moment) >= DAY_MS / 2 && isSameTimeOfDay(at, moment, HABIT_WITHIN_MS);
  return habit.filter(([at]) => isOther(at)).length >= 2;
}

/**
 * The highest u of each of the days before this moment that have one, falling; the last half day is of the present. What
 * comes every day at its time says nothing of other times.
 */
function peaksOfDays(habit: Habit, time: number): number[] {
  const peaks = new Map<number, number>();
  for (const [at, u] of habit) {
    const day = Math.floor((time - at) / DAY_MS + 0.5);
    const before = peaks.get(day) ?? U_MIN;
    if (day >= 1 && day <= HABIT_DAYS && u > before && !isDaily(habit, at)) peaks.set(day, u);
  }
  return [...peaks.values()].sort((a, b) => b - a);
}

/**
 * A return level less what is habit at this moment; never rarer than without.
 *
 * @param habits `daily` where only what comes every day counts, and little else does
 */
export function beyondHabit(habit: Habit, time: number, u: number, habits: Habits): number {
  if (habit.length === 0) return u;
  if (habits === 'daily') return beyondKnown(habit, time, u);
  if (u <= ONCE_A_DAY) return u;
  const usual = habitAt(habit, time, habits);
  let least = usual <= ONCE_A_DAY ? u : Math.min(u, ONCE_A_DAY + Math.max(0, u - usual));
  const peaks = peaksOfDays(habit, time);
  for (let n = HABIT_LEAST; n <= peaks.length; n++)
    least = Math.min(least, onDays[n]! + Math.max(0, u - peaks[n - 1]!));
  return least;
}

/** The same on series: what does not go clearly beyond what it is known for is no news at all. */
function beyondKnown(habit: Habit, time: number, u: number): number {
  if (u <= ONCE_A_DAY - HABIT_KNOWN) return u;
  const usual = habitAt(habit, time, 'daily');
  if (usual <= ONCE_A_DAY) return u;
  const beyond = Math.max(0, u - usual);
  return Math.min(u, ONCE_A_DAY + beyond - HABIT_KNOWN * Math.max(0, 1 - beyond / HABIT_BEYOND));
}

/** Forgets what stood out within half a day of a moment: a person said that it was an anomaly. */
export const forgetHabit = (habit: Habit, time: number): Habit =>
  habit.filter(([at]) => Math.abs(at - time) > DAY_MS / 2);

/** How long moments are kept, ms. */
const KEPT: Readonly<Record<Habits, number>> = { daily: WEEK_MS + HABIT_ABOUT_MS, any: 2 * WEEK_MS + HABIT_WITHIN_MS };

/** Keeps a moment at which the score stood out; moments near each other are one, as high as the highest. */
export function noteHabit(habit: Habit, time: number, u: number, habits: Habits): void {
  const oldest = KEPT[habits];
  while (habit.length > 0 && time - habit[0]![0] > oldest) habit.shift();
  if (u <= ONCE_A_DAY) return;
  const last = habit[habit.length - 1];
  if (last && time - last[0] <= HABIT_WITHIN_MS) {
    if (u > last[1]) habit[habit.length - 1] = [last[0], u];
    return;
  }
  habit.push([time, u]);
  if (habit.length > HABIT_MOST) habit.shift();
}

/** Times as differences, u in steps of the grid. */
export const habitCodec: Codec<Habit> = {
  write(to, habit) {
    let before = 0;
    const steps = habit.map(([time, u]) => {
      const step = [time - before, Math.round(u / GRID)] as const;
      before = time;
      return step;
    });
    entries.write(to, steps);
  },
  read(from) {
    let time = 0;
    return entries.read(from).map(([passed, u]) => [(time = uintSum(time, passed)), u * GRID] as const);
  },
};
const entries = list(pair(int, int));
