/** How fast lines of a file become encoded partials: file, ingest, canonical bytes for the shards of `windows`. */
import { shardOf } from '../records/entity.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileIncarnation, fileSource, fileSourceName } from '../connectors/file/source.js';
import { writeInput } from './lines/write.js';
import { endOfSource, type SourceItem } from '../records/raw.js';
import { encodeWindowsRecord, isBroadcast, type IngestRecord } from '../records/windows.js';
import type { Batch } from '../records/batch.js';
import { MemoryBackend } from '../runtime/memory-backend.js';
import { Pass } from '../runtime/pass.js';
import { TaskState } from '../runtime/state.js';
import { ingest } from '../topologies/ingest.js';

const shards = 3;
/** Slices between checkpoints, as a task would write them about each second. */
const slicesPerCheckpoint = 64;

export interface FileToWindows {
  readonly lines: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Peak resident memory of the process, bytes. */
  readonly peak: number;
  readonly partials: number;
  readonly records: number;
  readonly windowsBytes: number;
  readonly rejected: number;
}

/** Counts what each shard would be sent. */
class CountingWriters {
  readonly bytes = new Array<number>(shards).fill(0);
  partials = 0;
  records = 0;
  rejected = 0;

  write(batch: Batch<IngestRecord>): void {
    this.rejected += batch.rejected.length;
    for (const record of batch.items) {
      const size = encodeWindowsRecord(record).length;
      this.records++;
      if (isBroadcast(record)) for (let i = 0; i < shards; i++) this.bytes[i] += size;
      else if ('entity' in record) {
        this.bytes[shardOf(record.entity, shards)] += size;
        this.partials++;
      }
    }
  }
}

/** Reads one file through `ingest`. */
export async function fileToWindows(path: string): Promise<Omit<FileToWindows, 'bytes'>> {
  const source = fileSourceName(path);
  const state = await TaskState.restore(new MemoryBackend(), `ingest/${source}`, 1);
  const incarnation = await fileIncarnation(path);
  const pass = new Pass<SourceItem, IngestRecord>(
    ingest({ source, incarnation, epoch: state.epoch, stores: state, format: 'auto' }),
  );
  const writers = new CountingWriters();
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  let lines = 0;
  let slices = 0;
  let position;
  for await (const batch of fileSource({ path })) {
    lines += batch.items.length;
    position = batch.position;
    for await (const out of pass.run(batch)) writers.write(out);
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
    records: writers.records,
    windowsBytes: writers.bytes.reduce((a, b) => a + b, 0),
    rejected: writers.rejected,
  };
}

const thousands = (n: number): string => Math.round(n).toLocaleString('en-US');

/** Writes the file, reads it, prints the figures. */
export async function run(lines = 2_000_000): Promise<FileToWindows> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-bench-'));
  try {
    const path = join(folder, 'plain.log');
    const bytes = await writeInput('plain', path, lines);
    const result = { ...(await fileToWindows(path)), bytes };
    console.log(`file to windows: ${thousands(result.lines)} plain lines of ${(bytes / lines).toFixed(0)} bytes`);
    console.log(`  lines/s              ${thousands(result.lines / result.seconds)}`);
    console.log(`  lines per CPU-second ${thousands(result.lines / result.cpuSeconds)}`);
    console.log(`  peak memory          ${thousands(result.peak / 1_048_576)} MiB`);
    console.log(`  partials per line    ${(result.partials / result.lines).toPrecision(3)}`);
    console.log(`  windows bytes a line ${(result.windowsBytes / result.lines).toPrecision(3)}`);
    if (result.rejected > 0) console.log(`  rejected             ${thousands(result.rejected)}`);
    return result;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
