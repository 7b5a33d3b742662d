/**
 * A suite of expectations in the JSON form of Great Expectations 1.x, so that one file serves both. What is not known here is
 * refused: a suite that is checked by half says nothing.
 */
import { RE2JS } from 're2js';
import { z } from 'zod';
import { StartError } from '../../runtime/start-error.js';

const mostly = z.number().min(0).max(1).optional();
/** A number, or a time in ISO 8601: of a column of times a bound is how fresh it must be. */
const bound = z.union([z.number(), z.iso.datetime({ offset: true })]).nullish();
const bounds = {
  min_value: bound,
  max_value: bound,
  strict_min: z.boolean().optional(),
  strict_max: z.boolean().optional(),
};
const column = z.string().min(1);
const value = z.union([z.string(), z.number(), z.boolean()]);
/** What both forms may carry and neither judges by. */
const carried = {
  id: z.string().optional(),
  meta: z.unknown().optional(),
  notes: z.unknown().optional(),
  severity: z.string().optional(),
};
const of = <T extends string, K extends z.ZodRawShape>(type: T, kwargs: K) =>
  z.strictObject({ type: z.literal(type), kwargs: z.strictObject(kwargs), ...carried });

const expectation = z.discriminatedUnion('type', [
  of('expect_column_to_exist', { column }),
  of('expect_column_values_to_not_be_null', { column, mostly }),
  of('expect_column_values_to_be_null', { column, mostly }),
  of('expect_column_values_to_be_between', { column, mostly, ...bounds }),
  of('expect_column_values_to_be_in_set', { column, mostly, value_set: z.array(value) }),
  of('expect_column_values_to_not_be_in_set', { column, mostly, value_set: z.array(value) }),
  of('expect_column_values_to_match_regex', { column, mostly, regex: z.string() }),
  of('expect_column_values_to_be_unique', { column, mostly }),
  of('expect_column_mean_to_be_between', { column, ...bounds }),
  of('expect_column_min_to_be_between', { column, ...bounds }),
  of('expect_column_max_to_be_between', { column, ...bounds }),
  of('expect_column_stdev_to_be_between', { column, ...bounds }),
  of('expect_column_median_to_be_between', { column, ...bounds }),
  of('expect_column_unique_value_count_to_be_between', { column, ...bounds }),
  of('expect_column_quantile_values_to_be_between', {
    column,
    quantile_ranges: z
      .strictObject({
        quantiles: z.array(z.number().min(0).max(1)).min(1),
        value_ranges: z.array(z.tuple([z.number().nullable(), z.number().nullable()])),
      })
      .refine(({ quantiles, value_ranges: ranges }) => quantiles.length === ranges.length, 'needs a range a quantile'),
  }),
  of('expect_table_row_count_to_be_between', { min_value: z.number().nullish(), max_value: z.number().nullish() }),
]);
export type Expectation = z.infer<typeof expectation>;
export interface Suite {
  readonly name: string;
  readonly expectations: readonly Expectation[];
}

const suite = z.object({ name: z.string(), expectations: z.array(expectation).min(1) });

/** @throws StartError naming the place of what is wrong */
export function parseSuite(text: string, path: string): Suite {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new StartError(`${path} is no JSON: ${(error as Error).message}`);
  }
  const read = suite.safeParse(json);
  if (!read.success) {
    const { path: at, message } = read.error.issues[0]!;
    const types = expectation.options.map((one) => one.shape.type.value).join(', ');
    const hint = at.at(-1) === 'type' ? `; known are ${types}` : '';
    throw new StartError(`${path}: ${at.join('.') || 'the suite'}: ${message}${hint}`);
  }
  for (const { type, kwargs } of read.data.expectations)
    if (type === 'expect_column_values_to_match_regex')
      try {
        RE2JS.compile(kwargs.regex);
      } catch (error) {
        throw new StartError(
          `${path}: the pattern ${kwargs.regex} is not of the RE2 syntax: ${(error as Error).message}`,
        );
      }
  return read.data;
}
