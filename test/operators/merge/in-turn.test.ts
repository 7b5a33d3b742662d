/** Lists that go through an inner operator one at a time. */
import { concatMap, lastValueFrom, toArray } from 'rxjs';
import { InTurn, type Steps } from '../../../operators/merge/in-turn.js';
import type { Batch } from '../../../records/batch.js';

function* lists(...all: readonly (readonly number[])[]): Steps<number, number> {
  for (const through of all) yield { through };
}
const failing = (when: number): InTurn<number, number> =>
  new InTurn(
    'inner',
    concatMap(async (batch: Batch<number>) => {
      if (batch.items.includes(when)) throw new Error(`cannot take ${when}`);
      return batch;
    }),
  );

test('a list leaves before the next one enters', async () => {
  const out = await lastValueFrom(
    failing(9)
      .run(lists([1], [2, 3], []))
      .pipe(toArray()),
  );
  expect(out.map(({ items }) => items)).toEqual([[1], [2, 3], []]);
});

test.each([1, 2, 3])(
  'an inner operator that fails later, at list %i of three, ends the run with its error',
  async (when) => {
    await expect(lastValueFrom(failing(when).run(lists([1], [2], [3])))).rejects.toThrow(`cannot take ${when}`);
  },
);
