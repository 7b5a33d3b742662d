/** The ways to fill missing values, by name. */
import { Chained } from './chained.js';
import type { Imputer } from './imputer.js';
import { Nearest } from './nearest.js';
import { ByRule, fillRules, type FillRule } from './rules.js';

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
