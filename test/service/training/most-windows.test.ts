import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pipe } from 'rxjs';
import { SegmentLogReader } from '../../../connectors/segment-log/reader.js';
import { SegmentLogWriter } from '../../../connectors/segment-log/writer.js';
import { TopologyTestDriver } from '../../../lab/driver.js';
import { merge, mergeDefaults, type WindowsItem } from '../../../operators/merge.js';
import { entity } from '../../../records/entity.js';
import type { Closed } from '../../../records/window.js';
import { encodeWindowsRecord, type Tag, type WindowsRecord } from '../../../records/windows.js';
import { MostWindows } from '../../../service/training/most-windows.js';
import { load, logWindow, messages, minutes, monday } from '../../builders/windows.js';

const hour = 60 * minutes;
const day = 24 * hour;
const lengths = { ...mergeDefaults, silentFor: 3 * hour };
const { aggregate } = logWindow(monday, [{ masked: messages[0]! }]);
const common = { settings: 1, capped: false };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-most-windows-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const tags = (source = 'app/0'): (() => Tag) => {
  let offset = 0;
  return () => ({ source, incarnation: 1, epoch: 1, n: 0, offset: offset++ });
};

interface Line {
  /** Minutes since the line before. */
  readonly after: number;
  readonly of: 'shop' | 'cart' | 'series';
  readonly isMarked: boolean;
}

/** Lines as the `windows` log has them, those of each part in any order, and their marks. */
function recordsOf(lines: readonly Line[]): { records: WindowsRecord[]; end: number } {
  const tag = tags();
  const records: WindowsRecord[] = [{ type: 'sources', version: 1, sources: ['app/0'] }];
  let at = monday;
  let part: { readonly of: Line['of']; readonly pane: number }[] = [];
  const write = (): void => {
    for (const { of, pane } of part.reverse())
      records.push(
        of === 'series'
          ? { ...common, type: 'series', tag: tag(), entity: load.key, pane, aggregate: { points: [[pane, 1]] } }
          : { ...common, type: 'log', tag: tag(), entity: entity('service', { service: of }).key, pane, aggregate },
      );
    part = [];
  };
  for (const { after, of, isMarked } of lines) {
    at += after * minutes;
    part.push({ of, pane: at });
    if (!isMarked) continue;
    write();
    records.push({ type: 'mark', tag: tag(), kind: 'data', watermark: at });
  }
  write();
  const end = at + 2 * day;
  records.push({ type: 'mark', tag: tag(), kind: 'data', watermark: end });
  return { records, end };
}

async function windowsOf(records: readonly WindowsRecord[]): Promise<readonly number[]> {
  const sessions = { nextDue: () => undefined, quiet: () => hour };
  const driver = await TopologyTestDriver.open<WindowsItem, Closed>((stores) =>
    merge(stores, { ...lengths, shard: 'windows/0', sessions }, pipe()),
  );
  const closed = await driver.push(...records.map((record, offset) => ({ offset, record })));
  return closed.flatMap((item) => (item.type === 'log' || item.type === 'series' ? [item.end] : []));
}

async function logOf(shards: readonly (readonly WindowsRecord[])[]) {
  rmSync(folder, { recursive: true });
  const writer = await SegmentLogWriter.open({ folder, shards: shards.length });
  const log = await SegmentLogReader.open({ folder, writer });
  const append = async (shard: number, more: readonly WindowsRecord[]): Promise<void> => {
    for (const record of more) writer.append(shard, '', encodeWindowsRecord(record));
    await writer.flush();
  };
  for (const [shard, records] of shards.entries()) await append(shard, records);
  let read = 0;
  const reader = {
    range: (shard: number) => log.range(shard),
    wait: (shard: number, offset: number, timeoutMs: number) => log.wait(shard, offset, timeoutMs),
    close: () => log.close(),
    read: async (shard: number, offset: number, max: number) => {
      const page = await log.read(shard, offset, max);
      read += page.length;
      return page;
    },
  };
  const close = async (): Promise<void> => {
    await log.close();
    await writer.close();
  };
  return { reader, append, close, read: () => read };
}

const line: fc.Arbitrary<Line> = fc.record({
  after: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 3000 })),
  of: fc.constantFrom('shop', 'cart', 'series'),
  isMarked: fc.boolean(),
});

test('there are never more windows than it says that there can be', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 40 }), fc.nat(), fc.nat(), async (lines, a, b) => {
      const { records, end } = recordsOf(lines);
      const [from, to] = [monday + (a % (end - monday)), monday + (b % (end - monday))].sort((x, y) => x - y) as [
        number,
        number,
      ];
      const windows = (await windowsOf(records)).filter((each) => each > from && each <= to).length;
      const { reader, close } = await logOf([records]);
      const most = new MostWindows(1, lengths);
      expect(await most.canReach(windows, reader, from, to)).toBe(true);
      await close();
    }),
    { numRuns: 60 },
  );
});

test('few lines over months are not enough, and each record is read once', async () => {
  const lines = Array.from({ length: 30 }, () => ({ after: 10 * 24 * 60, of: 'shop' as const, isMarked: true }));
  const { records } = recordsOf(lines);
  const { reader, append, close, read } = await logOf([records, []]);
  const most = new MostWindows(2, lengths);
  const to = monday + 300 * day;
  // Ten days apart, each line has three hours of windows: some 111 in 28 days.
  expect(await most.canReach(200, reader, to - 28 * day, to)).toBe(false);
  expect(await most.canReach(90, reader, to - 28 * day, to)).toBe(true);
  expect(await most.canReach(200, reader, to - 28 * day, to + day)).toBe(false);
  expect(read()).toBe(records.length);

  const busy = recordsOf(
    Array.from({ length: 300 }, () => ({ after: 5, of: 'shop' as const, isMarked: true })),
  ).records;
  const now = busy.map((record) => ('pane' in record ? { ...record, pane: record.pane + 299 * day } : record));
  await append(1, now);
  expect(await most.canReach(200, reader, to - 28 * day, to + day)).toBe(true);
  await close();
});

test('a busy log is read only until it is enough', async () => {
  const { records } = recordsOf(
    Array.from({ length: 5000 }, () => ({ after: 5, of: 'shop' as const, isMarked: true })),
  );
  const { reader, close, read } = await logOf([records]);
  expect(await new MostWindows(1, lengths).canReach(100, reader, monday, monday + 20 * day)).toBe(true);
  expect(read()).toBeLessThan(records.length / 4);
  await close();
});

test('once somebody has set event time back nothing is ruled out', async () => {
  const { records } = recordsOf([{ after: 1, of: 'shop', isMarked: true }]);
  const reset: WindowsRecord = { type: 'mark', tag: tags('other/0')(), kind: 'reset', watermark: monday };
  const { reader, close } = await logOf([[...records, reset]]);
  expect(await new MostWindows(1, lengths).canReach(4000, reader, monday, monday + day)).toBe(true);
  await close();
});
