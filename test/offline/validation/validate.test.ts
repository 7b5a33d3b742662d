/** Suites of expectations on rows of the feature store; counts are those of Great Expectations, where Python has it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePart, type Row } from '../../../connectors/parquet/part.js';
import { exportFeatures } from '../../../offline/features/export.js';
import { validateStored, writeQuarantine } from '../../../offline/validation/stored.js';
import { parseSuite, type Suite } from '../../../offline/validation/suite.js';
import { validate } from '../../../offline/validation/validate.js';
import { aConfig, monday, someDecisions, writeDecisions } from '../features/store.js';

const rows: Row[] = Array.from({ length: 200 }, (_, i) => ({
  x: i % 17 === 0 ? null : ((i * 37) % 101) - 20,
  name: i % 31 === 0 ? null : `service-${i % 7}`,
  flag: i % 3 === 0,
  id: `id ${i % 190}`,
}));
const columns = new Set(['x', 'name', 'flag', 'id']);
const suite: Suite = parseSuite(
  JSON.stringify({
    name: 'rows',
    meta: { great_expectations_version: '1.24.1' },
    expectations: [
      ['expect_column_values_to_not_be_null', { column: 'x' }],
      ['expect_column_values_to_not_be_null', { column: 'x', mostly: 0.9 }],
      ['expect_column_values_to_be_null', { column: 'x', mostly: 0.01 }],
      ['expect_column_values_to_be_between', { column: 'x', min_value: -5, max_value: 60 }],
      ['expect_column_values_to_be_between', { column: 'x', min_value: -20, strict_min: true, mostly: 0.95 }],
      ['expect_column_values_to_be_in_set', { column: 'name', value_set: ['service-0', 'service-1', 'service-2'] }],
      ['expect_column_values_to_not_be_in_set', { column: 'name', value_set: ['service-6'] }],
      ['expect_column_values_to_match_regex', { column: 'name', regex: 'service-[0-5]$' }],
      ['expect_column_values_to_be_unique', { column: 'id' }],
      ['expect_column_mean_to_be_between', { column: 'x', min_value: 20, max_value: 40 }],
      ['expect_column_min_to_be_between', { column: 'x', min_value: -20, max_value: -20 }],
      ['expect_column_max_to_be_between', { column: 'x', max_value: 70 }],
      ['expect_column_stdev_to_be_between', { column: 'x', min_value: 20, max_value: 35 }],
      ['expect_table_row_count_to_be_between', { min_value: 100, max_value: 200 }],
      ['expect_column_to_exist', { column: 'flag' }],
      ['expect_column_to_exist', { column: 'missing' }],
    ].map(([type, kwargs]) => ({ type, kwargs, meta: {}, severity: 'critical' })),
  }),
  'suite.json',
);

test('counts what is unexpected, leaves nulls out, and accepts what mostly holds', () => {
  const { success, results } = validate(suite, columns, rows);
  expect(success).toBe(false);
  expect(results.map(({ success: passed, unexpected }) => [passed, unexpected])).toEqual([
    [false, 12],
    [true, 12],
    [true, 188],
    [false, expect.any(Number)],
    [true, expect.any(Number)],
    [false, expect.any(Number)],
    [false, expect.any(Number)],
    [false, expect.any(Number)],
    [false, 20],
    [true, undefined],
    [true, undefined],
    [false, undefined],
    [true, undefined],
    [true, undefined],
    [true, undefined],
    [false, undefined],
  ]);
  expect(results[3].missing).toBe(12);
  for (const at of results[3].rows) expect(Number(rows[at].x) < -5 || Number(rows[at].x) > 60).toBe(true);
});

test('a suite that is not understood whole is refused, with the place', () => {
  const parse = (expectation: object) => () =>
    parseSuite(JSON.stringify({ name: 's', expectations: [expectation] }), 's.json');
  expect(parse({ type: 'expect_moon', kwargs: {} })).toThrow(
    /s\.json: expectations\.0\.type: .*known are expect_column/,
  );
  expect(parse({ type: 'expect_column_to_exist', kwargs: { column: 'x', other: 1 } })).toThrow('expectations.0.kwargs');
  expect(parse({ type: 'expect_column_values_to_match_regex', kwargs: { column: 'x', regex: '(?<=a)b' } })).toThrow(
    'RE2',
  );
  expect(() => parseSuite('{', 's.json')).toThrow('s.json is no JSON');
});

test('stored rows are judged, and those that fail are written with the rule', async () => {
  const config = aConfig();
  const decisions = someDecisions(monday, 60);
  await writeDecisions(config, decisions);
  const { dir } = await exportFeatures(config);
  const own = parseSuite(
    JSON.stringify({
      name: 'windows',
      expectations: [
        { type: 'expect_column_values_to_be_between', kwargs: { column: 'volume', min_value: -100, max_value: 100 } },
        { type: 'expect_column_values_to_not_be_null', kwargs: { column: 'entity' } },
      ],
    }),
    'windows.json',
  );
  const { result, rows: stored } = await validateStored(dir, own, { view: 'windows' });
  const outside = decisions.filter(
    ({ key, schema, features }) => key === '' && schema === 'logs-1' && Math.abs(features[0]) > 100,
  );
  expect(result.results.map(({ unexpected }) => unexpected)).toEqual([outside.length, 0]);
  const path = join(dir, 'quarantine.jsonl');
  expect(await writeQuarantine(path, result, stored)).toBe(outside.length);
  const kept = readFileSync(path, 'utf8').trim().split('\n').filter(Boolean);
  expect(kept).toHaveLength(outside.length);
  for (const one of kept) expect(JSON.parse(one)).toMatchObject({ rule: own.expectations[0].type, column: 'volume' });
  await expect(validateStored(dir, own, { view: 'windows', from: '2030-01-01' })).rejects.toThrow('nothing is stored');
  rmSync(config.state.dir, { recursive: true });
});

/** A Python with great_expectations may be named; without one the test says so and passes. */
const python = process.env.TOCSIN_TEST_PYTHON ?? 'python3';
const script = `
import json, sys, warnings
warnings.filterwarnings('ignore')
try:
    import great_expectations as gx, pandas as pd
except ModuleNotFoundError:
    sys.exit(9)
context = gx.get_context(mode='ephemeral')
context.variables.progress_bars = {'globally': False}
frame = pd.read_parquet(sys.argv[1])
batch = context.data_sources.add_pandas('p').add_dataframe_asset('a').add_batch_definition_whole_dataframe('b').get_batch({'dataframe': frame})
spec = json.load(open(sys.argv[2]))
suite = gx.ExpectationSuite(name=spec['name'], expectations=spec['expectations'])
found = batch.validate(suite, result_format='SUMMARY')
def about(r):
    k = r.expectation_config.kwargs
    return [r.expectation_config.type, k.get('column'), k.get('mostly', 1), r.success, r.result.get('unexpected_count')]
print(json.dumps([about(r) for r in found.results]))`;
test('counts are those of Great Expectations on the same Parquet, where Python has it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-gx-'));
  const [parquet, json] = [join(folder, 'rows.parquet'), join(folder, 'suite.json')];
  const types = { x: 'DOUBLE', name: 'STRING', flag: 'BOOLEAN', id: 'STRING' } as const;
  writeFileSync(
    parquet,
    encodePart(
      Object.entries(types).map(([name, type]) => ({ name, type })),
      rows,
    ),
  );
  // The same expectation twice is one to Great Expectations.
  writeFileSync(json, JSON.stringify(suite));
  const child = spawn(python, ['-c', script, parquet, json], {
    env: { ...process.env, GX_ANALYTICS_ENABLED: 'false' },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  const code = await new Promise((resolve) => {
    child.on('close', resolve);
    child.on('error', () => resolve(9));
  });
  rmSync(folder, { recursive: true });
  if (code === 9) {
    process.stderr.write('great_expectations is not installed (TOCSIN_TEST_PYTHON names a Python): not compared\\n');
    return;
  }
  expect([code, code === 0 ? '' : err.slice(-3000)]).toEqual([0, '']);
  // Great Expectations gives its results by column.
  const inOrder = (results: readonly unknown[]): string[] => results.map((one) => JSON.stringify(one)).sort();
  const ours = validate(suite, columns, rows).results.map(({ expectation: { type, kwargs }, success, unexpected }) => [
    type,
    'column' in kwargs ? kwargs.column : null,
    'mostly' in kwargs ? (kwargs.mostly ?? 1) : 1,
    success,
    unexpected ?? null,
  ]);
  expect(inOrder(JSON.parse(out.trim().split('\n').at(-1)!) as unknown[])).toEqual(inOrder(ours));
});
