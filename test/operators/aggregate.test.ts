import fc from 'fast-check';
import { at, history, ofType, parts, stamp, start } from './any-history.js';
import { records, run, runLines, type Line } from './ingest-run.js';
import { endOfSource, type SourceItem } from '../../records/raw.js';
import { decodeWindowsRecord, encodeWindowsRecord, type IngestRecord, type Mark } from '../../records/windows.js';

const minute = 60_000;
const marks = (items: readonly IngestRecord[]) =>
  items
    .filter((item): item is Mark => item.type === 'mark' && item.kind !== 'last')
    .map(({ kind, watermark }) => [kind, watermark - start]);
/** Enough lines that the first one is believed. */
const opening = [at(0), at(0), at(0), at(0)];

test('a late record without a session changes nothing but its reject', async () => {
  let late = 0;
  await fc.assert(
    fc.asyncProperty(history, fc.nat(), fc.nat(100_000), async (items, place, behind) => {
      const opened = [...records(opening), ...items].map((item, i) =>
        item.type === undefined ? { ...item, offset: 2 * i } : item,
      );
      const index = 4 + (place % (opened.length - 3));
      const before = await run([opened.slice(0, index)], parts);
      const watermark = Math.max(...ofType(before.items, 'mark').map((mark) => mark.watermark));
      if (!Number.isFinite(watermark)) return;
      const text = Buffer.from(`${new Date(watermark - 1 - behind).toISOString()} ERROR intruder`);
      const odd = {
        bytes: text,
        start: 0,
        end: text.length,
        offset: 2 * index - 1,
        timestamp: watermark,
        topic: 'app',
      };
      const without = await run([[...opened, endOfSource]], parts);
      const withIt = await run([[...opened.slice(0, index), odd, ...opened.slice(index), endOfSource]], parts);
      const tagless = (all: readonly IngestRecord[]) => all.map(({ tag: _, ...rest }) => rest);
      expect(tagless(withIt.items)).toEqual(tagless(without.items));
      expect(withIt.rejected.length).toBe(without.rejected.length + 1);
      expect(withIt.rejected.filter(({ offset }) => offset === odd.offset).map(({ reason }) => reason)).toEqual([
        'late',
      ]);
      late++;
    }),
    { numRuns: 100 },
  );
  expect(late).toBeGreaterThan(40);
});

test('a line of a session that is late goes into the open pane with its own time', async () => {
  const at = (time: string, text: string): string => `2026-01-05T12:${time}Z INFO ${text}`;
  const lines = records([
    at('00:00.000', 'begin job-7'),
    at('03:30.000', 'other'),
    at('01:30.000', 'finished job-7'),
    at('03:40.000', 'other'),
  ]);
  const { items, rejected } = await run([[...lines, endOfSource]], parts);
  const sessions = ofType(items, 'session').filter(({ key }) => key !== '');
  expect(sessions.map(({ key, pane, events }) => [key, pane, [...events.values()].map(({ first }) => first)])).toEqual([
    ['job-7', Date.UTC(2026, 0, 5, 12, 0), [Date.UTC(2026, 0, 5, 12, 0)]],
    ['job-7', Date.UTC(2026, 0, 5, 12, 3), [Date.UTC(2026, 0, 5, 12, 1, 30)]],
  ]);
  const late = sessions[1]!.events.keys().next().value;
  expect(ofType(items, 'definition').map(({ signature }) => signature)).toContain(late);
  expect(rejected.map(({ reason, detail }) => [reason, detail])).toEqual([
    ['late', expect.stringContaining('its session has it')],
  ]);
});

test('every record that leaves is read back as it was written; tags ascend', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (items) => {
      const { items: out } = await run([[...items, endOfSource]], parts);
      let last = [-1, -1];
      for (const item of out) {
        const bytes = encodeWindowsRecord(item);
        expect(encodeWindowsRecord(decodeWindowsRecord(bytes)).equals(bytes)).toBe(true);
        const { offset, n } = item.tag;
        expect(offset > last[0]! || (offset === last[0] && n === last[1]! + 1)).toBe(true);
        last = [offset, n];
      }
    }),
    { numRuns: 60 },
  );
});

test('a pane closes when a record is past its end by the lateness, and the mark follows its partials', async () => {
  const { items } = await runLines([...opening, at(69_999), at(70_000)]);
  expect(items.map(({ type }) => type)).toEqual(['mark', 'definition', 'mark', 'log', 'mark', 'log', 'mark', 'mark']);
  expect(marks(items)).toEqual([
    ['data', -minute],
    ['data', 0],
    ['data', minute],
    ['end', 2 * minute],
  ]);
  const [first, second] = ofType(items, 'log');
  expect([first!.aggregate.lines, second!.aggregate.lines]).toEqual([4, 2]);
  expect(first!.tag).toEqual({ source: 'logs/0', incarnation: 1, epoch: 7, offset: 5, n: 0 });
});

test('partials of a pane leave by entity, then session key; panes ascend', async () => {
  const json = (ms: number, service: string, msg: string) => JSON.stringify({ ts: stamp(ms), service, msg });
  const { items } = await runLines(
    [json(0, 'b', 'job-2'), json(0, 'b', 'job-10'), json(0, 'a', 'x'), json(0, 'a', 'x'), json(minute, 'a', 'job-1')],
    parts,
  );
  const keyed = items.flatMap((item) =>
    'pane' in item ? [[item.pane - start, item.entity, 'key' in item ? item.key : '']] : [],
  );
  expect(keyed).toEqual([
    [0, 'service{service="a"}', ''],
    [0, 'service{service="b"}', ''],
    // Lines without a key may have lost it.
    [0, 'session{service="job"}', ''],
    [0, 'session{service="job"}', 'job-10'],
    [0, 'session{service="job"}', 'job-2'],
    [minute, 'service{service="a"}', ''],
    [minute, 'session{service="job"}', 'job-1'],
  ]);
});

test('what a partial holds', async () => {
  const lines = [
    at(0, 'INFO took 12 ms'),
    at(1500, 'INFO took 13 ms'),
    at(1900, 'ERROR b token=abc'),
    at(1900, 'ERROR a'),
  ];
  const { items } = await runLines(lines);
  const { aggregate, capped, settings } = ofType(items, 'log')[0]!;
  expect(aggregate.lines).toBe(4);
  expect([...aggregate.levels]).toEqual([
    [3, 2],
    [5, 2],
  ]);
  expect([...aggregate.seconds].sort()).toEqual([
    [0, 1],
    [1, 3],
  ]);
  expect([...aggregate.signatures.values()].sort()).toEqual([1, 1, 2]);
  expect([...aggregate.values.values()].reduce((a, b) => a + b)).toBe(2);
  expect(aggregate.distinct.filter((register) => register > 0).length).toBe(3);
  expect(Buffer.from(aggregate.sample!.text).toString()).toBe('ERROR a');
  expect(capped).toBe(false);
  expect(settings).toBeGreaterThan(0);
  const definitions = ofType(items, 'definition').map(({ masked, sample }) => [masked, sample]);
  expect(definitions).toEqual([
    ['INFO took <*> ms', 'INFO took 12 ms'],
    ['ERROR b token=<*>', 'ERROR b token=***'],
    ['ERROR a', 'ERROR a'],
  ]);
});

test('series points are sorted, capped at 512 and flagged', async () => {
  const points = Array.from({ length: 600 }, (_, i) => `${(start + (599 - i)) / 1000},${i},cpu`);
  const { items, rejected } = await runLines(['timestamp,value,series', ...points], { format: 'metric' });
  const { aggregate, capped, entity } = ofType(items, 'series')[0]!;
  expect(entity).toBe('series{series="cpu",service="app"}');
  expect(aggregate.points.length).toBe(512);
  expect(aggregate.points[0]![0]).toBeLessThan(aggregate.points[511]![0]);
  expect([capped, rejected]).toEqual([true, []]);
});

test('more than 2,048 new signatures flag the partial, since half of the places are for known ones, and all lines are counted', async () => {
  const word = (i: number) =>
    Array.from(i.toString(16))
      .map((digit) => 'ghijklmnopqrstuv'[parseInt(digit, 16)])
      .join('');
  const lines = Array.from({ length: 4200 }, (_, i) => at(0, `line ${word(i)}`));
  const { aggregate, capped } = ofType((await runLines(lines)).items, 'log')[0]!;
  expect([aggregate.lines, aggregate.signatures.size, capped]).toEqual([4200, 2048, true]);
});

describe('times from the future', () => {
  const reasons = (rejected: readonly { reason: string; offset: number }[]) =>
    rejected.map(({ reason, offset }) => [reason, offset]);
  const hour = 60 * minute;

  test('with a broker time stamp: more than five minutes ahead is rejected', async () => {
    const line = (ms: number): Line => ({ text: at(ms), timestamp: start });
    const { items, rejected } = await runLines([line(0), line(300_000), line(300_001), line(290_000)]);
    expect(reasons(rejected)).toEqual([['future', 2]]);
    expect(ofType(items, 'log').reduce((sum, { aggregate }) => sum + aggregate.lines, 0)).toBe(3);
  });

  test('in a file: a jump that comes back is rejected', async () => {
    const { rejected, items } = await runLines([...opening, at(90 * hour), at(90 * hour), at(1000), at(2000)]);
    expect(reasons(rejected)).toEqual([
      ['future', 4],
      ['future', 5],
    ]);
    expect(marks(items).at(-1)).toEqual(['end', minute]);
  });

  test('in a file: a jump that three more records confirm is taken', async () => {
    const later = [at(9 * hour), at(9 * hour + 1), at(9 * hour + 2), at(9 * hour + 3), at(9 * hour + 4)];
    const { rejected, items } = await runLines([...opening, ...later]);
    expect(rejected).toEqual([]);
    expect(ofType(items, 'log').map(({ aggregate }) => aggregate.lines)).toEqual([4, 5]);
  });

  test('in a file: a false stamp among those that confirm a jump is rejected alone', async () => {
    const far = at(9000 * hour);
    const later = [at(9 * hour), far, at(9 * hour + 1), at(9 * hour + 2), at(9 * hour + 3)];
    const { rejected, items } = await runLines([...opening, ...later]);
    expect(reasons(rejected)).toEqual([['future', 5]]);
    expect(ofType(items, 'log').map(({ aggregate }) => aggregate.lines)).toEqual([4, 4]);
  });

  test('a first line from far ahead does not make the others late', async () => {
    const { rejected, items } = await runLines([at(9000 * hour), ...opening, at(1000)]);
    expect(reasons(rejected)).toEqual([['future', 0]]);
    expect(ofType(items, 'log')[0]!.aggregate.lines).toBe(5);
  });

  test('at the end of a file held records are taken, but not from beyond 31 days', async () => {
    const { rejected, items } = await runLines([...opening, at(9000 * hour), at(20 * hour)]);
    expect(reasons(rejected)).toEqual([['future', 4]]);
    expect(ofType(items, 'log').map(({ aggregate }) => aggregate.lines)).toEqual([4, 1]);
    expect(ofType((await runLines([at(0)])).items, 'log').length).toBe(1);
  });
});

test('an idle control closes panes up to its watermark, and what comes before it is late', async () => {
  const idle: SourceItem = { type: 'idle', watermark: start + 5 * minute + 1 };
  const { items, rejected } = await runLines([...opening, idle, at(1000), at(5 * minute)]);
  expect(marks(items)).toEqual([
    ['data', -minute],
    ['idle', 5 * minute],
    ['end', 6 * minute],
  ]);
  expect(rejected.map(({ reason }) => reason)).toEqual(['late']);
});

test('a stalled control marks without lowering the watermark', async () => {
  const { items } = await runLines([...opening, at(3 * minute), { type: 'stalled', watermark: 0 }]);
  expect(marks(items).slice(1)).toEqual([
    ['data', 2 * minute],
    ['stalled', 2 * minute],
    ['end', 4 * minute],
  ]);
});

test('after a loss marks say so until no lost line can be behind them', async () => {
  const lost: SourceItem = { type: 'lost', watermark: 0 };
  const { items } = await runLines([
    ...opening,
    at(3 * minute),
    lost,
    // Lost lines may have been as late as the lateness behind this one.
    at(20 * minute),
    at(20 * minute + 30_000),
    at(21 * minute + 15_000),
    at(22 * minute + 15_000),
  ]);
  expect(marks(items).slice(1)).toEqual([
    ['data', 2 * minute],
    ['lost', 2 * minute],
    ['lost', 19 * minute],
    ['lost', 20 * minute],
    ['lost', 21 * minute],
    ['data', 22 * minute],
    ['end', 23 * minute],
  ]);
});

test('a loss with nothing behind it is said before the mark that closes over it', async () => {
  const idle: SourceItem = { type: 'idle', watermark: start + 9 * minute };
  const { items } = await runLines([...opening, { type: 'lost', watermark: 0 }, idle]);
  expect(marks(items).slice(1)).toEqual([
    ['lost', -minute],
    ['lost', 9 * minute],
    ['idle', 9 * minute],
    ['lost', 9 * minute],
    ['end', 9 * minute],
  ]);
});

test('an empty source ends with a mark', async () => {
  const { items } = await runLines([]);
  expect(items).toEqual([
    { type: 'mark', kind: 'end', watermark: 0, tag: { source: 'logs/0', incarnation: 1, epoch: 7, offset: 0, n: 0 } },
  ]);
});
