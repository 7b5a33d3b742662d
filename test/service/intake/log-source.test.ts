import { toldElsewhere } from '../../../service/intake/log-source.js';
import type { Batch } from '../../../records/batch.js';
import type { ChannelItem } from '../../../runtime/channel-source.js';

const at = (offset: number) => ({ source: 'alerts/0', offset });
const items = (from: number, to: number): ChannelItem<string>[] =>
  Array.from({ length: to - from }, (_, i) => ({ offset: from + i, record: `alert ${from + i}` }));

/** What is read from slices that end at these offsets: the offsets, whether they were told, and the position after. */
async function read(
  ends: readonly number[],
  told: number | undefined,
): Promise<(readonly [string, boolean, number])[]> {
  const slices = {
    async *open(): AsyncGenerator<Batch<ChannelItem<string>>> {
      for (const [i, end] of ends.entries()) {
        const rejected = [{ reason: 'undecodable', detail: '', source: 'alerts/0', offset: end - 1 }];
        yield await Promise.resolve({ items: items(ends[i - 1] ?? 0, end), rejected, position: at(end) });
      }
    },
  };
  const { source, isTold } = toldElsewhere(slices, async () => told);
  const seen: (readonly [string, boolean, number])[] = [];
  let rejected = 0;
  const never = new AbortController().signal;
  for await (const batch of source.open(undefined, { stop: never, drain: never })) {
    seen.push([batch.items.map(({ offset }) => offset).join(' '), isTold(), batch.position!.offset]);
    rejected += batch.rejected.length;
  }
  expect(isTold()).toBe(told !== undefined && told > ends[ends.length - 1]!);
  expect(rejected).toBe(ends.length);
  return seen;
}

test('what was told is told apart from what was not, and a slice with both is cut', async () => {
  expect((await read([2, 5, 7], 3)).filter(([offsets]) => offsets !== '')).toEqual([
    ['0 1', true, 2],
    ['2', true, 3],
    ['3 4', false, 5],
    ['5 6', false, 7],
  ]);
});

test.each([
  ['where nothing was told', undefined, [false, false]],
  ['where all was', 4, [true, true]],
  ['where more was than is there', 9, [true, true]],
])('%s', async (_, told, expected) => {
  const seen = (await read([2, 4], told)).filter(([offsets]) => offsets !== '');
  expect(seen.map(([offsets]) => offsets)).toEqual(['0 1', '2 3']);
  expect(seen.map(([, isTold]) => isTold)).toEqual(expected);
});
