/** Calendars of the configuration become time ranges in the log, the same from any process. */
import { configSchema, type Config } from '../../../config/schema.js';
import type { CalendarEntry } from '../../../records/calendar.js';
import { CalendarClock, rangesOf } from '../../../service/flow/calendar-clock.js';

const hour = 3_600_000;
const day = 24 * hour;
const monday = Date.UTC(2026, 0, 5);
const nightly = {
  name: 'backup',
  action: 'expect',
  match: { service: 'db' },
  cron: '0 2 * * *',
  duration: '1h',
  timezone: 'UTC',
};
const configOf = (...calendars: object[]): Config =>
  configSchema.parse({ sources: [{ type: 'file', path: 'a.log' }], calendars });

test('a rule becomes one range for each occurrence that begins in the time asked for', () => {
  const ranges = rangesOf(configOf(nightly), monday, monday + 3 * day);
  expect(ranges.map(({ from, to }) => [(from - monday) / hour, (to - from) / hour])).toEqual([
    [2, 1],
    [26, 1],
    [50, 1],
  ]);
  expect(ranges[0]).toMatchObject({ name: 'backup', action: 'expect', match: { service: 'db' }, by: 'configuration' });
});

test('the id of a range depends on what it covers, and not on who asks or when', () => {
  const first = rangesOf(configOf(nightly), monday, monday + day)[0]!;
  expect(rangesOf(configOf(nightly), monday - 3 * day, monday + 3 * day).map(({ id }) => id)).toContain(first.id);
  for (const change of [{ name: 'other' }, { action: 'mute' }, { match: { service: 'web' } }, { cron: '0 3 * * *' }]) {
    const changed = rangesOf(configOf({ ...nightly, ...change }), monday, monday + day).at(0)!;
    expect(changed.id).not.toBe(first.id);
  }
});

test('a single range is given as it is, whatever the time asked for', () => {
  const single = { name: 'move', action: 'mute', match: {}, from: '2026-01-05T00:00:00Z', to: '2026-01-06T00:00:00Z' };
  expect(rangesOf(configOf(single), 0, 1)).toMatchObject([{ from: monday, to: monday + day }]);
});

describe('the clock', () => {
  beforeEach(() => void jest.useFakeTimers({ now: monday, doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] }));
  afterEach(() => void jest.useRealTimers());
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= hour) {
      jest.advanceTimersByTime(hour);
      for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
    }
  };

  test('writes each range once, two weeks ahead, and goes on', async () => {
    const written: CalendarEntry[] = [];
    const clock = new CalendarClock(configOf(nightly), async (entry) => void written.push(entry));
    await clock.start();
    const last = Math.max(...written.map(({ from }) => from));
    expect(last).toBe(monday + 13 * day + 2 * hour);
    const before = written.length;
    await pass(day);
    expect(written.slice(before).map(({ from }) => from)).toEqual([last + day]);
    expect(new Set(written.map(({ id }) => id)).size).toBe(written.length);
    clock.stop();
    await pass(3 * day);
    expect(written).toHaveLength(before + 1);
  });

  test('a range that could not be written is tried again', async () => {
    const written: CalendarEntry[] = [];
    let isAway = false;
    const clock = new CalendarClock(configOf(nightly), async (entry) => {
      if (isAway) throw new Error('the log is away');
      written.push(entry);
    });
    await clock.start();
    const before = written.length;
    isAway = true;
    await pass(day);
    isAway = false;
    await pass(day / 4);
    expect(written).toHaveLength(before + 2);
    clock.stop();
  });
});
