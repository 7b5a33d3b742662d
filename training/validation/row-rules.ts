/** The expectations of a suite that judge a row by itself, as rules: of stored rows and of those in the stream alike. */
import { RE2JS } from 're2js';
import { schemas } from '../../models/features/schemas.js';
import { rowColumns, type RowRule } from '../../operators/quarantine.js';
import { StartError } from '../../runtime/start-error.js';
import { isWithin } from './bounds.js';
import type { Expectation, Suite } from './suite.js';

/** What a value must be; undefined for an expectation that is about a whole table. A null is expected but by those about nulls. */
export function isExpectedBy({ type, kwargs }: Expectation): ((value: unknown) => boolean) | undefined {
  const orNull =
    (isExpected: (value: unknown) => boolean) =>
    (value: unknown): boolean =>
      value === null || isExpected(value);
  switch (type) {
    case 'expect_column_values_to_not_be_null':
      return (value) => value !== null;
    case 'expect_column_values_to_be_null':
      return (value) => value === null;
    case 'expect_column_values_to_be_between':
      return orNull((value) => typeof value === 'number' && isWithin(value, kwargs));
    case 'expect_column_values_to_be_in_set': {
      const set = new Set<unknown>(kwargs.value_set);
      return orNull((value) => set.has(value));
    }
    case 'expect_column_values_to_not_be_in_set': {
      const set = new Set<unknown>(kwargs.value_set);
      return orNull((value) => !set.has(value));
    }
    case 'expect_column_values_to_match_regex': {
      const pattern = RE2JS.compile(kwargs.regex);
      return orNull((value) => pattern.matcher(String(value)).find());
    }
    default:
      return undefined;
  }
}

/**
 * The rules of a suite for the stream. A share of rows that may break one (`mostly`) is about a table: here each that does is named.
 *
 * @throws StartError where an expectation is about a whole table, or about a column that no row has
 */
export function rowRules({ expectations }: Suite, path: string): RowRule[] {
  const known = new Set<string>([
    ...rowColumns,
    ...[...schemas.values()].flatMap(({ columns }) => columns.map(({ name }) => name)),
  ]);
  return expectations.flatMap((expectation, i): RowRule[] => {
    const { type, kwargs, id } = expectation;
    const column = 'column' in kwargs ? kwargs.column : '';
    if (column !== '' && !known.has(column))
      throw new StartError(`${path}: expectations.${i}: no row has a column ${column}: docs/features.md lists them`);
    if (type === 'expect_column_to_exist') return [];
    const isExpected = isExpectedBy(expectation);
    if (!isExpected)
      throw new StartError(
        `${path}: expectations.${i}: ${type} is about a table, and the stream judges a row at a time: keep it in a suite for tocsin features validate`,
      );
    const name = [type, column, ...(id === undefined ? [] : [`(${id.replaceAll(': ', ':')})`])].join(' ');
    return [{ name, column, isExpected }];
  });
}
