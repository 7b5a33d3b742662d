/** The two shapes that most operators have: a change of each batch, and a pipeline that is built when it is subscribed to. */
import { defer, map } from 'rxjs';
import type { Batch, Operator } from '../records/batch.js';

/** An operator that turns each batch into exactly one: `change` sees them in order. Operators are joined by rxjs `pipe`. */
export function mapBatch<A, B>(change: (batch: Batch<A>) => Batch<B>): Operator<A, B> {
  return map(change);
}

/**
 * Builds an operator anew for each subscription, so that its stores are opened and its memory begins when it is
 * subscribed to, and two subscriptions are two pipelines.
 *
 * @example
 * export const respond = (parts: RespondParts) => onSubscribe(() => pipe(deduplicate(parts.stores), group(parts.stores)));
 */
export function onSubscribe<A, B>(build: () => Operator<A, B>): Operator<A, B> {
  return (input) => defer(() => input.pipe(build()));
}
