import fc from 'fast-check';
import type { LineCounts, LineFate } from '../../operators/decode/fate.js';
import { levels } from '../../records/log-record.js';
import { cutAt, records, rejectsOf, run, runLines, type Line } from './ingest-run.js';
import { endOfSource } from '../../records/raw.js';
import type { IngestParts } from '../../topologies/ingest.js';

const stamped = (second: number, text: string): string =>
  `2026-01-05 12:00:${String(second).padStart(2, '0')},000 ${text}`;

/** What became of each line, and what was added up. */
async function fates(lines: readonly (string | Line)[], parts: Partial<IngestParts> = {}) {
  const all: LineFate[] = [];
  const sums = { in: 0, read: 0, joined: 0, refused: 0 };
  const ran = await runLines(lines, {
    ...parts,
    fate: (fate) => all.push(fate),
    lines: (counts: LineCounts) => {
      for (const key of ['in', 'read', 'joined', 'refused'] as const) sums[key] += counts[key];
    },
  });
  const said = all.map((one) => {
    const place = one.index === 0 ? `${one.offset}` : `${one.offset}.${one.index}`;
    if (one.fate === 'joined') return `${place} joined ${one.to.offset}`;
    return one.fate === 'refused' ? `${place} ${one.reason}` : `${place} read`;
  });
  const messages = all.flatMap((one) =>
    one.fate === 'read' && one.record?.type === 'log'
      ? [
          `${levels[one.record.level]} ${Buffer.from(one.record.bytes.subarray(one.record.start, one.record.end)).toString()}`,
        ]
      : [],
  );
  return { said, messages, sums, ran };
}

const pieces = fc.oneof(
  fc.constantFrom(
    stamped(1, 'ERROR [main] c.e.Foo - boom'),
    stamped(2, 'INFO fine'),
    'java.lang.IllegalStateException: bad',
    '\tat c.e.Foo.bar(Foo.java:12)',
    'Caused by: java.io.IOException: gone',
    '\t... 12 more',
    'Traceback (most recent call last):',
    'ValueError: x',
    'goroutine 1 [running]:',
    'no time at all',
    'ERROR without a time',
    'Exception in thread "main" java.lang.OutOfMemoryError: heap',
    '{"ts":1767614400,"msg":"a"}',
    '{"msg":"no time"}',
    '{"broken":',
    '',
    '   ',
    '1767614404 is the id of this order',
    'timestamp,value',
    '2026-01-05T12:00:00Z stdout P part',
    '2026-01-05T12:00:00Z stderr F end',
  ),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const someLines = fc.array(
  fc.record({
    text: fc.oneof(
      pieces,
      fc.array(pieces, { minLength: 2, maxLength: 6 }).map((all) => all.join('\n')),
      fc.uint8Array({ maxLength: 60 }),
    ),
    timestamp: fc.constantFrom(-1, 1_767_614_400_000),
  }),
  { maxLength: 30 },
);

test('read, joined and refused lines add up to what came in, for any bytes, cuts and restarts', async () => {
  await fc.assert(
    fc.asyncProperty(
      someLines,
      fc.array(fc.nat(40), { maxLength: 4 }),
      fc.constantFrom('auto', 'json', 'plain', 'metric'),
      fc.constantFrom('lines', 'values', 'batches', undefined),
      fc.constantFrom('auto', 'record', 'broker'),
      async (lines, cuts, format, shape, time) => {
        const sums = { in: 0, read: 0, joined: 0, refused: 0 };
        let noted = 0;
        const parts: Partial<IngestParts> = {
          format: format,
          ...(shape ? { records: shape } : {}),
          time: time,
          fate: () => noted++,
          lines: (counts) => {
            for (const key of ['in', 'read', 'joined', 'refused'] as const) sums[key] += counts[key];
          },
        };
        const items = [...records(lines), endOfSource];
        const cut = await run(cutAt(items, cuts), parts, true);
        expect(sums.read + sums.joined + sums.refused).toBe(sums.in);
        expect(noted).toBe(sums.in);
        expect(sums.in).toBeGreaterThanOrEqual(lines.length);
        // As in one batch, to the byte.
        const whole = await run([items], { ...parts, lines: () => undefined, fate: () => undefined });
        expect(cut.bytes).toBe(whole.bytes);
        expect(rejectsOf(cut)).toEqual(rejectsOf(whole));
      },
    ),
    { numRuns: 150 },
  );
});

test('lines of one message belong together, and lines that were posted together only where they show it', async () => {
  const timestamp = 1_767_614_400_000;
  const text = [stamped(1, 'ERROR boom'), 'not stamped', '\tat c.e.Foo.bar(Foo.java:12)'].join('\n');
  const message = await fates([{ text, timestamp }], { records: 'values', time: 'auto' });
  expect(message.said).toEqual(['0 read', '0.1 joined 0', '0.2 joined 0']);
  const posted = await fates([{ text, timestamp }], { records: 'batches', time: 'auto' });
  expect(posted.said).toEqual(['0 read', '0.1 read', '0.2 joined 0']);
});

test('a trace is joined to its record, which keeps what happened and not the frames', async () => {
  const { said, messages, sums } = await fates([
    stamped(0, 'ERROR [main] c.e.Foo - boom'),
    'java.lang.IllegalStateException: bad',
    '\tat c.e.Foo.bar(Foo.java:12)',
    'Caused by: java.io.IOException: 2026-01-05 is no file',
    '\t... 12 more',
    '',
    stamped(1, 'ERROR root: python'),
    'Traceback (most recent call last):',
    '  File "/app/x.py", line 12, in f',
    'shop.Oops: x',
    stamped(2, 'INFO fine'),
  ]);
  expect(said).toEqual([
    '0 read',
    '1 joined 0',
    '2 joined 0',
    '3 joined 0',
    '4 joined 0',
    '5 joined 0',
    '6 read',
    '7 joined 6',
    '8 joined 6',
    '9 joined 6',
    '10 read',
  ]);
  expect(messages).toEqual([
    'error ERROR [main] c.e.Foo - boom java.lang.IllegalStateException: bad Caused by: java.io.IOException: 2026-01-05 is no file',
    'error ERROR root: python shop.Oops: x',
    'info INFO fine',
  ]);
  expect(sums).toEqual({ in: 11, read: 3, joined: 8, refused: 0 });
});

test('a line of a file without a time and without evidence is refused, and says so', async () => {
  const { said, ran } = await fates([
    stamped(0, 'INFO a'),
    'ERROR payment failed',
    'nothing known',
    stamped(1, 'INFO b'),
  ]);
  expect(said).toEqual(['0 read', '1 no-time', '2 no-time', '3 read']);
  expect(ran.rejected[0]!.detail).toContain('none of the known timestamps');
});

test('a process that dies begins a record without a stamp, at the time of the line before', async () => {
  const { said, messages } = await fates([
    stamped(0, 'INFO a'),
    'Exception in thread "main" java.lang.OutOfMemoryError: x',
  ]);
  expect(said).toEqual(['0 read', '1 read']);
  expect(messages[1]).toBe('error Exception in thread "main" java.lang.OutOfMemoryError: x');
});

test('values never continue one another; their time is the broker’s where they have none', async () => {
  const timestamp = 1_767_614_400_000;
  const lines = ['ERROR payment failed', '\tat c.e.Foo', stamped(1, 'INFO other producer'), 'Caused by: x'];
  const values = lines.map((text) => ({ text, timestamp }));
  expect((await fates(values)).said).toEqual(['0 read', '1 read', '2 read', '3 read']);
  expect((await fates(values, { time: 'record' })).said).toEqual(['0 no-time', '1 no-time', '2 read', '3 no-time']);
});

test('a value holds several records, or one with its trace; each has its place', async () => {
  const timestamp = 1_767_614_400_000;
  const { said, ran } = await fates([
    { text: `${stamped(0, 'ERROR boom id=12')}\njava.lang.X: bad\n\tat c.e.Foo`, timestamp },
    { text: `${stamped(1, 'INFO a')}\n${stamped(2, 'ERROR b')}\n{"ts":\n`, timestamp },
    { text: '{"ts":1767614400,"msg":"a"}\n', timestamp },
    { text: '{\n  "ts": 1767614400,\n  "msg": "pretty"\n}\n', timestamp },
    { text: `${stamped(3, 'INFO first')}\nits second line\nERROR another`, timestamp },
  ]);
  expect(said).toEqual([
    '0 read',
    '0.1 joined 0',
    '0.2 joined 0',
    '1 read',
    '1.1 read',
    '1.2 not-json',
    '2 read',
    '3 read',
    '4 read',
    '4.1 joined 4',
    '4.2 read',
  ]);
  expect(ran.rejected.map(({ offset, part, bytes }) => [offset, part, Buffer.from(bytes!).toString()])).toEqual([
    [1, { index: 2, from: 63, to: 69 }, '{"ts":'],
  ]);
});

test('a head of java.util.logging has its text and level in the next line', async () => {
  const { said, messages } = await fates([
    'Mar 04, 2026 5:06:07 AM com.acme.Bill charge',
    'SEVERE: declined',
    stamped(1, 'INFO a'),
  ]);
  expect(said).toEqual(['0 read', '1 joined 0', '2 read']);
  expect(messages[0]).toBe('error SEVERE: declined');
});

test('parts and traces of a container are joined in their own stream', async () => {
  const line = (second: number, rest: string): string => `2026-03-04T05:06:0${second}.000Z ${rest}`;
  const { said, messages } = await fates([
    line(1, 'stderr P first half of a '),
    line(1, 'stdout F between'),
    line(1, 'stderr F long line'),
    line(2, 'stderr F ERROR boom'),
    line(2, 'stdout F \tat no.trace.Of(This.java:1)'),
    line(2, 'stderr F java.lang.IllegalStateException: why'),
    line(2, 'stderr F \tat a.B.c(D.java:1)'),
  ]);
  expect(said).toEqual(['0 read', '1 read', '2 joined 0', '3 read', '4 joined 1', '5 joined 3', '6 joined 3']);
  expect(messages).toEqual([
    'unknown first half of a long line',
    'unknown between',
    'error ERROR boom java.lang.IllegalStateException: why',
  ]);
});

test('of a value with more lines than one may have, the rest is refused and counted, line by line', async () => {
  const all = 20_003;
  const lines = Array.from({ length: all }, (_, i) => (i % 7000 === 0 ? stamped(1, `INFO line ${i}`) : 'x'));
  const { sums, ran } = await fates([
    { text: lines.join('\n'), timestamp: Date.UTC(2026, 0, 5, 12) },
    stamped(2, 'INFO next'),
  ]);
  expect(sums.in).toBe(all + 1);
  expect(sums.read + sums.joined + sums.refused).toBe(sums.in);
  const rest = ran.rejected.filter(({ reason }) => reason === 'too-many-lines');
  expect(rest.map(({ detail, part }) => [detail, part?.index])).toEqual([
    ['the value has 3 lines behind the first 20000: at most so many are read of one', 20_000],
  ]);
});

test('of an array with more records than one value may have, the rest is refused and counted', async () => {
  const all = 20_004;
  const record = JSON.stringify({ time: '2026-01-05T12:00:00Z', message: 'x' });
  const { sums, ran } = await fates([
    { text: `[${Array.from({ length: all }, () => record).join(',')}]`, timestamp: Date.UTC(2026, 0, 5, 12) },
  ]);
  expect(sums).toMatchObject({ in: all, read: 20_000, refused: 4 });
  expect(ran.rejected.map(({ reason, detail, part }) => [reason, detail, part?.index])).toEqual([
    ['too-many-lines', 'the value has 4 records behind the first 20000: at most so many are read of one', 20_000],
  ]);
});
