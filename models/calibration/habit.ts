/**
 * What comes back at the same time of day or of the week: a nightly job, a weekly report. Its return level is high, since
 * the rest of the day is quiet, and it is no news. So beside its distribution a score has habits: the moments of the last
 * two weeks at which it stood out. Where it stood out about this much at this time on two of the last three days, or in
 * the two weeks before, it is as rare as once a day, and only what goes beyond is rarer.
 *
 * It learns what lasts for days, too: trouble that comes every night at three is told on two days and taken for a habit
 * on the third, unless it grows.
 */
import { int, list, pair, type Codec } from '../../records/codec.js';
import { DAY_MS, GRID, HABIT_MOST, HABIT_WITHIN_MS, ONCE_A_DAY, U_MIN } from './defaults.js';

/** Moments at which a score stood out: event time in ms, ascending, and u. */
export type Habit = (readonly [number, number])[];

const DAILY = [1, 2, 3];
const WEEKLY = [7, 14];

/** What the score comes to at this time as a habit, as a return level; the least there is where it has none. */
export function habitAt(habit: Habit, time: number): number {
  const before = (days: number): number => {
    let most = U_MIN;
    for (const [at, u] of habit) {
      if (Math.abs(at + days * DAY_MS - time) <= HABIT_WITHIN_MS && u > most) most = u;
    }
    return most;
  };
  const days = DAILY.map(before).sort((a, b) => b - a);
  return Math.max(days[1], Math.min(...WEEKLY.map(before)));
}

/** A return level less what is habit at this time; never rarer than without. */
export function beyondHabit(habit: Habit, time: number, u: number): number {
  if (u <= ONCE_A_DAY || habit.length === 0) return u;
  const usual = habitAt(habit, time);
  return usual <= ONCE_A_DAY ? u : Math.min(u, ONCE_A_DAY + Math.max(0, u - usual));
}

/** Keeps a moment at which the score stood out; moments near each other are one, as high as the highest. */
export function noteHabit(habit: Habit, time: number, u: number): void {
  const oldest = WEEKLY[WEEKLY.length - 1] * DAY_MS + HABIT_WITHIN_MS;
  while (habit.length > 0 && time - habit[0][0] > oldest) habit.shift();
  if (u <= ONCE_A_DAY) return;
  const last = habit[habit.length - 1] as Habit[number] | undefined;
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
    return entries.read(from).map(([passed, u]) => [(time += passed), u * GRID] as const);
  },
};
const entries = list(pair(int, int));
