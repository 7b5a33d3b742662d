import { from, lastValueFrom, pipe, toArray } from 'rxjs';
import type { Batch, Operator } from '../../records/batch.js';
import { mapBatch } from '../../operators/map-batch.js';

const batch = <T>(...items: T[]): Batch<T> => ({ items, rejected: [] });
const collect = <A, B>(operator: Operator<A, B>, batches: Batch<A>[]) =>
  lastValueFrom(operator(from(batches)).pipe(toArray()));

test('a pipe of operators hands what leaves one operator to the next', async () => {
  const double = mapBatch<number, number>((b) => ({ ...b, items: b.items.map((n) => 2 * n) }));
  const words = mapBatch<number, string>((b) => ({ ...b, items: b.items.map((n) => `<${n}>`) }));
  expect(await collect(pipe(double, double, words), [batch(1, 2), batch(3)])).toEqual([
    batch('<4>', '<8>'),
    batch('<12>'),
  ]);
  expect(await collect(pipe(), [batch(1)])).toEqual([batch(1)]);
});
