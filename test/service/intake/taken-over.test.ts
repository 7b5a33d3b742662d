/** A source that another reader carries on without the state of the one before: each pane is written once, and whole. */
import fc from 'fast-check';
import { endOfSource, type SourceItem } from '../../../records/raw.js';
import { encodeWindowsRecord, type IngestRecord, type LogPartial } from '../../../records/windows.js';
import { takenOver, type WindowsLog } from '../../../service/intake/taken-over.js';
import { records, run } from '../../operators/ingest-run.js';

const start = Date.UTC(2026, 0, 5, 12);
/** Nothing is from the future: the clocks of the readers stand still for long. */
const parts = { incarnation: 0, future: 1e9 };

/** A log of shards, whole in memory. */
const logOf = (shards: readonly (readonly IngestRecord[])[]): WindowsLog => ({
  read: (shard, offset, max) =>
    Promise.resolve(
      shards[shard]!.slice(offset, offset + max).map((item, i) => ({
        offset: offset + i,
        value: Buffer.from(encodeWindowsRecord(item)),
      })),
    ),
  wait: () => Promise.resolve(false),
  range: (shard) => Promise.resolve({ first: 0, next: shards[shard]!.length }),
});

/** Lines that come in the order of their times, and readers whose clocks say something now and then. */
const history = fc
  .array(
    fc.record({
      step: fc.integer({ min: 0, max: 40_000 }),
      service: fc.constantFrom('cart', 'shop', 'pay'),
      clock: fc.oneof(
        { weight: 5, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.constantFrom<'live' | 'behind'>('live', 'behind') },
      ),
      behind: fc.nat(30_000),
    }),
    { minLength: 20, maxLength: 60 },
  )
  .map((steps) => {
    let now = start;
    return steps.map(({ step, service, clock, behind }) => {
      now += step;
      const text = JSON.stringify({ time: new Date(now).toISOString(), level: 'info', service, message: 'order done' });
      const control: SourceItem | undefined = clock && { type: clock, watermark: now + behind };
      return { line: { text, timestamp: now }, control };
    });
  });

const counted = (items: readonly IngestRecord[]): Map<string, number> => {
  const all = new Map<string, number>();
  for (const item of items.filter((each): each is LogPartial => each.type === 'log')) {
    const name = `${item.entity} ${item.pane}`;
    if (all.has(name)) throw new Error(`${name} was written twice`);
    all.set(name, item.aggregate.lines);
  }
  return all;
};

test('lines that were counted are not counted again, those that were open are, and tags go on', async () => {
  let resumptions = 0;
  await fc.assert(
    fc.asyncProperty(history, fc.nat(), fc.nat(), async (steps, place, from) => {
      const lines = records(steps.map(({ line }) => line));
      const all = lines.flatMap((line, i) => (steps[i]!.control ? [steps[i]!.control, line] : [line]));
      const cut = place % (all.length + 1);
      const before = await run([all.slice(0, cut)], parts);
      const resumed = await takenOver(logOf([before.items]), 1, 'logs/0', 0);
      const isCounted = before.items.some(({ type }) => type === 'log');
      if (!resumed) {
        expect(isCounted).toBe(false);
        return;
      }
      if (isCounted) resumptions++;
      // What it reads again begins before what was open, at any place; its clock says other things.
      const open = lines.findIndex((line) => line.type === undefined && line.timestamp >= resumed.watermark);
      const again = lines.slice(open < 0 ? lines.length : from % (open + 1));
      const after = await run([[resumed, ...again, endOfSource]], parts);
      const sum = counted([...before.items, ...after.items]);
      expect([...sum.values()].reduce((a, b) => a + b, 0)).toBe(lines.length);
      expect(sum).toEqual(new Map(counted((await run([[...lines, endOfSource]], parts)).items)));
      const last = Math.max(...before.items.map((item) => ('tag' in item ? item.tag.offset : 0)));
      for (const item of after.items) if ('tag' in item) expect(item.tag.offset).toBeGreaterThan(last);
      expect(after.rejected).toEqual([]);
    }),
    { numRuns: 40, endOnFailure: true },
  );
  expect(resumptions).toBeGreaterThan(20);
});

test('where a shard lacks the last mark, what it lacks is made again', async () => {
  const lines = records(
    Array.from({ length: 60 }, (_, i) => ({
      text: JSON.stringify({
        time: new Date(start + i * 10_000).toISOString(),
        service: 'cart',
        message: 'order done',
      }),
      timestamp: start + i * 10_000,
    })),
  );
  const { items } = await run([lines], parts);
  const marks = items.filter(({ type }) => type === 'mark');
  expect(marks.length).toBeGreaterThan(3);
  const short = items.slice(0, items.indexOf(marks.at(-1)!));
  const [whole, cut] = await Promise.all([
    takenOver(logOf([items, items]), 2, 'logs/0', 0),
    takenOver(logOf([items, short]), 2, 'logs/0', 0),
  ]);
  expect(cut!.watermark).toBeLessThan(whole!.watermark);
  expect(cut!.last).toBe(whole!.last);
  expect(await takenOver(logOf([items, []]), 2, 'logs/0', 0)).toBeUndefined();
  expect(await takenOver(logOf([items, items]), 2, 'logs/0', 1)).toBeUndefined();
});
