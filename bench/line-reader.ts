/**
 * Reads one input in a process of its own: `line-reader KIND PATH LINES MODE` prints its figures as JSON. With `windows` it
 * goes through `ingest`, and what each shard of `windows` would be sent is encoded, counted and thrown away; with `hash` the
 * bytes of each line are hashed and nothing else is done.
 */
import type { Batch } from '../records/batch.js';
import { endOfSource, type SourceItem } from '../records/raw.js';
import { shardOf } from '../records/entity.js';
import { encodeWindowsRecord, isBroadcast, type IngestRecord } from '../records/windows.js';
import { MemoryBackend } from '../runtime/memory-backend.js';
import { Pass } from '../runtime/pass.js';
import { TaskState } from '../runtime/state.js';
import { ingest } from '../topologies/ingest.js';
import { inputOf } from './lines/read.js';
import { inputKinds, type InputKind } from './lines/write.js';

const shards = 3;
/** Slices between checkpoints, as a task would write them about each second. */
const slicesPerCheckpoint = 64;

export interface LineRun {
  readonly lines: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Peak resident memory of the process, bytes. */
  readonly peak: number;
  readonly partials: number;
  readonly windowsBytes: number;
  readonly rejected: number;
}

/** Counts what each shard would be sent. */
class CountingWriters {
  bytes = 0;
  partials = 0;
  rejected = 0;
  private readonly perShard = new Array<number>(shards).fill(0);

  write(batch: Batch<IngestRecord>): void {
    this.rejected += batch.rejected.length;
    for (const record of batch.items) {
      const size = encodeWindowsRecord(record).length;
      this.bytes += size * (isBroadcast(record) ? shards : 1);
      if (!('entity' in record)) continue;
      this.perShard[shardOf(record.entity, shards)]! += size;
      this.partials++;
    }
  }
}

/** Reads an input of `lines` lines or records. */
export async function readLines(kind: InputKind, path: string, lines: number): Promise<LineRun> {
  const source = 'bench';
  const state = await TaskState.restore(new MemoryBackend(), `ingest/${source}`, 1);
  const pass = new Pass<SourceItem, IngestRecord>(
    ingest({ source, incarnation: 0, epoch: state.epoch, stores: state, format: 'auto' }),
  );
  const writers = new CountingWriters();
  const input = inputOf(kind, path, source);
  let slices = 0;
  // An input that is read as a whole is in memory before the clock runs.
  let batch = await input.next();
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  let position;
  for (; !batch.done; batch = await input.next()) {
    position = batch.value.position;
    for await (const out of pass.run(batch.value)) writers.write(out);
    if (++slices % slicesPerCheckpoint === 0) await state.checkpoint(position);
  }
  for await (const out of pass.run({ items: [endOfSource], rejected: [], position })) writers.write(out);
  await state.checkpoint(position);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(cpu);
  return {
    lines,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    peak: process.resourceUsage().maxRSS * 1024,
    partials: writers.partials,
    windowsBytes: writers.bytes,
    rejected: writers.rejected,
  };
}

/** Hashes the bytes of each line, or value. */
async function hashLines(kind: InputKind, path: string, lines: number): Promise<LineRun> {
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  let sum = 0;
  for await (const { items } of inputOf(kind, path, 'bench')) {
    for (const item of items) {
      let hash = 0;
      for (let i = item.start; i < item.end; i++) hash = Math.imul(hash ^ item.bytes[i]!, 0x01000193);
      sum ^= hash;
    }
  }
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(cpu);
  const peak = process.resourceUsage().maxRSS * 1024;
  return {
    lines,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    peak,
    partials: sum === 0 ? 0 : 1,
    windowsBytes: 0,
    rejected: 0,
  };
}

const [, , kind, path, lines, mode] = process.argv;
if (lines !== undefined && (inputKinds as readonly string[]).includes(kind!)) {
  const read = mode === 'hash' ? hashLines : readLines;
  console.log(JSON.stringify(await read(kind as InputKind, path!, Number(lines))));
  process.exit(0);
}
