import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { openLevelBackend } from '../../connectors/leveldb/backend.js';
import { SegmentLogReader } from '../../connectors/segment-log/reader.js';
import { decode, struct, uint } from '../../records/wire/codec.js';

const root = join(__dirname, '..', '..');
const sumCodec = struct<{ offset: number; sum: number }>({ offset: uint, sum: uint });

let folder: string;
let script: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-crash-'));
  // Below the root, so that the packages are found.
  script = join(root, '.cache', `crash-child-${process.pid}.mjs`);
  await mkdir(join(root, '.cache'), { recursive: true });
  await build({
    entryPoints: [join(root, 'test', 'runtime', 'crash-child.ts')],
    outfile: script,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
  });
}, 30_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await rm(script, { force: true });
});

/** Runs the child; kills it without warning `killMs` after it first acknowledged something. Gives its last words. */
function run(
  mode: 'fill' | 'rest',
  acknowledged: number,
  killMs?: number,
): Promise<{ code: number | null; last: number[] }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, folder, mode, String(acknowledged)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    let doomed = false;
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (killMs === undefined || doomed) return;
      doomed = true;
      setTimeout(() => child.kill('SIGKILL'), killMs);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      const whole = text.slice(0, text.lastIndexOf('\n') + 1).trimEnd();
      const last = whole === '' ? [acknowledged, 0] : whole.split('\n').at(-1)!.split(' ').map(Number);
      resolve({ code, last });
    });
  });
}

test('what a process has acknowledged is there for another process at once', async () => {
  const child = spawn(process.execPath, [script, join(folder, 'two'), 'fill', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const over = new Promise((resolve) => child.on('close', resolve));
  try {
    let seen = 0;
    let reader: SegmentLogReader | undefined;
    for await (const chunk of child.stdout) {
      const acknowledged = Number((chunk as Buffer).toString().split(' ')[0]);
      reader ??= await SegmentLogReader.open({ folder: join(folder, 'two', 'input') });
      while (seen < acknowledged) {
        const records = await reader.read(0, seen, acknowledged - seen);
        expect(records.length).toBeGreaterThan(0);
        for (const { value } of records) expect(decode(uint, value)).toBe(seen++);
      }
      if (seen > 500) break;
    }
    expect(await reader!.wait(0, seen, 5000)).toBe(true);
    await reader!.close();
    expect(seen).toBeGreaterThan(500);
  } finally {
    child.kill('SIGKILL');
    await over;
  }
}, 30_000);

async function readAll<T>(name: string, read: (value: Uint8Array) => T): Promise<T[]> {
  const reader = await SegmentLogReader.open({ folder: join(folder, name) });
  const all: T[] = [];
  for (let at = 0; ;) {
    const records = await reader.read(0, at, 1000);
    if (records.length === 0) break;
    all.push(...records.map(({ value }) => read(value)));
    at = records.at(-1)!.offset + 1;
  }
  await reader.close();
  return all;
}

test('killed again and again, nothing acknowledged is lost and every sum is right', async () => {
  let acknowledged = 0;
  let checkpoint = 0;
  for (const killMs of [30, 0, 75, 140, 11]) {
    const { code, last } = await run('fill', acknowledged, killMs);
    expect(code).toBeNull();
    expect(last[0]).toBeGreaterThanOrEqual(acknowledged);
    acknowledged = last[0]!;
    checkpoint = Math.max(checkpoint, last[1]!);
  }
  expect(checkpoint).toBeGreaterThan(0);
  expect((await run('rest', acknowledged)).code).toBe(0);

  const input = await readAll('input', (value) => decode(uint, value));
  expect(input.length).toBeGreaterThanOrEqual(acknowledged);
  expect(input).toEqual(Array.from({ length: input.length }, (_, n) => n));

  const output = await readAll('output', (value) => decode(sumCodec, value));
  const sums = new Map<number, number>();
  for (const { offset, sum } of output) {
    // What a crash made it do again came out the same.
    expect(sums.get(offset) ?? sum).toBe(sum);
    sums.set(offset, sum);
  }
  expect([...sums.keys()].sort((a, b) => a - b)).toEqual(input);
  for (const [offset, sum] of sums) expect(sum).toBe((offset * (offset + 1)) / 2);
  expect(output.length).toBeGreaterThanOrEqual(sums.size);

  const backend = await openLevelBackend(join(folder, 'state'));
  const { position, epoch } = await backend.claim('sum', 0);
  await backend.close();
  expect(position).toEqual({ source: 'input', offset: input.length });
  expect(epoch).toBeGreaterThan(1_700_000_000_000);
}, 60_000);
