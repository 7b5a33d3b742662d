/** Suites of expectations on rows of the feature store. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { exportFeatures } from '../../../offline/features/export.js';
import { validateStored, writeQuarantine } from '../../../offline/validation/stored.js';
import { validationPage } from '../../../offline/validation/page.js';
import { parseSuite } from '../../../training/validation/suite.js';
import { validate } from '../../../training/validation/validate.js';
import { aConfig, monday, someDecisions, writeDecisions } from '../features/store.js';
import { columns, rows, suite } from './rows.js';

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
    [true, undefined],
    [false, undefined],
    [true, undefined],
    [false, undefined],
    [true, undefined],
    [true, undefined],
    [false, undefined],
  ]);
  const page = validationPage({ ...validate(suite, columns, rows), suite: '<b>' }, 'windows');
  expect(page).toContain('&#60;b&#62;: failed');
  expect(page.match(/<tr class="(ok|no)">/g)).toHaveLength(suite.expectations.length);
  expect(results[3]!.missing).toBe(12);
  for (const at of results[3]!.rows) expect(Number(rows[at]!.x) < -5 || Number(rows[at]!.x) > 60).toBe(true);
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
    ({ key, schema, features }) => key === '' && schema === 'logs-1' && Math.abs(features[0]!) > 100,
  );
  expect(result.results.map(({ unexpected }) => unexpected)).toEqual([outside.length, 0]);
  const path = join(dir, 'quarantine.jsonl');
  expect(await writeQuarantine(path, result, stored)).toBe(outside.length);
  const kept = readFileSync(path, 'utf8').trim().split('\n').filter(Boolean);
  expect(kept).toHaveLength(outside.length);
  for (const one of kept) expect(JSON.parse(one)).toMatchObject({ rule: own.expectations[0]!.type, column: 'volume' });
  await expect(validateStored(dir, own, { view: 'windows', from: '2030-01-01' })).rejects.toThrow('nothing is stored');
  rmSync(config.state.dir, { recursive: true });
});
