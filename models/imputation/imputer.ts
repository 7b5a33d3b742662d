/** Fills the missing values of a set of metrics, row by row: what is filled follows from earlier rows alone. */
import { Chained } from './chained.js';
import { Nearest } from './nearest.js';
import { ByRule, fillRules, type FillRule } from './rules.js';

/** Fills gaps, in the order of time. */
export interface Imputer {
  /**
   * The row without gaps; the row as it came is learnt then.
   *
   * @param row a value a column, NaN where it is missing
   * @returns NaN where nothing is known of a column yet
   */
  fill(row: readonly number[]): number[];
}

/** Names of all ways to fill a gap. */
export const fillMethods = [...fillRules, 'knn', 'mice'] as const;
/** One of `fillMethods`. */
export type FillMethod = (typeof fillMethods)[number];

const isRule = (method: FillMethod): method is FillRule => (fillRules as readonly string[]).includes(method);

/**
 * An imputer that has seen nothing.
 *
 * @param columns values of a row
 */
export function createImputer(method: FillMethod, columns: number): Imputer {
  if (isRule(method)) return new ByRule(method, columns);
  return method === 'knn' ? new Nearest(columns) : new Chained(columns);
}
