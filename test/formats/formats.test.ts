import fc from 'fast-check';
import { emptyFields, type Format } from '../../formats/format.js';
import { json } from '../../formats/json.js';
import { metric } from '../../formats/metric.js';
import { plain } from '../../formats/plain.js';
import { daysOf } from '../../formats/timestamp.js';
import { usualLogFields } from '../../formats/usual-fields.js';
import { levels } from '../../records/log-record.js';

function read(format: Format, line: string, near = -1, timestamp = -1) {
  const bytes = Buffer.from(`xx${line}yy`);
  const into = emptyFields(format.labels.length);
  const reason = format.read(bytes, 2, bytes.length - 2, { near, timestamp, borrow: -1 }, into);
  if (reason) return reason;
  const labels = Object.fromEntries(
    format.labels.flatMap((name, i) =>
      into.labels[2 * i]! < 0
        ? []
        : [[name, format.labelText(into.line.subarray(into.labels[2 * i], into.labels[2 * i + 1]))]],
    ),
  );
  return {
    time: new Date(into.time).toISOString(),
    level: levels[into.level],
    message: Buffer.from(into.bytes.subarray(into.start, into.end)).toString(),
    value: into.value,
    labels,
  };
}
const near = Date.UTC(2026, 0, 2);

test.each([
  ['2026-01-05 12:34:56,789 INFO [main] a.B - hi', '2026-01-05T12:34:56.789Z', 'info', 'INFO [main] a.B - hi'],
  ['2026-01-05 12:34:56.5 - root - WARNING - hi', '2026-01-05T12:34:56.500Z', 'warn', 'root - WARNING - hi'],
  ['2026-01-05T12:34:56.123456Z error: hi', '2026-01-05T12:34:56.123Z', 'error', 'error: hi'],
  ['2026-01-05T12:34:56+02:00 hi', '2026-01-05T10:34:56.000Z', 'unknown', 'hi'],
  ['2026/01/05 12:34:56 -0130 hi', '2026-01-05T14:04:56.000Z', 'unknown', 'hi'],
  ['[2026-01-05 12:34:56] FATAL hi  ', '2026-01-05T12:34:56.000Z', 'fatal', 'FATAL hi'],
  ['Jan  5 12:34:56 host sshd[1]: error: hi', '2026-01-05T12:34:56.000Z', 'error', 'sshd[1]: error: hi'],
  ['Dec 31 23:59:59 host cron: hi', '2025-12-31T23:59:59.000Z', 'unknown', 'cron: hi'],
  ['<27>Jan  5 12:34:56 host app: hi', '2026-01-05T12:34:56.000Z', 'error', 'app: hi'],
  ['<30>1 2026-01-05T12:34:56Z host app 1 - - hi', '2026-01-05T12:34:56.000Z', 'info', 'hi'],
  ['[Sun Dec 04 04:47:44 2005] [notice] hi', '2005-12-04T04:47:44.000Z', 'info', '[notice] hi'],
  ['081109 203518 143 INFO dfs.X: hi', '2008-11-09T20:35:18.000Z', 'info', '143 INFO dfs.X: hi'],
  ['17/06/09 20:10:40 ERROR x: hi', '2017-06-09T20:10:40.000Z', 'error', 'ERROR x: hi'],
  ['1767616496 hi', '2026-01-05T12:34:56.000Z', 'unknown', 'hi'],
  ['1767616496789 hi', '2026-01-05T12:34:56.789Z', 'unknown', 'hi'],
])('plain: %s', (line, time, level, message) => {
  expect(read(plain(), line, near)).toMatchObject({ time, level, message });
});

test('plain: a syslog stamp takes its year from the broker, then the line before, then the configuration', () => {
  const line = 'Mar  3 01:02:03 host a: b';
  const year = (got: ReturnType<typeof read>) => (typeof got === 'string' ? got : got.time.slice(0, 4));
  expect(year(read(plain({ year: 2019 }), line, Date.UTC(2021, 1, 1), Date.UTC(2022, 1, 1)))).toBe('2022');
  expect(year(read(plain({ year: 2019 }), line, Date.UTC(2021, 1, 1)))).toBe('2021');
  expect(year(read(plain({ year: 2019 }), line))).toBe('2019');
  expect(year(read(plain(), line))).toBe('bad-time');
});

test.each(['hello', '\tat com.Foo', 'Jan 45 12:34:56 h x', '12345', '<9', '2026-01-05'])(
  'plain: no time in %j',
  (line) => {
    expect(read(plain(), line, near)).toBe('no-time');
  },
);

test('the minute that is kept from the line before changes no time', () => {
  const format = plain();
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 946_684_800_000, max: 4_102_444_799_999 }), { maxLength: 20 }), (times) => {
      for (const time of times) {
        for (const t of [time, time + 1]) {
          const iso = new Date(t).toISOString();
          expect(read(format, `${iso} x`)).toMatchObject({ time: iso });
        }
      }
    }),
  );
});

test('days of all dates agree with the calendar', () => {
  for (let day = 0; day < 50_000; day += 13) {
    const date = new Date(day * 86_400_000);
    expect(daysOf(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())).toBe(day);
  }
});

test('json: usual names, escapes, numbers, labels', () => {
  const line = JSON.stringify({
    extra: [{ ts: 1 }, null],
    '@timestamp': '2026-01-05T12:34:56Z',
    severity: 'Warning',
    msg: 'a "b"\n',
    duration_ms: 12.5,
    service: 'cart é',
  });
  expect(read(json(), line)).toEqual({
    time: '2026-01-05T12:34:56.000Z',
    level: 'warn',
    message: 'a "b"',
    value: 12.5,
    labels: { service: 'cart é' },
  });
  expect(read(json(), '{"time":1767616496789,"level":50,"msg":"x"}')).toMatchObject({
    level: 'error',
    time: '2026-01-05T12:34:56.789Z',
  });
  expect(read(json(), '{"ts":1767616496.789,"msg":"x"}')).toMatchObject({ time: '2026-01-05T12:34:56.789Z' });
});

test('json: configured paths lead into objects, and names with dots are found too', () => {
  const format = json({ time: 'event.at', message: 'event.text', labels: { service: 'k8s.app', team: 'k8s.team' } });
  const got = read(
    format,
    '{"event":{"at":"2026-01-05T12:34:56Z","text":"hi"},"k8s.app":"a","k8s":{"team":"t"},"ts":5}',
  );
  expect(got).toMatchObject({ message: 'hi', labels: { service: 'a', team: 't' } });
});

test('json: the first of the usual names wins wherever it stands', () => {
  const a = read(json(), '{"t":"2020-01-05T12:34:56Z","@timestamp":"2026-01-05T12:34:56Z","log":"no","message":"yes"}');
  expect(a).toMatchObject({ time: '2026-01-05T12:34:56.000Z', message: 'yes' });
});

test.each([
  '{"a":1',
  '{"a":}',
  'x',
  '{"a" 1}',
  '{"a":1}x',
  '{"a":"\u0001"}',
  '{"a":[1,]}',
  '{"a":tru}',
  '['.repeat(99),
])('json: %j is none', (line) => {
  expect(read(json(), line)).toBe('not-json');
});
test('json: no usable time', () => {
  expect(read(json(), '{"ts":"soon","msg":"x"}')).toBe('bad-time');
  expect(read(json(), '{"msg":"x"}')).toBe('no-time');
});

/** Whether a name, or the first part of a path, is one under which messages are found. */
const hasMessage = (name: string): boolean =>
  usualLogFields.message.some((path) => path.split('.')[0]!.toLowerCase() === name.split('.')[0]!.toLowerCase());
test('json: any object that JSON.stringify writes is read, with the message that JSON.parse would give', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string({ unit: 'grapheme' }), (more, msg) => {
      // An empty message gives way to another field that usually has one.
      const others = Object.entries(more).filter(([name]) => msg !== '' || !hasMessage(name));
      const object = { ...Object.fromEntries(others), '@timestamp': 1767616496789, message: msg };
      expect(read(json(), JSON.stringify(object))).toMatchObject({ message: msg, time: '2026-01-05T12:34:56.789Z' });
    }),
  );
});

test.each([
  ['1767616496,1.5', '2026-01-05T12:34:56.000Z', 1.5, {}],
  ['1767616496789,-2,cpu', '2026-01-05T12:34:56.789Z', -2, { series: 'cpu' }],
  ['2026-01-05 12:34:56,1e3,cpu', '2026-01-05T12:34:56.000Z', 1000, { series: 'cpu' }],
  ['{"timestamp":1767616496,"value":3,"series":"cpu"}', '2026-01-05T12:34:56.000Z', 3, { series: 'cpu' }],
])('metric: %s', (line, time, value, labels) => {
  expect(read(metric(), line)).toMatchObject({ time, value, labels });
});
test('metric: a header is passed over, what lacks a time or value is rejected', () => {
  const reasons = ['timestamp,value', '1767616496', '1767616496,abc', 'x1,5', ''].map((line) => read(metric(), line));
  expect(reasons).toEqual(['header', 'no-value', 'no-value', 'no-time', 'empty']);
});
