import fc from 'fast-check';
import { decode, encode } from '../../../records/wire/codec.js';
import type { Habits } from '../../../records/row.js';
import { HABIT_KNOWN, HABIT_MOST, ONCE_A_DAY } from '../../../models/calibration/defaults.js';
import { beyondHabit, forgetHabit, habitCodec, noteHabit, type Habit } from '../../../models/calibration/habit.js';

const minute = 60_000;
const day = 1440 * minute;
const start = Date.UTC(2026, 0, 5, 4, 30);

/** What a score comes to on `days` days at about the same time, noted after it was judged. */
function nightly(days: readonly number[], u = 1, jitter = 5): number[] {
  const habit: Habit = [];
  return days.map((d) => {
    const time = start + d * day + (d % 2 === 0 ? jitter : -jitter) * minute;
    const judged = beyondHabit(habit, time, u, 'any');
    noteHabit(habit, time, u, 'any');
    return judged;
  });
}

test('what comes every day is told twice, and is no news from the third time on', () => {
  expect(nightly([0, 1, 2, 3, 4])).toEqual([1, 1, ONCE_A_DAY, ONCE_A_DAY, ONCE_A_DAY]);
});

test('a day without it does not end a habit, and it goes when it stays away', () => {
  expect(nightly([0, 1, 2, 4, 5]).slice(3)).toEqual([ONCE_A_DAY, ONCE_A_DAY]);
  expect(nightly([0, 1, 2, 6]).at(-1)).toBe(1);
});

test('what comes every week is told twice', () => {
  expect(nightly([0, 7, 14, 21], 1, 0)).toEqual([1, 1, ONCE_A_DAY, ONCE_A_DAY]);
});

/** What a score comes to that stands out at these hours of the fortnight. */
function atHours(hours: readonly number[], u = 1): Habit {
  const habit: Habit = [];
  for (const hour of hours) noteHabit(habit, start + hour * 60 * minute, u, 'any');
  return habit;
}
const now = start + 14 * day;
/** What a series' score comes to that says no more than what it is known for. */
const known = ONCE_A_DAY - HABIT_KNOWN;

test('what came on three days of the fortnight at any hour is as rare as that, and only what goes beyond is rarer', () => {
  const three = atHours([5, 100, 210]);
  expect(beyondHabit(three, now, 1, 'any')).toBeCloseTo(-Math.log10(3 / 2), 3);
  expect(beyondHabit(three, now, 1.5, 'any')).toBeCloseTo(0.5 - Math.log10(3 / 2), 3);
  expect(beyondHabit(atHours([5, 100]), now, 1, 'any')).toBe(1);
  expect(beyondHabit(atHours([5, 100, 103, 106]), now, 1, 'any')).toBe(1);
  expect(beyondHabit(atHours([5, 100, 210], 0.5), now, 1, 'any')).toBeCloseTo(0.5 - Math.log10(3 / 2), 3);
  const seven = atHours([5, 31, 60, 100, 150, 210, 290]);
  expect(beyondHabit(seven, now, 1, 'any')).toBeCloseTo(-Math.log10(7 / 2), 3);
});

test('of a series only what comes every day at its time is a habit, and only where little else comes', () => {
  const last = 14 * 24;
  expect(beyondHabit(atHours([5, 100, 210]), now, 1, 'daily')).toBe(1);
  expect(beyondHabit(atHours([0, 7 * 24]), now, 1, 'daily')).toBe(1);
  expect(beyondHabit(atHours([last - 48, last - 24]), now, 1, 'daily')).toBe(known);
  const often = [last - 49, last - 48, last - 44, last - 24, last - 20];
  expect(beyondHabit(atHours(often), now, 1, 'daily')).toBe(1);
  expect(beyondHabit(atHours(often), now, 1, 'any')).toBe(ONCE_A_DAY);
});

test('what a series is known for is no news at all, and what goes clearly beyond counts as it would on logs', () => {
  const nights = atHours([13 * 24 - 24, 13 * 24]);
  expect(beyondHabit(nights, now, 0, 'daily')).toBe(known);
  expect(beyondHabit(nights, now, -2.9, 'daily')).toBe(-2.9);
  expect(beyondHabit(nights, now, 1.25, 'daily')).toBe(ONCE_A_DAY + 0.25 - HABIT_KNOWN / 2);
  expect(beyondHabit(nights, now, 2, 'daily')).toBe(ONCE_A_DAY + 1);
});

test('a nightly job of a series may come an hour off, where it is nearly all that stands out', () => {
  const last = 14 * 24;
  const nights = [last - 96.8, last - 72, last - 47.2, last - 24.9];
  expect(beyondHabit(atHours(nights), now, 1, 'daily')).toBe(known);
  expect(beyondHabit(atHours([...nights, last - 15].sort((a, b) => a - b)), now, 1, 'daily')).toBe(known);
  expect(beyondHabit(atHours(nights.slice(0, 3)), now, 1, 'daily')).toBe(1);
  expect(beyondHabit(atHours([...nights, last - 15, last - 30].sort((a, b) => a - b)), now, 1, 'daily')).toBe(1);
});

test('what lasts since less than half a day is one thing, however long it is', () => {
  const hours = Array.from({ length: 40 }, (_, i) => 14 * 24 - 11 + i / 4);
  expect(beyondHabit(atHours(hours), now, 1, 'any')).toBe(1);
});

test('what a person confirmed is no habit', () => {
  const three = atHours([5, 100, 210]);
  expect(beyondHabit(forgetHabit(three, start + 100 * 60 * minute), now, 1, 'any')).toBe(1);
});

test('at another time of day it is news, and so is what goes beyond', () => {
  const habit: Habit = [];
  for (const d of [0, 1, 2]) noteHabit(habit, start + d * day, 0.5, 'any');
  expect(beyondHabit(habit, start + 3 * day + 120 * minute, 0.5, 'any')).toBe(0.5);
  expect(beyondHabit(habit, start + 3 * day, 2, 'any')).toBe(ONCE_A_DAY + 1.5);
});

test('it never makes anything rarer, never falls as u rises, and its bytes are inverse and bounded', () => {
  const kind = fc.constantFrom<Habits>('daily', 'any');
  const us = fc.array(fc.tuple(fc.nat(600), fc.integer({ min: -3 * 4096, max: 3 * 4096 })), { maxLength: 200 });
  fc.assert(
    fc.property(us, fc.integer({ min: -3 * 4096, max: 3 * 4096 }), fc.nat(4096), kind, (seen, low, more, habits) => {
      const habit: Habit = [];
      let time = start;
      for (const [passed, u] of seen) noteHabit(habit, (time += passed * minute), u / 4096, habits);
      expect(habit.length).toBeLessThanOrEqual(HABIT_MOST);
      expect(decode(habitCodec, encode(habitCodec, habit))).toEqual(habit);
      const [a, b] = [low / 4096, (low + more) / 4096];
      const beyond = beyondHabit(habit, time + day, a, habits);
      expect(beyond).toBeLessThanOrEqual(a);
      expect(beyond).toBeLessThanOrEqual(beyondHabit(habit, time + day, b, habits));
    }),
  );
});
