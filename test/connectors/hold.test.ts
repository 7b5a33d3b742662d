import { Hold } from '../../connectors/hold.js';

const minute = 60_000;

/** A source looked at once a minute that may hold the others back for ten; gives the minutes at which it is stalled. */
async function watched(
  minutes: number,
  at: (minute: number) => { position: number; end: number | undefined; behind: boolean },
): Promise<number[]> {
  let now = 0;
  const hold = new Hold({ afterMs: 10 * minute, isBehind: () => at(now).behind }, async () => at(now).end);
  const stalled: number[] = [];
  // The interval of looks is an eighth of what it may hold: two minutes here.
  for (now = 0; now < minutes; now++) if (await hold.isStalled(now * minute, at(now).position)) stalled.push(now);
  return stalled;
}

test('a source whose brokers say nothing and give nothing is stalled, and it is said again as long as it lasts', async () => {
  const stalled = await watched(40, () => ({ position: 7, end: undefined, behind: true }));
  expect(stalled).toEqual([10, 20, 30]);
});

test('records that are there and do not come: stalled; none there: idle, not stalled', async () => {
  expect(await watched(15, () => ({ position: 7, end: 9, behind: true }))).toEqual([10]);
  expect(await watched(60, () => ({ position: 7, end: 7, behind: true }))).toEqual([]);
});

test('one that reads through what was there when it fell behind is not stalled, however long it takes', async () => {
  // A backlog of 600 records at 10 a minute, while 2 a minute are written.
  const stalled = await watched(59, (at) => ({ position: 10 * at, end: 600 + 2 * at, behind: true }));
  expect(stalled).toEqual([]);
});

test('one that has read all of it and is behind still has late producers: stalled', async () => {
  const stalled = await watched(25, (at) => ({ position: 10 * at, end: 20 + 10 * at, behind: true }));
  expect(stalled).toEqual([10, 20]);
});

test('one that holds nobody back is never stalled, and the time begins anew when it falls behind again', async () => {
  expect(await watched(60, () => ({ position: 7, end: undefined, behind: false }))).toEqual([]);
  const stalled = await watched(19, (at) => ({ position: 10 * at, end: 10 * at, behind: at < 8 || at > 9 }));
  expect(stalled).toEqual([]);
});
