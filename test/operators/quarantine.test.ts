import { logs1, series1 } from '../../models/features/schemas.js';
import { quarantine, type RowRule } from '../../operators/quarantine.js';
import type { Batch } from '../../records/batch.js';
import type { Featured } from '../../records/row.js';
import { lastValueFrom, of } from 'rxjs';
import { rowRules } from '../../training/validation/row-rules.js';
import { parseSuite } from '../../training/validation/suite.js';
import { boundary, featureRow, load, monday, shop } from '../builders/windows.js';

const rulesOf = (...expectations: [type: string, kwargs: object][]): RowRule[] =>
  rowRules(
    parseSuite(
      JSON.stringify({ name: 'rows', expectations: expectations.map(([type, kwargs]) => ({ type, kwargs })) }),
      's',
    ),
    's',
  );
const through = (items: readonly Featured[], rules: readonly RowRule[], leavesOut = false): Promise<Batch<Featured>> =>
  lastValueFrom(of({ items, rejected: [] }).pipe(quarantine('windows/0', { rules, leavesOut })));

const vector = new Float64Array(logs1.columns.length);
vector[logs1.columns.findIndex(({ name }) => name === 'volume')] = 12.1;
const row = featureRow(logs1, { vector, subject: { entity: shop.key, start: monday, end: monday + 300_000, key: '' } });
const quiet = featureRow(logs1);
const end = boundary(monday + 300_000);

test('a row that breaks rules is put aside once a rule, with its values, and goes on or is left out', async () => {
  const rules = rulesOf(
    ['expect_column_values_to_be_between', { column: 'volume', max_value: 10 }],
    ['expect_column_values_to_match_regex', { column: 'entity', regex: 'cart' }],
    ['expect_column_values_to_not_be_null', { column: 'volume' }],
    ['expect_column_to_exist', { column: 'volume' }],
  );
  const kept = await through([row, end], rules);
  expect(kept.items).toEqual([row, end]);
  expect(kept.rejected.map(({ reason, detail, source, offset }) => ({ reason, detail, source, offset }))).toEqual([
    {
      reason: 'quarantine',
      detail: `expect_column_values_to_be_between volume: ${shop.key} 2026-01-05T00:05:00.000Z`,
      source: 'windows/0',
      offset: monday + 300_000,
    },
    expect.objectContaining({ detail: expect.stringContaining('to_match_regex entity') as string }),
  ]);
  expect(JSON.parse(Buffer.from(kept.rejected[0]!.bytes!).toString())).toMatchObject({
    entity: shop.key,
    schema: 'logs-1',
    volume: Math.fround(12.1),
  });
  const left = await through([row, end], rules, true);
  expect(left.items).toEqual([end]);
  expect(left.rejected).toEqual(kept.rejected);
});

test('what breaks none, and what is of another schema than the rule, goes on as it is', async () => {
  const rules = rulesOf(['expect_column_values_to_be_between', { column: 'volume', min_value: -10, max_value: 10 }]);
  const items = [quiet, featureRow(series1, { subject: { ...row.subject, entity: load.key } }), end];
  const out = await through(items, rules, true);
  expect(out).toEqual({ items, rejected: [] });
});

test('a rule about a whole table, or about a column that no row has, is refused with its place', () => {
  expect(() => rulesOf(['expect_table_row_count_to_be_between', { min_value: 1 }])).toThrow(
    /expectations\.0: .*about a table/,
  );
  expect(() => rulesOf(['expect_column_values_to_be_unique', { column: 'entity' }])).toThrow('about a table');
  expect(() => rulesOf(['expect_column_values_to_not_be_null', { column: 'volumes' }])).toThrow(
    'no row has a column volumes',
  );
});
