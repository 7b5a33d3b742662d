/** Joins operators into one, so that a topology reads top to bottom. */
import { map } from 'rxjs';
import type { Batch, Operator } from '../records/batch.js';

/**
 * Joins operators in the order in which they stand: what leaves one enters the next.
 *
 * @example
 * const chain = compose(decode(parts), sign(), aggregate(settings));
 */
export function compose<A>(): Operator<A, A>;
export function compose<A, B>(a: Operator<A, B>): Operator<A, B>;
export function compose<A, B, C>(a: Operator<A, B>, b: Operator<B, C>): Operator<A, C>;
export function compose<A, B, C, D>(a: Operator<A, B>, b: Operator<B, C>, c: Operator<C, D>): Operator<A, D>;
export function compose<A, B, C, D, E>(
  a: Operator<A, B>,
  b: Operator<B, C>,
  c: Operator<C, D>,
  d: Operator<D, E>,
): Operator<A, E>;
export function compose<A, B, C, D, E, F>(
  a: Operator<A, B>,
  b: Operator<B, C>,
  c: Operator<C, D>,
  d: Operator<D, E>,
  e: Operator<E, F>,
): Operator<A, F>;
export function compose<A, B, C, D, E, F, G>(
  a: Operator<A, B>,
  b: Operator<B, C>,
  c: Operator<C, D>,
  d: Operator<D, E>,
  e: Operator<E, F>,
  f: Operator<F, G>,
): Operator<A, G>;
export function compose<A, B, C, D, E, F, G, H>(
  a: Operator<A, B>,
  b: Operator<B, C>,
  c: Operator<C, D>,
  d: Operator<D, E>,
  e: Operator<E, F>,
  f: Operator<F, G>,
  g: Operator<G, H>,
): Operator<A, H>;
export function compose<A, B, C, D, E, F, G, H, I>(
  a: Operator<A, B>,
  b: Operator<B, C>,
  c: Operator<C, D>,
  d: Operator<D, E>,
  e: Operator<E, F>,
  f: Operator<F, G>,
  g: Operator<G, H>,
  h: Operator<H, I>,
): Operator<A, I>;
export function compose(...operators: Operator<unknown, unknown>[]): Operator<unknown, unknown> {
  return chain(operators);
}

/** As `compose`, for a list whose types have been checked elsewhere. */
export function chain(operators: readonly Operator<unknown, unknown>[]): Operator<unknown, unknown> {
  return (input) => operators.reduce((stream, operator) => operator(stream), input);
}

/** An operator that turns each batch into exactly one: `change` sees them in order. */
export function mapBatch<A, B>(change: (batch: Batch<A>) => Batch<B>): Operator<A, B> {
  return map(change);
}
