import { dueStep, nextStep, type ScheduleOptions } from '../../training/schedule.js';

const hour = 3_600_000;
const day = 24 * hour;
const usual: ScheduleOptions = { atLeast: 0, every: 7 * day };

/** Steps up to a time, as `hours kind`, where each found enough. */
function steps(options: ScheduleOptions, upTo: number): string[] {
  const all: string[] = [];
  for (let step = nextStep(options); step.elapsed <= upTo; step = nextStep(options, step.elapsed))
    all.push(`${step.elapsed / hour} ${step.kind}`);
  return all;
}

test('trains after two hours, a day and a week, then weekly; looks daily in between', () => {
  expect(steps(usual, 3 * day)).toEqual(['2 schedule', '24 schedule', '48 look', '72 look']);
  const scheduled = steps(usual, 22 * day).filter((step) => step.endsWith('schedule'));
  expect(scheduled).toEqual(['2 schedule', '24 schedule', '168 schedule', '336 schedule', '504 schedule']);
});

test('a warm-up is a lower bound', () => {
  const late = { ...usual, atLeast: 2 * day };
  expect(steps(late, 8 * day).slice(0, 2)).toEqual(['48 schedule', '72 look']);
  expect(steps(late, 8 * day)).toContain('168 schedule');
  expect(nextStep({ ...usual, atLeast: 90 * day })).toEqual({ elapsed: 90 * day, kind: 'schedule' });
});

test('what found too little is tried again when there is twice as much, and at the next step at the latest', () => {
  expect(nextStep(usual, 2 * hour, true)).toEqual({ elapsed: 4 * hour, kind: 'schedule' });
  expect(nextStep(usual, 16 * hour, true)).toEqual({ elapsed: day, kind: 'schedule' });
  expect(nextStep(usual, day, true)).toEqual({ elapsed: 2 * day, kind: 'schedule' });
  expect(nextStep(usual, 3 * day, true)).toEqual({ elapsed: 4 * day, kind: 'schedule' });
});

test('of several steps that are due the last one counts, and trains where one of them does', () => {
  expect(dueStep(usual, hour)).toBeUndefined();
  expect(dueStep(usual, 10 * day)).toEqual({ elapsed: 10 * day, kind: 'schedule' });
  expect(dueStep(usual, 10 * day, 8 * day)).toEqual({ elapsed: 10 * day, kind: 'look' });
});
