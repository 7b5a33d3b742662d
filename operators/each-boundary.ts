/** Runs a whole chain on one batch before the next one is looked at. */
import { concatMap, of } from 'rxjs';
import type { Operator } from '../records/batch.js';
import { chain, type compose } from './compose.js';

/**
 * Depth first: each batch passes every operator of the chain, waits of asynchronous ones included, before the next
 * batch enters the first. So what a late stage puts into a store at one boundary is there when an early stage handles
 * the next boundary, however many batches were waiting. The operators are subscribed to anew for each batch: state
 * lives in stores, never in a subscription.
 *
 * @example
 * eachBoundary(featurise(parts), score(ensemble), calibrate(parts), select(parts))
 */
export const eachBoundary: typeof compose = (
  ...operators: Operator<unknown, unknown>[]
): Operator<unknown, unknown> => {
  const whole = chain(operators);
  return (input) => input.pipe(concatMap((batch) => whole(of(batch))));
};
