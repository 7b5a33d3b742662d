/** The exported parts as programs read them that share no code with tocsin: pyarrow, Great Expectations, Spark. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { encodePart, readPart, type Row } from '../../connectors/parquet/part.js';
import { logs1 } from '../../models/features/schemas.js';
import { exportFeatures } from '../../offline/features/export.js';
import { validate } from '../../training/validation/validate.js';
import { asOf } from '../../training/features/as-of.js';
import { aConfig, minutes, monday, services, someDecisions, writeDecisions } from '../offline/features/store.js';
import { columns, rows, suite } from '../offline/validation/rows.js';
import { programIn, runPython, testWith } from './services/python.js';

const decisions = someDecisions(monday + 20 * 60 * minutes, 120);
const own = decisions.filter(({ schema, key }) => schema === logs1.id && key === '');
/** Java and Python start several times, on machines that are busy, too, ms. */
const patience = 600_000;
let folder: string;
let store: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-readers-'));
  const config = aConfig(folder);
  await writeDecisions(config, decisions);
  ({ dir: store } = await exportFeatures(config));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

testWith('feast')('pyarrow reads the same counts and sums', async () => {
  const read = await runPython('feast', 'test/integration/services/read_pyarrow.py', [join(store, 'view=windows')], '');
  const sum = own.reduce((total, { features }) => total + features[0]!, 0);
  expect(read).toEqual({ rows: own.length, volume: expect.closeTo(sum, 6), type: 'timestamp[ms, tz=UTC]' });
});

testWith('feast')('counts of a suite are those of Great Expectations on the same Parquet', async () => {
  const types = { x: 'DOUBLE', name: 'STRING', flag: 'BOOLEAN', id: 'STRING', at: 'TIMESTAMP' } as const;
  const parquet = join(folder, 'rows.parquet');
  const named = Object.entries(types).map(([name, type]) => ({ name, type }));
  writeFileSync(parquet, encodePart(named, rows));
  const found = await runPython('feast', 'test/integration/services/validate_gx.py', [parquet], suite);
  const inOrder = (results: readonly unknown[]): string[] => results.map((one) => JSON.stringify(one)).sort();
  const ours = validate(suite, columns, rows).results.map(({ expectation: { type, kwargs }, success, unexpected }) => [
    type,
    'column' in kwargs ? kwargs.column : null,
    'mostly' in kwargs ? (kwargs.mostly ?? 1) : 1,
    success,
    unexpected ?? null,
  ]);
  expect(inOrder(found as unknown[])).toEqual(inOrder(ours));
});

/** Runs the job that ships with tocsin, and gives what it wrote. */
async function trainingSet(name: string, args: readonly string[]): Promise<Row[]> {
  const out = join(folder, name);
  const { status, stderr } = spawnSync(
    programIn('spark', 'spark-submit'),
    [
      '--master',
      'local[2]',
      '--conf',
      'spark.ui.enabled=false',
      '--conf',
      'spark.sql.shuffle.partitions=2',
      'deploy/spark/training_set.py',
      store,
      out,
      ...args,
    ],
    {
      encoding: 'utf8',
      env: { ...process.env, PYSPARK_PYTHON: programIn('spark', 'python'), SPARK_LOCAL_IP: '127.0.0.1' },
    },
  );
  expect([status, status === 0 ? '' : stderr.slice(-3000)]).toEqual([0, '']);
  const parts = readdirSync(out).filter((file) => file.endsWith('.parquet'));
  return (await Promise.all(parts.map((part) => readPart(join(out, part))))).flat();
}

const bits = (value: unknown): number => new Uint32Array(Float32Array.of(value as number).buffer)[0]!;

testWith('spark')(
  'the training set of Spark SQL has every value of the stream, and 1,000 points are those of as-of',
  async () => {
    const set = await trainingSet('all', []);
    const found = new Map(set.map((row) => [`${row.entity} ${row.event_time}`, row]));
    expect([set.length, found.size]).toEqual([own.length, own.length]);
    for (const { entity, end, features } of own) {
      const row = found.get(`${entity} ${end}`);
      expect(logs1.columns.map(({ name }) => bits(row?.[name]))).toEqual(features.map(bits));
    }
    const last = Math.max(...own.map(({ end }) => end));
    const points = fc
      .sample(
        fc.record({
          entity: fc.constantFrom(...services, 'service{service="unknown"}'),
          at: fc.integer({ min: own[0]!.end - 20 * minutes, max: last + 20 * minutes }),
          late: fc.integer({ min: -60 * minutes, max: 60 * minutes }),
        }),
        { numRuns: 1000, seed: 9 },
      )
      .map(({ entity, at, late }, i) => ({ i, entity, at, known: at + late }));
    const file = join(folder, 'points.jsonl');
    writeFileSync(file, points.map((point) => JSON.stringify(point)).join('\n'));
    const joined = (await trainingSet('points', ['--points', file])).sort((a, b) => Number(a.i) - Number(b.i));
    const wanted = await asOf(store, points, { view: 'windows' });
    expect(joined.map((row) => [row.event_time, ...logs1.columns.map(({ name }) => row[name])])).toEqual(
      wanted.map((row) => [row?.event_time ?? null, ...logs1.columns.map(({ name }) => row?.[name] ?? null)]),
    );
  },
  patience,
);
