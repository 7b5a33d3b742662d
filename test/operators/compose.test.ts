import { concatMap, delay, from, lastValueFrom, of, toArray } from 'rxjs';
import type { Batch, Operator } from '../../records/batch.js';
import { compose, mapBatch } from '../../operators/compose.js';
import { eachBoundary } from '../../operators/each-boundary.js';

const batch = <T>(...items: T[]): Batch<T> => ({ items, rejected: [] });
const collect = <A, B>(operator: Operator<A, B>, batches: Batch<A>[]) =>
  lastValueFrom(operator(from(batches)).pipe(toArray()));

test('compose hands what leaves one operator to the next', async () => {
  const double = mapBatch<number, number>((b) => ({ ...b, items: b.items.map((n) => 2 * n) }));
  const words = mapBatch<number, string>((b) => ({ ...b, items: b.items.map((n) => `<${n}>`) }));
  expect(await collect(compose(double, double, words), [batch(1, 2), batch(3)])).toEqual([
    batch('<4>', '<8>'),
    batch('<12>'),
  ]);
  expect(await collect(compose<number>(), [batch(1)])).toEqual([batch(1)]);
});

test('eachBoundary finishes a batch, asynchronous stages included, before it starts the next', async () => {
  const seen: string[] = [];
  const early = mapBatch<number, number>((b) => {
    seen.push(`early ${b.items[0]}`);
    return b;
  });
  const late: Operator<number, number> = (input) =>
    input.pipe(
      concatMap((b) => of(b).pipe(delay(1))),
      mapBatch((b) => {
        seen.push(`late ${b.items[0]}`);
        return b;
      }),
    );
  await collect(eachBoundary(early, late), [batch(1), batch(2)]);
  expect(seen).toEqual(['early 1', 'late 1', 'early 2', 'late 2']);
});

test('eachBoundary hands on every batch that one batch becomes, in order', async () => {
  const split: Operator<number, number> = concatMap((b) => b.items.map((n) => batch(n)));
  expect(await collect(eachBoundary(split), [batch(1, 2), batch(3)])).toEqual([batch(1), batch(2), batch(3)]);
});
