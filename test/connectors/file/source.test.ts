import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import {
  fileIncarnation,
  fileSource,
  fileSourceName,
  type FileSourceOptions,
} from '../../../connectors/file/source.js';
import { LineCutter } from '../../../connectors/file/lines.js';
import type { Batch, Rejected } from '../../../records/batch.js';
import type { RawRecord } from '../../../records/raw.js';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const written = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

interface Read {
  readonly lines: [number, string][];
  readonly rejected: Rejected[];
  readonly positions: number[];
}
const take = (read: Read, batch: Batch<RawRecord>): void => {
  for (const { bytes, start, end, offset } of batch.items) {
    read.lines.push([offset, Buffer.from(bytes.subarray(start, end)).toString('latin1')]);
  }
  read.rejected.push(...batch.rejected);
  read.positions.push(batch.position!.offset);
};
async function readAll(options: FileSourceOptions): Promise<Read> {
  const read: Read = { lines: [], rejected: [], positions: [] };
  for await (const batch of fileSource(options)) take(read, batch);
  return read;
}

test('lines end with \\n or \\r\\n, the last one needs neither; offsets are those of the first bytes', async () => {
  const path = written('a.log', 'one\r\n\ntwo\nthree');
  const { lines, positions, rejected } = await readAll({ path });
  expect(lines).toEqual([
    [0, 'one'],
    [5, ''],
    [6, 'two'],
    [10, 'three'],
  ]);
  expect(positions.at(-1)).toBe(15);
  expect(rejected).toEqual([]);
});

test('a record tells where it comes from', async () => {
  const path = written('cart.log', 'x\n');
  for await (const { items, position } of fileSource({ path })) {
    for (const item of items) expect(item).toMatchObject({ topic: 'cart', timestamp: -1, offset: 0 });
    expect(position?.source).toBe('file:cart.log');
  }
  expect(fileSourceName('-')).toBe('file:stdin');
});

test('an empty file has no line', async () => {
  expect((await readAll({ path: written('empty.log', '') })).lines).toEqual([]);
});

const content = fc
  .array(fc.tuple(fc.stringMatching(/^[ -~]{0,30}$/), fc.constantFrom('\n', '\r\n')), { maxLength: 40 })
  .chain((lines) =>
    fc.stringMatching(/^[ -~]{0,5}$/).map((tail) => lines.map((line) => line.join('')).join('') + tail),
  );

test('plain, gzip and standard input give the same lines for any size of slice', async () => {
  let batches = 0;
  await fc.assert(
    fc.asyncProperty(content, fc.integer({ min: 1, max: 64 }), async (text, slice) => {
      const whole = await readAll({ path: written('p.log', text) });
      const cut = await readAll({ path: written('p.log', text), slice });
      const gzip = await readAll({ path: written('p.log.gz', gzipSync(text)), slice });
      const pieces = text.match(/[^]{1,7}/g) ?? [];
      const input = await readAll({
        path: '-',
        slice,
        stdin: (async function* () {
          for (const piece of pieces) yield Buffer.from(piece);
        })(),
      });
      expect(cut.lines).toEqual(whole.lines);
      expect(gzip.lines).toEqual(whole.lines);
      expect(input.lines).toEqual(whole.lines);
      expect(whole.lines.map(([, line]) => line)).toEqual(
        text
          .split('\n')
          .map((line) => line.replace(/\r$/, ''))
          .slice(0, text.endsWith('\n') || text === '' ? -1 : undefined),
      );
      expect(cut.positions.at(-1)).toBe(text.length);
      batches += cut.positions.length;
    }),
    { numRuns: 60 },
  );
  expect(batches).toBeGreaterThan(200);
});

test('standard input that stays quiet is left when it is told to stop; an unfinished line is not taken for a line', async () => {
  const stop = new AbortController();
  const stdin = (async function* () {
    yield Buffer.from('whole\nhal');
    await new Promise(() => undefined);
  })();
  const seen: string[] = [];
  for await (const { items } of fileSource({ path: '-', stdin, stop: stop.signal })) {
    for (const { bytes, start, end } of items) seen.push(Buffer.from(bytes).toString('utf8', start, end));
    setTimeout(() => stop.abort(), 10);
  }
  expect(seen).toEqual(['whole']);
});

test('every position is a place to go on from, plain and gzip', async () => {
  const text = Array.from({ length: 6000 }, (_, i) => `line ${i} ${'x'.repeat(i % 300)}\n`).join('');
  for (const path of [written('r.log', text), written('r.log.gz', gzipSync(text))]) {
    const { lines, positions } = await readAll({ path, slice: 250_000 });
    expect(positions.length).toBeGreaterThan(2);
    for (const offset of positions) {
      const rest = await readAll({ path, offset });
      expect(rest.lines).toEqual(lines.filter(([at]) => at >= offset));
    }
  }
});

test('a file that is shorter than the checkpoint is an error that says what to do', async () => {
  const path = written('short.log', 'abc\n');
  await expect(readAll({ path, offset: 99 })).rejects.toThrow(/has 4 bytes, but the checkpoint stands at 99/);
  const packed = written('short.log.gz', gzipSync('abc\n'));
  await expect(readAll({ path: packed, offset: 99 })).rejects.toThrow(/has 4 bytes, but the checkpoint stands at 99/);
});

test('a gzip file that is cut short gives all whole lines, then a reject', async () => {
  let state = 1;
  const random = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 4).toString(36);
  const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i} ${random()} ${random()}`);
  const packed = gzipSync(lines.map((line) => `${line}\n`).join(''));
  const path = written('cut.log.gz', packed.subarray(0, packed.length / 2));
  const { lines: got, rejected } = await readAll({ path });
  expect(got.length).toBeGreaterThan(8000);
  expect(got.map(([, line]) => line)).toEqual(lines.slice(0, got.length));
  expect(rejected).toMatchObject([{ reason: 'broken-gzip', source: 'file:cut.log.gz' }]);
  expect(rejected[0]!.detail).toMatch(/cut short or damaged.*Get a whole copy/);
  expect(rejected[0]!.offset).toBe(got.reduce((sum, [, line]) => sum + line.length + 1, 0));
});

test('a gzip file that is no gzip gives a reject', async () => {
  const { lines, rejected } = await readAll({ path: written('no.gz', 'plain text\n') });
  expect([lines, rejected.map(({ reason }) => reason)]).toEqual([[], ['broken-gzip']]);
});

/** `a one\nb two\r\n` as the command line tool packs it. */
const zstd = Buffer.from('KLUv/SQNaQAAYSBvbmUKYiB0d28NCqvLPsU=', 'base64');

test('a file of Zstandard is unpacked, also where several were put together; one that is cut short has a reject', async () => {
  const { lines } = await readAll({ path: written('p.log.zst', Buffer.concat([zstd, zstd])) });
  expect(lines.map(([offset, line]) => `${offset} ${line}`)).toEqual(['0 a one', '6 b two', '13 a one', '19 b two']);
  const cut = await readAll({ path: written('cut.log.zst', Buffer.concat([zstd, zstd.subarray(0, 15)])) });
  expect(cut.lines.map(([, line]) => line)).toEqual(['a one', 'b two']);
  expect(cut.rejected).toMatchObject([{ reason: 'broken-zstd', source: 'file:cut.log.zst' }]);
  const none = await readAll({ path: written('no.zst', 'plain text\n') });
  expect(none.rejected.map(({ reason }) => reason)).toEqual(['broken-zstd']);
});

test('a line of more than 1 MiB is rejected and not kept; its neighbours are read', () => {
  const cutter = new LineCutter({ source: 's', topic: 't', offset: 0 });
  const read: Read = { lines: [], rejected: [], positions: [] };
  take(read, cutter.push(Buffer.from('before\n')));
  const piece = Buffer.alloc(600_000, 'x');
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 200; i++) take(read, cutter.push(piece));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
  take(read, cutter.push(Buffer.from('\nafter\nrest')));
  take(read, cutter.finish());
  const long = 200 * 600_000;
  expect(read.lines).toEqual([
    [0, 'before'],
    [7 + long + 1, 'after'],
    [7 + long + 7, 'rest'],
  ]);
  expect(read.rejected).toMatchObject([{ reason: 'too-long', offset: 7 }]);
  expect(read.rejected[0]!.detail).toContain(`${long} bytes`);
  expect(read.rejected[0]!.bytes!.length).toBe(4096);
  // Inside the long line the position stays before it: whoever goes on there sees the same.
  expect(read.positions.slice(1, 201).every((position) => position === 7)).toBe(true);
});

test('a file re-created under its name has a higher incarnation', async () => {
  const path = written('again.log', 'a');
  const first = await fileIncarnation(path);
  rmSync(path);
  await new Promise((resolve) => setTimeout(resolve, 20));
  writeFileSync(path, 'b');
  expect(await fileIncarnation(path)).toBeGreaterThan(first);
  expect(await fileIncarnation('-')).toBe(0);
});
