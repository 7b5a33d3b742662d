import { pipe } from 'rxjs';
import fc from 'fast-check';
import { encode } from '../../records/wire/codec.js';
import type { FeatureRow } from '../../records/row.js';
import type { Closed } from '../../records/window.js';
import { BASELINE_VERSION, logBaselineCodec, seriesBaselineCodec } from '../../operators/features/baseline.js';
import type { ModelsInForce } from '../../operators/artefact.js';
import { featurise } from '../../operators/featurise.js';
import { template } from '../../operators/template.js';
import { mine } from '../../models/templates/miner.js';
import { aspectPlace } from '../../models/features/aspects.js';
import { logs1, placesOf, series1 } from '../../models/features/schemas.js';
import {
  boundary,
  chance,
  define,
  itemsOf,
  load,
  logWindow,
  messages,
  minutes,
  monday,
  seriesWindow,
  shop,
  signatureOf,
  TestStores,
  usualLines,
  type Line,
} from '../builders/windows.js';

const none = (): undefined => undefined;
const rowsOf = async (
  stores: TestStores,
  batches: readonly (readonly Closed[])[],
  loaded: (id: string) => ModelsInForce | undefined = none,
) =>
  (await itemsOf(pipe(template(stores, loaded), featurise(stores, loaded)), batches)).filter(
    (item): item is FeatureRow => item.type === 'row',
  );
const places = placesOf(logs1);
const value = (row: FeatureRow, name: string): number =>
  row.vector[(row.schema === logs1 ? places : placesOf(series1)).get(name)!]!;
const last = (rows: readonly FeatureRow[]): FeatureRow => rows[rows.length - 1]!;

/** Usual days of the shop: more lines by day, in windows of 5 minutes. */
function usualDays(
  days: number,
  seed = 1,
  change: (end: number, lines: Line[]) => Line[] = (_, lines) => lines,
): Closed[] {
  const random = chance(seed);
  const items: Closed[] = messages.map(define);
  for (let end = monday + 5 * minutes; end <= monday + days * 1440 * minutes; end += 5 * minutes) {
    const hour = new Date(end).getUTCHours();
    const count = hour >= 8 && hour < 20 ? 120 : 40;
    items.push(logWindow(end, change(end, usualLines(random, count))), boundary(end));
  }
  return items;
}
const afterwards = monday + 3 * 1440 * minutes + 5 * minutes;
const threeDays = usualDays(3);

/** The row of one window after three usual days. */
async function then(lines: readonly Line[]): Promise<FeatureRow> {
  return last(await rowsOf(new TestStores(), [threeDays, [logWindow(afterwards, lines)]]));
}
const night = (change: (line: Line, i: number) => Line = (line) => line): Line[] =>
  usualLines(chance(99), 40).map(change);

test('a usual window stands out in nothing', async () => {
  const row = await then(night());
  expect(row.warm).toBe(true);
  row.vector.forEach((size, i) =>
    expect([logs1.columns[i]!.name, Math.abs(size) < 4.5]).toEqual([logs1.columns[i]!.name, true]),
  );
});

test('an error burst stands out in the share of errors and in errors for the time of day', async () => {
  const row = await then(night((line, i) => (i % 2 ? { ...line, level: 'error' } : line)));
  expect(value(row, 'error_share')).toBeGreaterThan(8);
  expect(value(row, 'seasonal_errors')).toBeGreaterThan(4);
  const at = places.get('error_share')!;
  expect(row.actual[at]).toBeCloseTo(50, -1);
  expect(row.typical[at]).toBe(0);
});

test('a new template is novel, unseen and rare, and leads the templates of the row', async () => {
  const row = await then([...night(), ...night(() => ({ masked: 'payment <*> refused' }))]);
  expect(value(row, 'novelty')).toBeGreaterThan(4);
  expect(value(row, 'unseen')).toBeGreaterThan(2);
  expect(value(row, 'rarity')).toBeGreaterThan(1);
  expect(value(row, 'divergence')).toBeGreaterThan(8);
  expect(row.templates[0]).toMatchObject({ id: signatureOf('payment <*> refused'), novel: true });
});

test('a template that vanishes is shown with what is typical', async () => {
  const row = await then(night((line) => (line.masked === messages[0] ? { ...line, masked: messages[1]! } : line)));
  const gone = row.templates.find(({ text }) => text === messages[0])!;
  expect(gone).toMatchObject({ count: 0, novel: false, sample: 'cart 7 opened' });
  expect(gone.typical).toBeGreaterThan(15);
  expect(value(row, 'divergence')).toBeGreaterThan(8);
});

test('slow responses stand out in every quantile; typical is in ms', async () => {
  const row = await then(night((line) => ({ ...line, value: 3 * line.value! })));
  for (const name of ['latency_p50', 'latency_p95', 'latency_p99', 'seasonal_latency']) {
    expect([name, value(row, name) > 8]).toEqual([name, true]);
  }
  const at = places.get('latency_p50')!;
  expect(row.actual[at]).toBeGreaterThan(100);
  expect(row.typical[at]).toBeGreaterThan(35);
  expect(row.typical[at]).toBeLessThan(45);
});

test('a traffic surge and its direction', async () => {
  const row = await then(usualLines(chance(5), 400));
  expect(value(row, 'volume')).toBeGreaterThan(5);
  expect(value(row, 'seasonal_volume')).toBeGreaterThan(5);
  expect(row.direction).toBe(1);
});

test('the time of day is known: what is usual by day is much by night', async () => {
  const quiet = value(await then(usualLines(chance(6), 40)), 'seasonal_volume');
  const byNight = value(await then(usualLines(chance(6), 120)), 'seasonal_volume');
  expect(Math.abs(quiet)).toBeLessThan(3);
  expect(byNight).toBeGreaterThan(5);
});

test('silence is a row: its surprise grows with each empty window and ends with a line', async () => {
  const silent = [1, 2, 3].map((i) => logWindow(afterwards + (i - 1) * 5 * minutes, []));
  const back = logWindow(afterwards + 15 * minutes, night());
  const rows = (await rowsOf(new TestStores(), [threeDays, [...silent, back]])).slice(-4);
  const sizes = rows.map((row) => value(row, 'silence'));
  expect(sizes[0]).toBeGreaterThan(4);
  expect(sizes[1]).toBeGreaterThan(sizes[0]!);
  expect(sizes[2]).toBeGreaterThan(sizes[1]!);
  expect(sizes[3]).toBe(0);
  expect(rows[2]!.actual[places.get('silence')!]).toBe(15);
  expect(rows[2]!.direction).toBe(-1);
});

test('a service that is often empty does not surprise by being empty', async () => {
  const sparse = usualDays(3, 1, (end, lines) => (end % (15 * minutes) === 0 ? lines.slice(0, 2) : []));
  const rows = await rowsOf(new TestStores(), [sparse]);
  expect(Math.max(...rows.slice(-200).map((row) => value(row, 'silence')))).toBeLessThan(2);
});

test('a column without data is 0, shows nothing and teaches nothing', async () => {
  const [plain, muted] = [night(), night((line) => ({ ...line, value: undefined }))];
  const row = await then(muted);
  for (const name of ['latency_p50', 'latency_p95', 'latency_p99', 'seasonal_latency', 'latency_trend']) {
    expect(value(row, name)).toBe(0);
    expect(row.actual[places.get(name)!]).toBeNaN();
  }
  const next = logWindow(afterwards + 5 * minutes, plain);
  const typicalAfter = async (lines: readonly Line[]) =>
    last(await rowsOf(new TestStores(), [threeDays, [logWindow(afterwards, lines), next]])).typical[
      places.get('latency_p50')!
    ];
  const untaught = last(await rowsOf(new TestStores(), [threeDays, [logWindow(afterwards, plain)]])).typical[
    places.get('latency_p50')!
  ];
  expect(await typicalAfter(muted)).toBe(untaught);
  expect(await typicalAfter(plain)).not.toBe(untaught);
});

test('an incident of an hour hardly teaches: the next one stands out as much', async () => {
  const burst = night((line, i) => (i % 2 ? { ...line, level: 'error' } : line));
  const hour = Array.from({ length: 12 }, (_, i) => logWindow(afterwards + i * 5 * minutes, burst));
  const calm = Array.from({ length: 12 }, (_, i) => logWindow(afterwards + (12 + i) * 5 * minutes, night()));
  const again = logWindow(afterwards + 24 * 5 * minutes, burst);
  const rows = await rowsOf(new TestStores(), [threeDays, hour, calm, [again]]);
  const first = value(rows[rows.length - 25]!, 'error_share');
  expect(value(last(rows), 'error_share')).toBeGreaterThan(first / 2);
});

test('a slow leak shows in the trend before any single window does', async () => {
  const random = chance(3);
  const rows = await rowsOf(new TestStores(), [
    usualDays(6, 1, (end, lines) => {
      const hours = Math.max(0, end - monday - 5 * 1440 * minutes) / (60 * minutes);
      return lines.map((line) => ({ ...line, value: 40 * (1 + 0.03 * hours) * (0.7 + 0.6 * random()) }));
    }),
  ]);
  const crosses = (name: string) => rows.findIndex((row, i) => i > 5 * 288 && value(row, name) > 4) - 5 * 288;
  expect(crosses('latency_trend')).toBeGreaterThan(0);
  expect(crosses('latency_trend')).toBeLessThan(12 * 12);
});

test('a catalogue that comes into force makes nothing novel', async () => {
  const users = ['ann', 'bob', 'cid', 'dora'].map((user) => `user ${user} has logged in from host <*>`);
  const days = usualDays(1, 1, (_, lines) => [...lines, ...users.map((masked) => ({ masked }))]);
  const catalogue = mine(
    [...messages, ...users].map((masked) => ({ signature: signatureOf(masked), masked, count: 1 })),
  );
  const set: ModelsInForce = { id: 'a1', catalogue, detectors: [] };
  const end = monday + 1440 * minutes + 5 * minutes;
  const window = logWindow(end, [...night(), ...users.map((masked) => ({ masked }))]);
  const rows = await rowsOf(
    new TestStores(),
    [
      [...users.map(define), ...days],
      [{ type: 'promotion', artefact: 'a1', from: end }, window],
    ],
    (id) => (id === 'a1' ? set : undefined),
  );
  const row = last(rows);
  expect(row.templates.map(({ text }) => text)).toContain('user <*> has logged in from host <*>');
  expect(row.templates.some(({ novel }) => novel)).toBe(false);
  expect(value(row, 'unseen')).toBeLessThan(1);
  expect(Math.abs(value(row, 'divergence'))).toBeLessThan(4);
});

test('warm after 12 hours of windows, or 120 points', async () => {
  const rows = await rowsOf(new TestStores(), [threeDays]);
  expect(rows.findIndex(({ warm }) => warm)).toBe(144);
  const points = Array.from({ length: 130 }, (_, i) => seriesWindow(monday + (i + 1) * minutes, 5 + (i % 3)));
  expect((await rowsOf(new TestStores(), [points])).findIndex(({ warm }) => warm)).toBe(120);
});

test('series: a spike, a level shift and a missing season', async () => {
  const random = chance(8);
  const usual = (i: number): number => 100 + 20 * Math.abs(12 - ((i / 60) % 24)) + 4 * random();
  const points = Array.from({ length: 3 * 1440 }, (_, i) => seriesWindow(monday + (i + 1) * minutes, usual(i)));
  const end = monday + (3 * 1440 + 1) * minutes;
  const at = async (...values: number[]) =>
    last(await rowsOf(new TestStores(), [points, [seriesWindow(end, ...values)]]));
  const calm = await at(usual(3 * 1440));
  const spike = await at(usual(3 * 1440) + 150);
  for (const name of ['change_last', 'change_median', 'seasonal_value', 'level_20', 'level_180']) {
    expect([name, Math.abs(value(calm, name)) < 4.5, value(spike, name) > 8]).toEqual([name, true, true]);
  }
  expect(value(spike, 'outside')).toBeGreaterThan(4);
  expect(spike.direction).toBe(1);
  expect(spike.typical[placesOf(series1).get('seasonal_value')!]).toBeGreaterThan(320);
  const broken = await at(NaN, Infinity);
  expect([...broken.vector]).toEqual(series1.columns.map(() => 0));
});

test('a constant series is surprised by a step, not by a ripple', async () => {
  const points = Array.from({ length: 1000 }, (_, i) => seriesWindow(monday + (i + 1) * minutes, 50));
  const at = (v: number) => rowsOf(new TestStores(), [points, [seriesWindow(monday + 1001 * minutes, v)]]).then(last);
  expect(value(await at(50.1), 'change_last')).toBeLessThan(2);
  expect(value(await at(60), 'change_last')).toBeGreaterThan(20);
});

const step = fc.record({
  gap: fc.integer({ min: 1, max: 40 }),
  count: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 60 })),
  latency: fc.constantFrom(0.5, 40, 100_000),
  odd: fc.constantFrom('', 'fatal crash <*>', 'x'),
  value: fc.oneof(
    fc.double({ noNaN: false }),
    fc.constantFrom(Number.MAX_VALUE, -Number.MAX_VALUE),
    fc.integer({ min: 0, max: 50 }),
  ),
  seed: fc.nat(),
});
const steps = fc.array(step, { minLength: 1, maxLength: 40 });

function life(parts: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]): Closed[][] {
  let end = monday;
  return parts.map(({ gap, count, latency, odd, value: point, seed }) => {
    end += gap * 5 * minutes;
    const lines = usualLines(chance(seed), count, latency);
    const extra: Line[] = odd && count > 0 ? [{ masked: odd, level: 'fatal' }] : [];
    return [...messages.map(define), logWindow(end, [...lines, ...extra]), seriesWindow(end, point), boundary(end)];
  });
}

test('any life: values on the grid within ±512, no NaN, the same with any cut and with a restart anywhere', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), async (parts, where) => {
      const batches = life(parts);
      const stores = new TestStores();
      const rows = await rowsOf(stores, batches);
      for (const { vector } of rows) {
        for (const size of vector) {
          expect(Math.abs(size)).toBeLessThanOrEqual(512);
          expect(Number.isInteger(size * 4096)).toBe(true);
        }
      }
      expect(await rowsOf(new TestStores(), [batches.flat()])).toEqual(rows);

      const cut = where % (batches.length + 1);
      const before = new TestStores();
      const head = await rowsOf(before, batches.slice(0, cut));
      const after = new TestStores(before);
      const tail = await rowsOf(after, batches.slice(cut));
      expect([...head, ...tail]).toEqual(rows);
      expect(after.bytes()).toEqual(stores.bytes());
    }),
    { numRuns: 40 },
  );
});

test('an entity takes at most 4 KB, also with more templates than are kept', async () => {
  const stores = new TestStores();
  await rowsOf(stores, [
    usualDays(2, 1, (end, lines) => [
      ...lines,
      ...Array.from({ length: 40 }, (_, i) => ({ masked: `job ${(end / minutes + i) % 977}x` })),
    ]),
  ]);
  const points = Array.from({ length: 3000 }, (_, i) => seriesWindow(monday + (i + 1) * minutes, i % 17));
  await rowsOf(stores, [points]);
  const logs = stores.open('log-baselines', logBaselineCodec).get(shop.key)!;
  expect(logs.mix.entries).toHaveLength(64);
  expect(encode(logBaselineCodec, logs).length).toBeLessThan(4096);
  const series = stores.open('series-baselines', seriesBaselineCodec).get(load.key)!;
  expect(encode(seriesBaselineCodec, series).length).toBeLessThan(4096);
  expect(BASELINE_VERSION).toBeGreaterThan(0);
});

describe('a window that all input ended in', () => {
  const aspects = ['volume down', 'silence', 'overdue', 'absent'] as const;
  const cutRow = async (lines: readonly Line[], more: readonly Closed[] = []): Promise<FeatureRow[]> => {
    const window = { ...logWindow(afterwards, lines), flags: ['cut'] as const };
    return (await rowsOf(new TestStores(), [threeDays, [window, ...more]])).slice(threeDays.filter(isLog).length);
  };
  const isLog = ({ type }: Closed): boolean => type === 'log';
  const missing = ({ aspects: scores }: FeatureRow): number[] =>
    aspects.flatMap((aspect) => ([0, 1, 2] as const).map((i) => scores?.[aspectPlace(aspect, i)] ?? NaN));

  test('says nothing of what is missing, whole or in part', async () => {
    for (const lines of [[], night().slice(0, 1), night().slice(0, 20)]) {
      const [whole, cut] = [await then(lines), (await cutRow(lines))[0]!];
      expect(Math.min(value(whole, 'volume'), value(whole, 'seasonal_volume'))).toBeLessThan(-3);
      expect(missing(cut).every((score) => score === 0)).toBe(true);
      const names = ['volume', 'volume_change', 'seasonal_volume', 'rarity', 'entropy', 'distinct'];
      for (const name of names) expect([name, value(cut, name) >= 0]).toEqual([name, true]);
      expect(value(cut, 'silence')).toBe(0);
      expect(cut.templates.every(({ count }) => count > 0)).toBe(true);
    }
  });

  test('errors in it count as ever', async () => {
    const burst = night((line, i) => (i % 2 ? { ...line, level: 'error' } : line));
    const cut = (await cutRow(burst))[0]!;
    expect(value(cut, 'error_share')).toBe(value(await then(burst), 'error_share'));
  });

  test('teaches nothing: the window behind it is seen as if it had not been', async () => {
    const next = logWindow(afterwards + 5 * minutes, night());
    const [, after] = await cutRow([], [next]);
    expect(Math.abs(value(after!, 'volume_change'))).toBeLessThan(3);
    expect(Math.max(...missing(after!))).toBeLessThan(3);
  });

  test('time in which nothing was read is no time in which a line did not come', async () => {
    const unread = Array.from({ length: 48 }, (_, i) => ({
      ...logWindow(afterwards + (i + 1) * 5 * minutes, []),
      flags: ['cut'] as const,
    }));
    const rows = await cutRow([], [...unread, logWindow(afterwards + 49 * 5 * minutes, night())]);
    const usual = missing(await then(night()));
    missing(last(rows)).forEach((score, i) => expect(score).toBeCloseTo(usual[i]!, 1));
  });
});
