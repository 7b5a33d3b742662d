/** Rows with nulls, repeats and outliers, and a suite of every kind of expectation. */
import type { Row } from '../../../connectors/parquet/part.js';
import { parseSuite, type Suite } from '../../../training/validation/suite.js';

export const rows: Row[] = Array.from({ length: 200 }, (_, i) => ({
  x: i % 17 === 0 ? null : ((i * 37) % 101) - 20,
  name: i % 31 === 0 ? null : `service-${i % 7}`,
  flag: i % 3 === 0,
  id: `id ${i % 190}`,
  at: Date.UTC(2026, 0, 5) + i * 60_000,
}));
export const columns = new Set(['x', 'name', 'flag', 'id', 'at']);
export const suite: Suite = parseSuite(
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
      ['expect_column_median_to_be_between', { column: 'x', min_value: 25, max_value: 35 }],
      ['expect_column_unique_value_count_to_be_between', { column: 'name', min_value: 7, max_value: 7 }],
      ['expect_column_max_to_be_between', { column: 'at', min_value: '2026-01-05T00:00:00Z' }],
      ['expect_column_min_to_be_between', { column: 'at', min_value: '2026-01-05T00:00:00Z', strict_min: true }],
      [
        'expect_column_quantile_values_to_be_between',
        {
          column: 'x',
          quantile_ranges: {
            quantiles: [0.05, 0.5, 0.95],
            value_ranges: [
              [null, -10],
              [25, 35],
              [70, 80],
            ],
          },
        },
      ],
      [
        'expect_column_quantile_values_to_be_between',
        {
          column: 'x',
          quantile_ranges: {
            quantiles: [0.5, 0.95],
            value_ranges: [
              [25, 35],
              [null, 60],
            ],
          },
        },
      ],
      ['expect_table_row_count_to_be_between', { min_value: 100, max_value: 200 }],
      ['expect_column_to_exist', { column: 'flag' }],
      ['expect_column_to_exist', { column: 'missing' }],
    ].map(([type, kwargs]) => ({ type, kwargs, meta: {}, severity: 'critical' })),
  }),
  'suite.json',
);
