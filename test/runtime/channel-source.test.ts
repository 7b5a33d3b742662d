import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { map } from 'rxjs';
import { SegmentLogReader } from '../../connectors/segment-log/reader.js';
import { SegmentLogWriter } from '../../connectors/segment-log/writer.js';
import type { Batch, Position, Rejected } from '../../records/batch.js';
import { decode, encode, uint } from '../../records/wire/codec.js';
import { channelSink } from '../../runtime/channel-sink.js';
import { channelSource, type ChannelItem } from '../../runtime/channel-source.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { Supervisor } from '../../runtime/supervisor.js';
import { Task } from '../../runtime/task.js';

let folder: string;
let writer: SegmentLogWriter;
let reader: SegmentLogReader;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-channel-'));
  writer = await SegmentLogWriter.open({ folder, shards: 2 });
  reader = await SegmentLogReader.open({ folder, writer });
});
afterEach(async () => {
  await reader.close();
  await writer.close();
  await rm(folder, { recursive: true });
});

const parts = () => ({
  reader,
  shard: 0,
  name: 'windows/0',
  decode: (value: Uint8Array) => decode(uint, value),
  waitMs: 20,
});
const never = new AbortController().signal;

/** Reads a drained source to its end. */
async function readAll(
  options: Partial<Parameters<typeof channelSource<number>>[0]> = {},
  position?: Position,
): Promise<Batch<ChannelItem<number>>[]> {
  const batches: Batch<ChannelItem<number>>[] = [];
  const control = { stop: never, drain: AbortSignal.abort() };
  for await (const batch of channelSource({ ...parts(), ...options }).open(position, control)) batches.push(batch);
  return batches;
}

async function fill(count: number): Promise<void> {
  for (let i = 0; i < count; i++) writer.append(0, '', encode(uint, i));
  await writer.flush();
}

test('slices are bounded, in order, and carry the position to go on from', async () => {
  await fill(600);
  const batches = await readAll({ maxRecords: 256 });
  expect(batches.map(({ items }) => items.length)).toEqual([256, 256, 88]);
  expect(batches.map(({ position }) => position?.offset)).toEqual([256, 512, 600]);
  expect(batches.flatMap(({ items }) => items.map(({ record }) => record))).toEqual(
    Array.from({ length: 600 }, (_, i) => i),
  );
  const rest = await readAll({}, batches[1]!.position);
  expect(rest.flatMap(({ items }) => items)[0]).toEqual({ offset: 512, record: 512 });
});

test('slices are bounded by bytes, too', async () => {
  await fill(100);
  const batches = await readAll({ maxBytes: 10 });
  expect(batches.map(({ items }) => items.length)).toEqual(Array.from({ length: 10 }, () => 10));
});

test('what cannot be decoded is rejected with its coordinates and stops nothing', async () => {
  writer.append(0, '', encode(uint, 1));
  writer.append(0, '', Buffer.from([0x80]));
  writer.append(0, '', encode(uint, 2));
  await writer.flush();
  const batch = (await readAll())[0]!;
  expect(batch.items.map(({ record }) => record)).toEqual([1, 2]);
  const expected: Partial<Rejected> = { reason: 'undecodable', source: 'windows/0', offset: 1 };
  expect(batch.rejected).toEqual([expect.objectContaining(expected)]);
  expect(Buffer.from(batch.rejected[0]!.bytes!)).toEqual(Buffer.from([0x80]));
});

test('a position of another source is refused', async () => {
  await expect(readAll({}, { source: 'alerts', offset: 3 })).rejects.toThrow(
    /belongs to alerts and this task reads windows\/0/,
  );
});

test('two tasks joined by a channel hand everything on, and end one after the other', async () => {
  await fill(5000);
  const joined = await mkdtemp(join(tmpdir(), 'tocsin-joined-'));
  const between = await SegmentLogWriter.open({ folder: joined, shards: 2 });
  const backend = new MemoryBackend();
  const none = { write: () => undefined, flush: async () => undefined };
  const upstream = new Task<ChannelItem<number>, number>({
    name: 'up',
    topology: () => map((batch) => ({ ...batch, items: batch.items.map(({ record }) => record) })),
    source: channelSource(parts()),
    sink: channelSink({
      writer: between,
      shards: 2,
      key: (n) => (n % 100 === 0 ? undefined : String(n)),
      shardOf: (key, shards) => Number(key) % shards,
      encode: (n) => encode(uint, n),
    }),
    deadLetters: none,
    backend,
    checkpointMs: 10,
  });
  const got: number[][] = [[], []];
  const betweenReader = await SegmentLogReader.open({ folder: joined, writer: between });
  const downstream = got.map(
    (list, shard) =>
      new Task<ChannelItem<number>, number>({
        name: `down/${shard}`,
        topology: () => map((batch) => ({ ...batch, items: batch.items.map(({ record }) => record) })),
        source: channelSource({ ...parts(), reader: betweenReader, shard, name: `between/${shard}` }),
        sink: { write: (items) => void list.push(...items), flush: async () => undefined },
        deadLetters: none,
        backend,
      }),
  );
  upstream.drain();
  await new Supervisor([[upstream], downstream]).run();
  const all = Array.from({ length: 5000 }, (_, i) => i);
  expect(got[0]).toEqual(all.filter((n) => n % 2 === 0));
  expect(got[1]).toEqual(all.filter((n) => n % 2 === 1 || n % 100 === 0));
  await betweenReader.close();
  await between.close();
  await rm(joined, { recursive: true });
});
