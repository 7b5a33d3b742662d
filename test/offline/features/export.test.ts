/** The offline feature store, read by DuckDB: an engine that shares no code with it. */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import type { Config } from '../../../config/schema.js';
import { asOf, type AsOfPoint } from '../../../training/features/as-of.js';
import { exportFeatures, usualDir } from '../../../offline/features/export.js';
import { damaged, readManifest, StoreWriter } from '../../../training/features/store.js';
import { logs1, series1 } from '../../../models/features/schemas.js';
import type { Decision } from '../../../records/score.js';
import type { Verdict } from '../../../records/verdict.js';
import {
  aConfig,
  jobs,
  load,
  minutes,
  monday,
  services,
  someDecisions,
  writeDecisions,
  writeWindows,
} from './store.js';

const decisions = someDecisions(monday + 20 * 60 * minutes, 120);
let config: Config;
let dir: string;
let duck: DuckDBConnection;

beforeAll(async () => {
  config = aConfig();
  dir = usualDir(config);
  await writeDecisions(config, decisions);
  await exportFeatures(config);
  duck = await DuckDBConnection.create();
});
afterAll(() => {
  duck.closeSync();
  rmSync(config.state.dir, { recursive: true, force: true });
});

type Cell = string | number | boolean | null;
async function query(sql: string, from = dir): Promise<Record<string, Cell>[]> {
  const reader = await duck.runAndReadAll(sql.replaceAll('@', from));
  return reader.getRowObjectsJson() as Record<string, Cell>[];
}
const view = (name: string): string =>
  `read_parquet('@/view=${name}/*/*.parquet', hive_partitioning = true, union_by_name = true)`;
const about = (view: string, more = ''): string => `select *, epoch_ms(event_time) as at from ${view} ${more}`;

const bits = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0]!;

describe('what DuckDB reads', () => {
  it.each([
    ['windows', logs1],
    ['series', series1],
  ])('of %s are the features of the stream, in all bits of float32', async (name, schema) => {
    const expected = decisions.filter(({ schema: id, key }) => id === schema.id && key === '');
    const rows = await query(about(view(name)));
    expect(rows).toHaveLength(expected.length);
    const stored = new Map(rows.map((row) => [`${row.entity} ${row.at}`, row]));
    for (const { entity, end, features } of expected) {
      const row = stored.get(`${entity} ${end}`)!;
      expect(schema.columns.map((column) => bits(row[column.name] as number))).toEqual(features.map(bits));
      // Features are on a grid that float32 holds exactly.
      expect(features.map(Math.fround)).toEqual(features);
    }
  });

  it('of decisions are scores, thresholds and what fired', async () => {
    const sums = (
      await query(
        `select count(*)::int as n, sum(fired::int)::int as fired, sum(score_robust_z) as score, count(session)::int as s from ${view('decisions')}`,
      )
    ).at(0)!;
    const of = (pick: (decision: Decision) => number): number => decisions.reduce((sum, one) => sum + pick(one), 0);
    expect(sums).toMatchObject({ n: decisions.length, fired: of(({ fired }) => Number(fired)), s: decisions.length });
    expect(sums.score as number).toBeCloseTo(
      of(({ scores: [first] }) => first?.score ?? 0),
      6,
    );
  });

  it('is partitioned by view and day, each row on the day of its event time', async () => {
    const days = await query(
      `select distinct view, strftime(day::date, '%Y-%m-%d') as day, strftime(event_time, '%Y-%m-%d') as own from ${view('*').replace('view=*', '*')} order by all`,
    );
    expect(days.length).toBeGreaterThanOrEqual(6);
    for (const { day, own } of days) expect(day).toBe(own);
  });
});

test('no part has the text of a session key', async () => {
  for (const { path } of (await readManifest(dir)).parts)
    expect(readFileSync(join(dir, path)).includes('hunter2')).toBe(false);
  const { n } = (await query(`select count(distinct session)::int as n from ${view('decisions')}`)).at(0)!;
  expect(n).toBe(1 + decisions.filter(({ key }) => key !== '').length);
});

test('parts are listed with their hashes; one that was changed is found', async () => {
  expect(await damaged(dir)).toEqual([]);
  const copy = aConfig();
  await writeDecisions(copy, decisions);
  const { parts, dir: into } = await exportFeatures(copy);
  // The same log gives the same parts.
  expect(parts.map(({ path }) => path).sort()).toEqual((await readManifest(dir)).parts.map(({ path }) => path));
  const path = join(into, parts[0]!.path);
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(path, bytes);
  expect(await damaged(into)).toEqual([`${parts[0]!.path} was changed`]);
  rmSync(path);
  expect(await damaged(into)).toEqual([`${parts[0]!.path} is missing`]);
  rmSync(copy.state.dir, { recursive: true });
});

test('exported in pieces, with repeats of a restart in the log, each decision is stored once and no part changes', async () => {
  const copy = aConfig();
  let before = new Map<string, number>();
  for (const [from, to] of [
    [0, 100],
    [70, 350],
    [350, 350],
    [300, decisions.length],
  ] as const) {
    await writeDecisions(copy, decisions.slice(from, to));
    const done = await exportFeatures(copy);
    expect(done.decisions).toBe(to - from);
    const now = new Map<string, number>();
    for (const { path } of (await readManifest(done.dir)).parts) now.set(path, statSync(join(done.dir, path)).mtimeMs);
    for (const [path, changed] of before) expect(now.get(path)).toBe(changed);
    before = now;
  }
  const into = usualDir(copy);
  expect(await query(`from ${view('decisions')} select count(*)::int as n`, into)).toEqual([{ n: decisions.length }]);
  const order = 'order by entity, event_time';
  expect(await query(about(view('windows'), order), into)).toEqual(await query(about(view('windows'), order)));
  rmSync(copy.state.dir, { recursive: true });
});

test('what an export that was killed left behind is deleted by the next one, and counts for no reader of the manifest', async () => {
  const copy = aConfig();
  await writeDecisions(copy, decisions);
  const into = usualDir(copy);
  const orphan = `view=windows/day=2026-01-05/part-${'0'.repeat(16)}.parquet`;
  mkdirSync(join(into, 'view=windows/day=2026-01-05'), { recursive: true });
  writeFileSync(join(into, orphan), 'half');
  writeFileSync(join(into, `${orphan}.123-0.part`), 'half');
  expect((await readManifest(into)).parts).toEqual([]);
  await exportFeatures(copy);
  const files = (await readdir(into, { recursive: true })).filter((name) => name.includes('part'));
  expect(files.sort()).toEqual((await readManifest(into)).parts.map(({ path }) => path));
  rmSync(copy.state.dir, { recursive: true });
});

test('two exports at once: the second one is refused', async () => {
  const store = await StoreWriter.open(dir);
  await expect(exportFeatures(config)).rejects.toThrow('is being written by process');
  await store.close();
});

test('deleted days are gone from manifest and disk, and do not come back', async () => {
  const copy = aConfig();
  await writeDecisions(copy, decisions.slice(0, 200));
  const { dir: into } = await exportFeatures(copy);
  const store = await StoreWriter.open(into);
  await store.deleteBefore('2026-01-06');
  await store.close();
  expect(await readdir(join(into, 'view=windows'))).toEqual(['day=2026-01-06']);
  await writeDecisions(copy, decisions);
  await exportFeatures(copy);
  const expected = decisions.filter(({ end, key }) => key === '' && end >= Date.UTC(2026, 0, 6));
  const { n } = (await query(`select count(*)::int as n from ${view('decisions')} where session = ''`, into)).at(0)!;
  expect(n).toBe(expected.length);
  rmSync(copy.state.dir, { recursive: true });
});

describe('as of a time', () => {
  const times = decisions.map(({ end }) => end);
  const [first, last] = [Math.min(...times), Math.max(...times)];

  it('1,000 points are the newest rows of the stream, and those of an ASOF join of DuckDB', async () => {
    const points = fc.sample(
      fc.record({
        entity: fc.constantFrom(...services, 'service{service="unknown"}'),
        at: fc.integer({ min: first - 20 * minutes, max: last + 20 * minutes }),
      }),
      { numRuns: 1000, seed: 3 },
    );
    const found = await asOf(dir, points, { view: 'windows' });
    const expected = points.map(({ entity, at }) =>
      decisions.findLast((one) => one.entity === entity && one.key === '' && one.end <= at),
    );
    expect(found.map((row) => row && [row.event_time, row.volume])).toEqual(
      expected.map((one) => one && [one.end, one.features[0]]),
    );
    writeFileSync(join(dir, 'points.json'), points.map((point, i) => JSON.stringify({ ...point, i })).join('\n'));
    const joined = await query(
      `select p.i, epoch_ms(w.event_time) as at, w.volume from read_json('@/points.json') p
       asof left join ${view('windows')} w on p.entity = w.entity and make_timestamp(p.at * 1000) >= w.event_time
       order by p.i`,
    );
    // DuckDB gives a 64-bit integer as text.
    const number = (cell: Cell): number | undefined => (cell === null ? undefined : Number(cell));
    expect(joined.map(({ at, volume }) => [number(at!), number(volume!)])).toEqual(
      found.map((row) => [row?.event_time, row?.volume]),
    );
  });

  it('what was decided later is not known: neither of the future, nor of a session that is judged when it is over', async () => {
    const job = decisions.find(({ key }) => key !== '')!;
    const point: AsOfPoint = { entity: jobs, at: job.end - 1 };
    expect(await asOf(dir, [point], { view: 'decisions' })).toEqual([undefined]);
    const [known] = await asOf(dir, [{ ...point, known: job.end }], { view: 'decisions' });
    expect(known).toMatchObject({ event_time: job.start, known_time: job.end, u: job.u });
  });

  it('rows older than the time to live do not count; only the columns that are asked for come', async () => {
    const late = { entity: load, at: last + 60 * minutes };
    expect(await asOf(dir, [late], { view: 'series', ttl: 30 * minutes })).toEqual([undefined]);
    const [row] = await asOf(dir, [late], { view: 'series', ttl: 60 * minutes, columns: ['event_time', 'nothing'] });
    expect(row).toEqual({ event_time: last, nothing: null });
  });
});

test('answers are known from the boundary at which they took effect, and after they were taken back', async () => {
  const copy = aConfig();
  const entity = services[0]!;
  const verdict: Verdict = {
    id: 'a1',
    alert: 'f',
    value: 'anomaly',
    by: 'ann',
    at: 0,
    context: {
      ...{ entity, key: '', start: monday, end: monday + 5 * minutes, arms: [], u: 1, threshold: 0, propensity: 1 },
      ...{ policy: '', own: 0, believed: '', baselines: [], direction: 0, templates: [] },
    },
  };
  await writeWindows(copy, [
    { type: 'verdict', verdict },
    { type: 'revocation', by: 'ann', at: 1, verdict },
  ]);
  const own = someDecisions(monday, 12).filter((one) => one.entity === entity);
  own[3] = { ...own[3]!, effective: ['a1'] };
  own[7] = { ...own[7]!, effective: ['revoked a1'] };
  await writeDecisions(copy, own);
  const { dir: into } = await exportFeatures(copy);
  const at = verdict.context.end;
  const ask = (known: number): Promise<unknown> => asOf(into, [{ entity, at, known }], { view: 'answers' });
  expect(await ask(own[3].end - 1)).toEqual([undefined]);
  expect(await ask(own[3].end)).toMatchObject([{ anomaly: true, revoked: false, event_time: at }]);
  expect(await ask(own[7].end)).toMatchObject([{ anomaly: true, revoked: true }]);
  rmSync(copy.state.dir, { recursive: true });
});

test('a second feature schema in one view is read with the first: what a part lacks is null', async () => {
  const into = join(aConfig().state.dir, 'mixed');
  const store = await StoreWriter.open(into);
  const row = { entity: services[0]!, event_time: monday, known_time: monday, start_time: monday, inexact: '' };
  await store.add('windows', '2026-01-05', 'logs-1', [{ ...row, schema: 'logs-1', volume: 1 }]);
  await store.add('windows', '2026-01-06', 'logs-9', [
    { ...row, event_time: monday + 1440 * minutes, schema: 'logs-9', newer: 2 },
  ]);
  await store.commit([]);
  await store.close();
  expect(await query(`select schema, volume, newer from ${view('windows')} order by schema`, into)).toEqual([
    { schema: 'logs-1', volume: 1, newer: null },
    { schema: 'logs-9', volume: null, newer: 2 },
  ]);
  rmSync(into, { recursive: true });
});
