/** Lines of forms that only their source knows: a pattern, a time format, the first line of a record. */
import { fatesOf } from './fates.js';
import { timeFormat } from '../../config/values.js';
import { timeFormat as compiled } from '../../formats/time/time-format.js';

test('a pattern with named groups gives time, level, labels, status, duration and message of a line', async () => {
  const pattern =
    '^<(?P<time>[^>]+)> (?P<level>\\w+) (?P<service>[^ ]+) (?P<tenant>\\w+) (?P<status>\\d+) (?P<duration_ms>\\d+) (?P<message>.*)$';
  expect(
    await fatesOf(
      [
        '<04.03.26 05-06-07> WARNUNG shop acme 503 1250 no stock left in Köln',
        '<04.03.26 05-06-08> E pay acme 200 12 {"level":"fatal","msg":"inner","at":1}',
        '<04.03.26 05-06> E pay acme 200 12 no seconds',
        '2026-03-04T05:06:09Z INFO another form',
        'neither',
      ],

      {
        pattern,
        timeFormat: '%d.%m.%y %H-%M-%S',
        timezone: 'Europe/Berlin',
        fields: { levels: { WARNUNG: 'warn' }, labels: { tenant: 'tenant' } },
      },
    ),
  ).toMatchInlineSnapshot(`
   [
     "pattern 2026-03-04T04:06:07.000Z warn server-error 1250 shop tenant=acme | no stock left in Köln",
     "pattern+json 2026-03-04T04:06:08.000Z fatal ok 12 pay tenant=acme | inner",
     "bad-time: time is the timestamp 04.03.26 05-06 has not the form of time_format, %d.%m.%y %H-%M-%S; set fields.time to the field that has the time",
     "text 2026-03-04T05:06:09.000Z info unknown - app | INFO another form",
     "no-time: the line does not match the pattern of the source, and the line begins with none of the known timestamps, and does not show that it continues the line before it; nothing else in a file tells when it was written (of one that is read as it grows, time: received does)",
   ]
  `);
});

test('a pattern without a time adds to what the usual form of a line says', async () => {
  expect(
    await fatesOf(
      [
        '2026-03-04T05:06:07Z INFO [tenant=acme] svc(cart) took=7 done',
        '{"time":"2026-03-04T05:06:08Z","level":"warn","msg":"svc(pay) declined"}',
        '2026-03-04T05:06:09Z INFO no service here',
      ],

      { pattern: 'svc\\((?P<service>[a-z]+)\\)' },
    ),
  ).toMatchInlineSnapshot(`
   [
     "pattern 2026-03-04T05:06:07.000Z info unknown - cart | INFO [tenant=acme] svc(cart) took=7 done",
     "json+pattern 2026-03-04T05:06:08.000Z warn unknown - pay | svc(pay) declined",
     "text 2026-03-04T05:06:09.000Z info unknown - app | INFO no service here",
   ]
  `);
});

test('relabel rules see every group of a pattern', async () => {
  const relabel = [{ source_labels: ['shard'], regex: '(.+)', target_label: 'service', replacement: 'shard-$1' }];
  expect(await fatesOf(['2026-03-04T05:06:07Z s7: hello'], { pattern: ' s(?P<shard>\\d+): ', relabel }))
    .toMatchInlineSnapshot(`
   [
     "pattern 2026-03-04T05:06:07.000Z unknown unknown - shard-7 | s7: hello",
   ]
  `);
});

test('lines that are not the first of a record continue it, in the stream of their container', async () => {
  const recordStart = '^\\d{4}-';
  expect(
    await fatesOf(
      [
        '2026-03-04 05:06:07 INFO select *',
        'from orders',
        '  where id = 7',
        'order by at',
        '2026-03-04 05:06:08 ERROR boom',
        'java.lang.IllegalStateException: bad',
        '\tat com.acme.Bill.charge(Bill.java:7)',
        '2026-03-04T05:06:09Z stdout F 2026-03-04 05:06:09 WARN first',
        '2026-03-04T05:06:09Z stderr F 2026-03-04 05:06:09 WARN other',
        '2026-03-04T05:06:09Z stdout F second',
      ],

      { recordStart },
    ),
  ).toMatchInlineSnapshot(`
   [
     "text 2026-03-04T05:06:07.000Z info unknown - app | INFO select * from orders order by at",
     "joined 0",
     "joined 0",
     "joined 0",
     "text 2026-03-04T05:06:08.000Z error unknown - app | ERROR boom java.lang.IllegalStateException: bad",
     "joined 4",
     "joined 4",
     "cri 2026-03-04T05:06:09.000Z warn unknown - app | WARN first second",
     "cri 2026-03-04T05:06:09.000Z warn unknown - app | WARN other",
     "joined 7",
   ]
  `);
  expect(
    await fatesOf([{ text: '2026-03-04 05:06:07 one\ntwo\n2026-03-04 05:06:08 three', timestamp: 1_772_600_767_000 }], {
      recordStart,
    }),
  ).toMatchInlineSnapshot(`
   [
     "text 2026-03-04T05:06:07.000Z unknown unknown - app | one two",
     "joined 0",
     "text 2026-03-04T05:06:08.000Z unknown unknown - app | three",
   ]
  `);
});

const march = Date.UTC(2026, 2, 4, 5, 6, 7);
test.each<[string, string, number]>([
  ['%Y-%m-%d %H:%M:%S', '2026-03-04 05:06:07', march],
  ['%d/%m/%y %T', '04/03/26 05:06:07', march],
  ['%m/%d/%Y %I:%M:%S %p', '03/04/2026 05:06:07 AM', march],
  ['%m/%d/%Y %l:%M:%S%p', '03/04/2026  5:06:07PM', march + 43_200_000],
  ['%d/%b/%Y:%H:%M:%S %z', '04/Mar/2026:06:06:07 +0100', march],
  ['%Y%m%d%H%M%S%L', '20260304050607089', march + 89],
  ['%Y-%m-%dT%H:%M:%S.%f%z', '2026-03-04T05:06:07.089123+00:00', march + 89],
  ['%Y-%m-%d %H:%M:%S%.3f', '2026-03-04 05:06:07.089', march + 89],
  ['%F %T,%3N %Z', '2026-03-04 06:06:07,089 CET', march + 89],
  ['%F %T %Z', '2026-03-04 06:06:07 Europe/Berlin', march],
  ['%a %b %e %H:%M:%S %Y', 'Wed Mar  4 05:06:07 2026', march],
  ['%s', '1772600767', march],
  ['%s.%L', '1772600767.089', march + 89],
  ['%Y.%j %R', '2026.063 05:06', march - 7000],
  ['[%D %T]', '[03/04/26 05:06:07]', march],
])('%s reads %s', async (format, text, time) => {
  expect(timeFormat('').safeParse(format).success).toBe(true);
  const pattern = '^(?P<time>.*) \\| (?P<message>.*)$';
  const parts = { pattern, timeFormat: format };
  const [said] = await fatesOf([`${text} | hi`], parts);
  expect(said).toBe(`pattern ${new Date(time).toISOString()} unknown unknown - app | hi`);
  // The stamp is understood to its last character.
  const [more] = await fatesOf([`${text}9x | hi`], parts);
  expect(more).toMatch(/^bad-time: /);
});

test.each(['%Y-%m-%d', '%q %H', '%H:%M:%', 'no directive'])('%s is refused as a time format', (format) => {
  expect(timeFormat('').safeParse(format).success).toBe(false);
});

test('every directive that a configuration may have can be read', () => {
  for (const name of 'YymdejHkIlMSfLNbBhaApPzZsntTRDFrc%'.split('').concat('.f', '.3f', '3N', '9N', ':z', '-d')) {
    expect(() => compiled(`%${name}`)).not.toThrow();
    expect(timeFormat('').safeParse(`%H%${name}`).success).toBe(true);
  }
});
