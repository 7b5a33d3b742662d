import { concatMap, from, lastValueFrom, tap, toArray } from 'rxjs';
import { inPieces } from '../../operators/in-pieces.js';
import type { Batch } from '../../records/batch.js';

const batch = (...items: readonly number[]): Batch<number> => ({
  items,
  rejected: [{ reason: 'late', detail: '', source: 's', offset: items[0]! }],
  position: { source: 's', offset: items.at(-1)! },
});

test('a large batch leaves in pieces, in order, with its position and rejects in the last, and the loop turns between', async () => {
  let turns = 0;
  let counting = setImmediate(function count() {
    turns++;
    counting = setImmediate(count);
  });
  const seen: number[] = [];
  const begun: number[] = [];
  const left = await lastValueFrom(
    from([batch(1, 2, 3, 4, 5, 6, 7), batch(8), batch(9, 10, 11)]).pipe(
      inPieces({ size: 3, begins: () => begun.push(seen.length) }),
      tap(() => seen.push(turns)),
      toArray(),
    ),
  );
  clearImmediate(counting);
  expect(left.map(({ items, position, rejected }) => [items, position?.offset, rejected.length])).toEqual([
    [[1, 2, 3], undefined, 0],
    [[4, 5, 6], undefined, 0],
    [[7], 7, 1],
    [[8], 8, 1],
    [[9, 10, 11], 11, 1],
  ]);
  expect(begun).toEqual([0, 3, 4]);
  expect(seen[1]).toBeGreaterThan(seen[0]!);
  expect(seen[2]).toBeGreaterThan(seen[1]!);
});

test('pieces that nobody reads any more are not handed on', async () => {
  const seen: (readonly number[])[] = [];
  await new Promise<void>((resolve) => {
    const subscription = from([batch(1, 2, 3, 4)])
      .pipe(
        inPieces({ size: 1 }),
        concatMap((one) => [one]),
      )
      .subscribe(({ items }) => {
        seen.push(items);
        if (seen.length < 2) return;
        subscription.unsubscribe();
        setImmediate(() => setImmediate(resolve));
      });
  });
  expect(seen).toEqual([[1], [2]]);
});
