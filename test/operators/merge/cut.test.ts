/** Windows in which all input ended, or begins again: they say so, and what is missing there says nothing. */
import { lastValueFrom, of, pipe, toArray } from 'rxjs';
import { merge, mergeDefaults } from '../../../operators/merge.js';
import type { WindowsRecord } from '../../../records/windows.js';
import { logWindow, messages, minutes, monday, shop, TestStores } from '../../builders/windows.js';

type Untagged<T> = T extends unknown ? Omit<T, 'tag'> : never;

/** One source after the other. */
function records(all: readonly (readonly [string, Untagged<WindowsRecord>])[]): WindowsRecord[] {
  return all.map(([source, record], offset) =>
    record.type === 'sources'
      ? (record as WindowsRecord)
      : ({ ...record, tag: { source, incarnation: 1, epoch: 1, offset, n: 0 } } as WindowsRecord),
  );
}
const listed = (...sources: string[]) => ['', { type: 'sources', version: 1, sources }] as const;
const line = (source: string, at: number) =>
  [
    source,
    {
      type: 'log',
      entity: shop.key,
      pane: monday + at * minutes,
      settings: 1,
      capped: false,
      aggregate: logWindow(monday + (at + 1) * minutes, [{ masked: messages[0]!, second: 1 }], minutes).aggregate,
    },
  ] as const;
const mark = (source: string, kind: 'data' | 'end' | 'last', at: number) =>
  [source, { type: 'mark', kind, watermark: monday + at * minutes }] as const;

/** End, lines and flags of each window, minutes; a batch a list. */
async function windows(...batches: WindowsRecord[][]): Promise<string[]> {
  const stores = new TestStores();
  const sessions = { nextDue: () => undefined, quiet: () => 60 * minutes };
  const out: string[] = [];
  let offset = 0;
  for (const batch of batches) {
    // A task that begins again reads its stores.
    const operator = merge(stores, { ...mergeDefaults, shard: 'windows/0', sessions }, pipe());
    const items = batch.map((record) => ({ offset: offset++, record }));
    const outputs = await lastValueFrom(of({ items, rejected: [] }).pipe(operator, toArray()));
    for (const item of outputs.flatMap((output) => [...output.items]))
      if (item.type === 'log') out.push([(item.end - monday) / minutes, item.aggregate.lines, ...item.flags].join(' '));
  }
  return out;
}
const oneFile = (last: number) => [
  listed('a'),
  line('a', 0),
  line('a', 6),
  mark('a', 'data', 6),
  mark('a', 'last', last),
  mark('a', 'end', Math.floor(last) + 1),
];

test('the window that a file ended in is cut; one that it ended with is not', async () => {
  expect(await windows(records(oneFile(6.2)))).toEqual(['5 1', '10 1 cut']);
  expect(await windows(records(oneFile(9.2)))).toEqual(['5 1', '10 1 cut']);
  expect(await windows(records(oneFile(9.9)))).toEqual(['5 1', '10 1']);
});

test('it is the last of all sources that counts: one that ends before the others may have died', async () => {
  const all = [
    listed('a', 'b'),
    line('a', 0),
    mark('a', 'last', 0.1),
    mark('a', 'end', 1),
    line('b', 0),
    mark('b', 'data', 12),
    mark('b', 'last', 12.1),
    mark('b', 'end', 13),
  ];
  expect(await windows(records(all))).toEqual(['5 2', '10 0', '15 0 cut']);
});

test('where a source goes on later, what is between is cut, up to the window that it begins in', async () => {
  const first = oneFile(6.2);
  const then = [
    mark('a', 'data', 22),
    line('a', 22),
    mark('a', 'data', 23),
    line('a', 26),
    mark('a', 'data', 36),
    mark('a', 'last', 36.1),
    mark('a', 'end', 37),
  ];
  const all = records([...first, ...then]);
  const cut = ['5 1', '10 1 cut', '15 0 cut', '20 0 cut', '25 1 cut', '30 1', '35 0', '40 0 cut'];
  expect(await windows(all)).toEqual(cut);
  // However the log is cut into batches, with a restart behind each.
  for (let at = 1; at < all.length; at++) expect(await windows(all.slice(0, at), all.slice(at))).toEqual(cut);
  expect(await windows(...all.map((one) => [one]))).toEqual(cut);
});

test('a log that was written without the last times is read as before', async () => {
  const all = oneFile(6.2).filter(([, record]) => record.type !== 'mark' || record.kind !== 'last');
  expect(await windows(records(all))).toEqual(['5 1', '10 1']);
});
