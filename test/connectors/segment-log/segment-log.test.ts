import {
  appendFile,
  mkdtemp,
  open,
  readFile,
  readdir,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, tableCrc32 } from '../../../connectors/segment-log/crc32.js';
import { FrameBuffer } from '../../../connectors/segment-log/frame.js';
import { segmentPath } from '../../../connectors/segment-log/folder.js';
import { SegmentLogReader } from '../../../connectors/segment-log/reader.js';
import { SegmentLogWriter, type SegmentLogOptions } from '../../../connectors/segment-log/writer.js';
import { channelConformance } from '../../conformance/channel.js';

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'tocsin-segments-'));

for (const inProcess of [true, false]) {
  channelConformance(`segment log, reader ${inProcess ? 'in the same process' : 'as in another process'}`, {
    patienceMs: 2000,
    async create(shards) {
      const folder = await newFolder();
      let writer: SegmentLogWriter | undefined;
      await SegmentLogWriter.open({ folder, shards }).then((made) => made.close());
      return {
        shards,
        writer: async () => (writer = await SegmentLogWriter.open({ folder, shards, segmentBytes: 2000 })),
        reader: () => SegmentLogReader.open({ folder, writer: inProcess ? writer : undefined }),
        destroy: () => rm(folder, { recursive: true }),
      };
    },
  });
}

describe('a segment log', () => {
  let folder: string;
  let warnings: string[];
  const shardDir = (): string => join(folder, '0');
  const segment = (base = 0): string => segmentPath(shardDir(), base);
  const openLog = (options: Partial<SegmentLogOptions> = {}): Promise<SegmentLogWriter> =>
    SegmentLogWriter.open({ folder, shards: 1, warn: (message) => void warnings.push(message), ...options });

  /** Writes records `from` to `to - 1`, one flush each, and closes. */
  async function write(from: number, to: number, options: Partial<SegmentLogOptions> = {}): Promise<void> {
    const writer = await openLog(options);
    for (let i = from; i < to; i++) {
      writer.append(0, '', Buffer.from(`value ${i}`));
      await writer.flush();
    }
    await writer.close();
  }

  async function readAll(from = 0): Promise<string[]> {
    const reader = await SegmentLogReader.open({ folder });
    try {
      const all: string[] = [];
      for (let at = from; ;) {
        const records = await reader.read(0, at, 100);
        if (records.length === 0) return all;
        all.push(...records.map(({ value }) => Buffer.from(value).toString()));
        at = records.at(-1)!.offset + 1;
      }
    } finally {
      await reader.close();
    }
  }
  const numbered = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, i) => `value ${from + i}`);

  beforeEach(async () => {
    folder = await newFolder();
    warnings = [];
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('keeps its number of shards for life', async () => {
    await write(0, 1);
    await expect(openLog({ shards: 2 })).rejects.toThrow(
      /has 1 shards and the configuration says 2.*channels.shards to 1/,
    );
    await expect(SegmentLogReader.open({ folder, shards: 2 })).rejects.toThrow(/has 1 shards and 2 were expected/);
    await write(1, 2);
    expect(await readAll()).toEqual(numbered(0, 2));
  });

  test('has one writer; a lock that a dead process left is taken over', async () => {
    const first = await openLog();
    await expect(openLog()).rejects.toThrow(`is being written by process ${process.pid} (this one)`);
    await first.close();
    await writeFile(join(folder, 'writer.lock'), '999999999 123\n');
    await write(0, 1);
    await writeFile(join(folder, 'writer.lock'), `${process.ppid} \n`);
    await expect(openLog()).rejects.toThrow(`is being written by process ${process.ppid}: stop it`);
  });

  test('cuts off a torn tail, says so, and goes on', async () => {
    await write(0, 3);
    await appendFile(segment(), (await readFile(segment())).subarray(0, 20));
    expect(await readAll()).toEqual(numbered(0, 3));
    await write(3, 5);
    expect(warnings).toEqual([expect.stringMatching(/cut 20 bytes at byte 69 that were never acknowledged/)]);
    expect(await readAll()).toEqual(numbered(0, 5));
  });

  test('cuts off a torn tail of zeros', async () => {
    await write(0, 3);
    await appendFile(segment(), Buffer.alloc(5000));
    await write(3, 4);
    expect(warnings).toHaveLength(1);
    expect(await readAll()).toEqual(numbered(0, 4));
  });

  test('keeps intact records beyond the last flush', async () => {
    await write(0, 3);
    const before = await readFile(join(shardDir(), 'end'));
    await write(3, 5);
    await writeFile(join(shardDir(), 'end'), before);
    expect(await readAll()).toEqual(numbered(0, 3));
    await write(5, 6);
    expect(warnings).toEqual([]);
    expect(await readAll()).toEqual(numbered(0, 6));
  });

  test('a reader forgets what it saw beyond the end: it may have been cut off and written anew', async () => {
    await write(0, 3);
    const reader = await SegmentLogReader.open({ folder });
    const acknowledged = await readFile(segment());
    const frames = new FrameBuffer();
    frames.add(3, '', Buffer.from('never acknowledged'));
    await appendFile(segment(), frames.bytes);
    expect((await reader.read(0, 0, 10)).length).toBe(3);
    await truncate(segment(), acknowledged.length);
    await write(3, 4);
    const record = (await reader.read(0, 3, 10))[0]!;
    expect(Buffer.from(record.value).toString()).toBe('value 3');
    await reader.close();
  });

  test('refuses to start where acknowledged records are gone, with file and byte', async () => {
    await write(0, 3);
    await truncate(segment(), 50);
    await expect(openLog()).rejects.toThrow(
      `segment ${segment()} is damaged at byte 46: the record is cut, and records 2 to 2 were acknowledged`,
    );
    await rm(segment());
    await expect(openLog()).rejects.toThrow('records 0 to 2 were acknowledged');
  });

  test('refuses damage in the middle, to writers and readers, with file and byte', async () => {
    await write(0, 100);
    const file = await open(segment(), 'r+');
    await file.write(Buffer.from('!'), 0, 1, 40);
    await file.close();
    await expect(readAll()).rejects.toThrow(`segment ${segment()} is damaged at byte 23`);
    await expect(openLog()).rejects.toThrow(`segment ${segment()} is damaged at byte 23`);
    await rm(join(shardDir(), 'end'));
    await expect(openLog()).rejects.toThrow(/damaged at byte 23: .* an intact record follows at byte 46/);
  });

  test('serves what lies before the damage', async () => {
    await write(0, 5);
    const file = await open(segment(), 'r+');
    await file.write(Buffer.from('!'), 0, 1, 80);
    await file.close();
    const reader = await SegmentLogReader.open({ folder });
    expect((await reader.read(0, 0, 3)).length).toBe(3);
    await expect(reader.read(0, 3, 1)).rejects.toThrow('damaged at byte 69');
    await reader.close();
  });

  test('rolls to new segments and reads across them from anywhere', async () => {
    await write(0, 100, { segmentBytes: 100 });
    expect((await readdir(shardDir())).length).toBeGreaterThan(10);
    expect(await readAll()).toEqual(numbered(0, 100));
    for (const from of [1, 50, 99]) expect(await readAll(from)).toEqual(numbered(from, 100));
  });

  test('says which file is missing in the middle', async () => {
    await write(0, 100, { segmentBytes: 100 });
    const names = (await readdir(shardDir())).filter((name) => name.endsWith('.log'));
    await rm(join(shardDir(), names[2]!));
    await expect(readAll()).rejects.toThrow(
      /damaged at byte \d+: the file ends, and record \d+ is in no other segment/,
    );
  });

  test('deletes whole old segments by size, and says what is gone', async () => {
    await write(0, 100, { segmentBytes: 100, retention: { bytes: 500 } });
    const writer = await openLog({ segmentBytes: 100, retention: { bytes: 500 } });
    await writer.close();
    const reader = await SegmentLogReader.open({ folder });
    const { first, next } = await reader.range(0);
    expect([first > 50 && first < 100, next]).toEqual([true, 100]);
    expect((await reader.read(0, 0, 1))[0]!.offset).toBe(first);
    await expect(reader.read(0, 7, 1)).rejects.toThrow(`records 7 to ${first - 1} were deleted by retention`);
    await reader.close();
    expect(await readAll()).toEqual(numbered(first, 100));
  });

  test('deletes whole old segments by age, never the last one', async () => {
    await write(0, 50, { segmentBytes: 100 });
    const names = (await readdir(shardDir())).filter((name) => name.endsWith('.log'));
    const old = new Date(Date.now() - 10 * 86_400_000);
    for (const name of names) await utimes(join(shardDir(), name), old, old);
    await (await openLog({ segmentBytes: 100, retention: { ms: 9 * 86_400_000 } })).close();
    expect((await readdir(shardDir())).filter((name) => name.endsWith('.log'))).toEqual(names.slice(-1));
    await write(50, 51, { retention: { ms: 9 * 86_400_000 } });
    expect((await readAll()).at(-1)).toBe('value 50');
  });

  test('a position beyond the end tells that state and log do not belong together', async () => {
    await write(0, 3);
    await expect(readAll(9)).rejects.toThrow(
      /ends at offset 3 and 9 was asked for: the position belongs to another log/,
    );
  });

  const linux = process.platform === 'linux' ? test : test.skip;
  linux('on a full disk rejects with what to do, and nothing half written is visible', async () => {
    await write(0, 3);
    const writer = await openLog({ segmentBytes: 10 });
    // The next segment lies on a device that is always full.
    await symlink('/dev/full', segment(3));
    writer.append(0, '', Buffer.from('value 3'));
    await expect(writer.flush()).rejects.toThrow(/ENOSPC.*Free disk space.*nothing that was acknowledged is lost/);
    expect(() => writer.append(0, '', Buffer.from('value 4'))).toThrow(/ENOSPC/);
    await expect(writer.flush()).rejects.toThrow(/ENOSPC/);
    await writer.close();
    expect(await readAll()).toEqual(numbered(0, 3));
    await rm(segment(3));
    await write(3, 5);
    expect(await readAll()).toEqual(numbered(0, 5));
  });

  test('reads a hundred thousand small records in one piece', async () => {
    const writer = await openLog();
    const value = Buffer.alloc(40, 'x');
    const count = 100_000;
    for (let i = 0; i < count; i++) writer.append(0, 'checkout', value);
    await writer.close();
    const reader = await SegmentLogReader.open({ folder });
    let at = 0;
    while (at < count) {
      const records = await reader.read(0, at, 1000);
      expect(records[0]!.offset).toBe(at);
      at += records.length;
    }
    expect(at).toBe(count);
    await reader.close();
  });
});

test('both ways to compute a checksum agree', () => {
  for (const text of ['', 'a', '123456789', 'é'.repeat(5000)]) {
    expect(tableCrc32(Buffer.from(text))).toBe(crc32(Buffer.from(text)));
  }
  expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
});
