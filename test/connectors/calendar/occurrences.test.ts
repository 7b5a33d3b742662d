import { occurrences } from '../../../connectors/calendar/occurrences.js';
import { rangesOf } from '../../../service/flow/calendar-clock.js';
import { calendarMisfits } from '../../../service/configuration.js';
import { parseConfig } from '../../../config/load.js';

const hour = 3_600_000;
const [from, to] = [Date.UTC(2026, 2, 20), Date.UTC(2026, 3, 10)];
const ics = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:x',
  'BEGIN:VEVENT',
  'UID:1',
  'DTSTAMP:20260101T000000Z',
  'DTSTART;TZID=Europe/Berlin:20260323T020000',
  'DTEND;TZID=Europe/Berlin:20260323T040000',
  'RRULE:FREQ=WEEKLY;BYDAY=MO',
  'EXDATE;TZID=Europe/Berlin:20260330T020000',
  'SUMMARY:backup',
  'END:VEVENT',
  'END:VCALENDAR',
].join('\r\n');
const iso = (ranges: readonly { from: number; to: number }[]): string[] =>
  ranges.map((range) => `${new Date(range.from).toISOString().slice(0, 16)} ${(range.to - range.from) / hour} h`);

test('cron in a time zone: two in the morning stays two in the morning when the clocks change', () => {
  const ranges = occurrences({ cron: '0 2 * * 1', duration: 2 * hour, timezone: 'Europe/Berlin' }, from, to);
  expect(iso(ranges)).toEqual(['2026-03-23T01:00 2 h', '2026-03-30T00:00 2 h', '2026-04-06T00:00 2 h']);
});

test('iCalendar: recurrence, its zone, and the dates that are taken out', () => {
  expect(iso(occurrences({ ical: ics, timezone: 'UTC' }, from, to))).toEqual([
    '2026-03-23T01:00 2 h',
    '2026-04-06T00:00 2 h',
  ]);
});

test('what cannot be read is told before anything starts, with its place', () => {
  const config = (calendar: string): string =>
    `sources: [{ type: file, path: a }]\ncalendars:\n  - { name: night, action: mute, ${calendar} }\n`;
  const problems = (calendar: string): string => {
    try {
      parseConfig(config(calendar), 'c.yaml', {}, [calendarMisfits]);
    } catch (error) {
      return (error as Error).message;
    }
    return 'none';
  };
  expect(problems('cron: "0 2 * * 1", timezone: Europe/Berlin')).toBe('none');
  expect(problems('cron: "0 99 * * 1"')).toContain('c.yaml:3:5: calendars.0: calendar night: ');
  expect(problems('cron: "0 2 * * 1", timezone: Mars/Base')).toContain('calendar night: ');
  expect(problems('ical: nonsense')).toContain('no event');
  expect(problems('cron: "0 2 * * 1", ical: x')).toContain('needs one of');
  expect(problems('from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z"')).toContain('ends before it begins');
});

test('a range is the same whoever writes it, and whenever', () => {
  const calendars = parseConfig(
    'sources: [{ type: file, path: a }]\ncalendars: [{ name: n, action: freeze, cron: "0 2 * * *", match: { team: x } }]\n',
    'c.yaml',
    {},
  ).calendars;
  const early = rangesOf({ calendars }, from, to);
  const late = rangesOf({ calendars }, from + 5 * 24 * hour, to);
  expect(early).toHaveLength(21);
  expect(late).toEqual(early.slice(5));
});
