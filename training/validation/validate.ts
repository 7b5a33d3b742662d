/** Judges rows by a suite. Counts are those of Great Expectations: nulls are left out, except where they are asked for. */
import type { Row, Value } from '../../connectors/parquet/part.js';
import { isWithin } from './bounds.js';
import { isExpectedBy } from './row-rules.js';
import type { Expectation, Suite } from './suite.js';

export interface ExpectationResult {
  readonly expectation: Expectation;
  readonly success: boolean;
  /** Rows, those without a value, and those with an unexpected one; of a statistic only what was observed. */
  readonly elements?: number;
  readonly missing?: number;
  readonly unexpected?: number;
  readonly observed?: number | null;
  /** Places of the unexpected rows. */
  readonly rows: readonly number[];
}

export interface ValidationResult {
  readonly suite: string;
  readonly success: boolean;
  readonly elements: number;
  readonly results: readonly ExpectationResult[];
}

/** @param columns of the table: an expectation on another one fails */
export function validate(suite: Suite, columns: ReadonlySet<string>, rows: readonly Row[]): ValidationResult {
  const results = suite.expectations.map((expectation) => check(expectation, columns, rows));
  return { suite: suite.name, success: results.every(({ success }) => success), elements: rows.length, results };
}

function check(expectation: Expectation, columns: ReadonlySet<string>, rows: readonly Row[]): ExpectationResult {
  const { type, kwargs } = expectation;
  if (type === 'expect_table_row_count_to_be_between')
    return { expectation, success: isWithin(rows.length, kwargs), observed: rows.length, rows: [] };
  const exists = columns.has(kwargs.column);
  if (type === 'expect_column_to_exist' || !exists) return { expectation, success: exists, rows: [] };
  const values = rows.map((row) => row[kwargs.column] ?? null);
  switch (type) {
    case 'expect_column_mean_to_be_between':
    case 'expect_column_min_to_be_between':
    case 'expect_column_max_to_be_between':
    case 'expect_column_stdev_to_be_between':
    case 'expect_column_median_to_be_between':
    case 'expect_column_unique_value_count_to_be_between': {
      const observed = statistic(type, values);
      return { expectation, success: observed !== null && isWithin(observed, kwargs), observed, rows: [] };
    }
    case 'expect_column_quantile_values_to_be_between':
      return distributed(expectation, sortedNumbers(values), kwargs.quantile_ranges);
    case 'expect_column_values_to_not_be_null':
    case 'expect_column_values_to_be_null':
      return counted(expectation, values, kwargs.mostly, isExpectedBy(expectation)!, true);
    case 'expect_column_values_to_be_between':
    case 'expect_column_values_to_be_in_set':
    case 'expect_column_values_to_not_be_in_set':
    case 'expect_column_values_to_match_regex':
      return counted(expectation, values, kwargs.mostly, isExpectedBy(expectation)!);
    case 'expect_column_values_to_be_unique': {
      const counts = new Map<Value, number>();
      for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
      return counted(expectation, values, kwargs.mostly, (value) => counts.get(value) === 1);
    }
  }
}

const sortedNumbers = (values: readonly Value[]): number[] =>
  values.filter((value) => typeof value === 'number').sort((a, b) => a - b);

/** The value that is nearest to each quantile must be in its range; the first one that is not is what was observed. */
function distributed(
  expectation: Expectation,
  sorted: readonly number[],
  {
    quantiles,
    value_ranges: ranges,
  }: { readonly quantiles: readonly number[]; readonly value_ranges: readonly (readonly (number | null)[])[] },
): ExpectationResult {
  const found = quantiles.map((quantile) => sorted[halfToEven(quantile * (sorted.length - 1))] ?? NaN);
  const wrong = found.findIndex((value, at) => {
    const [min_value, max_value] = ranges[at]!;
    return !isWithin(value, { min_value, max_value });
  });
  const observed = found[Math.max(0, wrong)]!;
  return { expectation, success: wrong < 0, observed: Number.isNaN(observed) ? null : observed, rows: [] };
}

/** As numpy rounds a place between two values. */
function halfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** @param nulls whether rows without a value are judged, too */
function counted(
  expectation: Expectation,
  values: readonly Value[],
  mostly = 1,
  isExpected: (value: Value) => boolean,
  nulls = false,
): ExpectationResult {
  const rows: number[] = [];
  let missing = 0;
  values.forEach((value, i) => {
    if (value === null) missing++;
    if ((nulls || value !== null) && !isExpected(value)) rows.push(i);
  });
  const judged = nulls ? values.length : values.length - missing;
  return {
    expectation,
    success: judged === 0 || (judged - rows.length) / judged >= mostly,
    elements: values.length,
    ...(nulls ? {} : { missing }),
    unexpected: rows.length,
    rows,
  };
}

function statistic(type: string, values: readonly Value[]): number | null {
  if (type.includes('_unique_')) return new Set(values.filter((value) => value !== null)).size;
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length === 0) return null;
  if (type.includes('_min_')) return numbers.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  if (type.includes('_max_')) return numbers.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  if (type.includes('_median_')) {
    const sorted = sortedNumbers(numbers);
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  }
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  if (type.includes('_mean_')) return mean;
  if (numbers.length < 2) return null;
  // Of a sample, as pandas has it.
  return Math.sqrt(numbers.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / (numbers.length - 1));
}
