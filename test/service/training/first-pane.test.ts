import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SegmentLogReader } from '../../../connectors/segment-log/reader.js';
import { SegmentLogWriter } from '../../../connectors/segment-log/writer.js';
import { encodeWindowsRecord, type Tag, type WindowsRecord } from '../../../records/windows.js';
import { FirstPane } from '../../../service/training/first-pane.js';
import { load, monday } from '../../builders/windows.js';

const minute = 60_000;
const tag: Tag = { source: 'app/0', incarnation: 0, epoch: 1, offset: 0, n: 0 };
const mark = (watermark: number): WindowsRecord => ({ type: 'mark', tag, kind: 'idle', watermark });
const pane = (at: number): WindowsRecord => ({
  type: 'series',
  tag,
  entity: load.key,
  pane: at,
  settings: 1,
  capped: false,
  aggregate: { points: [[at, 1]] },
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-first-pane-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('marks of a quiet fleet are read once, and the first pane of any shard is found behind them', async () => {
  const writer = await SegmentLogWriter.open({ folder, shards: 2 });
  const log = await SegmentLogReader.open({ folder, writer });
  let read = 0;
  const reader = {
    range: (shard: number) => log.range(shard),
    wait: (shard: number, offset: number, timeoutMs: number) => log.wait(shard, offset, timeoutMs),
    close: () => log.close(),
    read: async (shard: number, offset: number, max: number) => {
      const records = await log.read(shard, offset, max);
      read += records.length;
      return records;
    },
  };
  const append = async (shard: number, ...records: readonly WindowsRecord[]): Promise<void> => {
    for (const record of records) writer.append(shard, '', encodeWindowsRecord(record));
    await writer.flush();
  };
  const first = new FirstPane(2);
  expect(await first.look(reader)).toBeUndefined();

  await append(0, ...Array.from({ length: 30_000 }, (_, i) => mark(monday + i)));
  // More than one look reads: it is found all the same.
  for (let looks = 0; looks < 3; looks++) expect(await first.look(reader)).toBeUndefined();
  expect(read).toBe(30_000);

  await append(0, pane(monday + 5 * minute), pane(monday));
  expect(await first.look(reader)).toBe(monday + 5 * minute);
  await append(1, mark(monday), pane(monday + 2 * minute));
  expect(await first.look(reader)).toBe(monday + 2 * minute);
  await reader.close();
  await writer.close();
});
