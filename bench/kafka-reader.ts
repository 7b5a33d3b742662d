/**
 * One reader of the bench topic in a process of its own: `kafka-reader BROKERS MODE LINES FILE` prints its figures as JSON,
 * and writes the rows that it counted to FILE. Modes: `kafkajs` is a bare consumer as the library has it, `bare` the same
 * with the record decoder, `loop` a count by hand around the first, `windows` tocsin's ingest with checkpoints on LevelDB,
 * whose output is encoded, counted and thrown away.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kafka } from 'kafkajs';
import { kafkaClient } from '../connectors/kafka/client.js';
import { KafkaGroup } from '../connectors/kafka/consumer-group.js';
import type { PartitionStream } from '../connectors/kafka/partition-stream.js';
import { kafkaSource } from '../connectors/kafka/source.js';
import type { Rejected } from '../records/batch.js';
import type { SourceItem } from '../records/raw.js';
import { shardOf } from '../records/entity.js';
import { encodeWindowsRecord, isBroadcast, type IngestRecord } from '../records/windows.js';
import type { Sink } from '../runtime/source.js';
import { Task } from '../runtime/task.js';
import { ingest } from '../topologies/ingest.js';
import { openLevelBackend } from '../connectors/leveldb/backend.js';
import { kafkaBare, type BareRun } from './kafka-bare.js';
import { kafkaLoop } from './kafka-loop.js';
import { partitions, topic, type ReaderCounts, type ReaderRun } from './kafka-topic.js';
import { Counts, levelName, windowMs, type Rows } from './lines/reference.js';

const shards = 3;

/** Encodes what each shard would be sent, and counts it. */
function countingSink(counts: ReaderCounts, windows: Counts, marks: Map<string, number>): Sink<IngestRecord> {
  const perShard = new Array<number>(shards).fill(0);
  return {
    write(records) {
      for (const record of records) {
        const size = encodeWindowsRecord(record).length;
        counts.records++;
        counts.bytes += size * (isBroadcast(record) ? shards : 1);
        if (record.type === 'mark') marks.set(record.tag.source, record.watermark);
        if (!('entity' in record)) continue;
        perShard[shardOf(record.entity, shards)]! += size;
        counts.partials++;
        if (record.type === 'log')
          for (const [level, n] of record.aggregate.levels) windows.add('L', record.pane, levelName(level), n);
      }
    },
    flush: () => Promise.resolve(),
  };
}

type WindowsRun = BareRun & Required<Pick<ReaderRun, 'counts' | 'until'>> & { readonly rows: Rows };

/** The topic from its beginning to its end through `ingest`, a task a partition, as `tocsin run` has them. */
async function kafkaToWindows(kafka: Kafka): Promise<WindowsRun> {
  const counts: ReaderCounts = { partials: 0, records: 0, bytes: 0, rejected: 0 };
  const windows = new Counts();
  const marks = new Map<string, number>();
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-bench-state-'));
  const backend = await openLevelBackend(folder);
  const tasks: Task<SourceItem, IngestRecord>[] = [];
  const deadLetters: Sink<Rejected> = {
    write: (items) => void (counts.rejected += items.length),
    flush: () => Promise.resolve(),
  };
  const startTask = async (feed: PartitionStream): Promise<void> => {
    const task = new Task<SourceItem, IngestRecord>({
      name: `ingest/${feed.name}`,
      topology: (stores, epoch) =>
        ingest({ source: feed.name, incarnation: 0, epoch, stores, format: 'auto', pane: windowMs }),
      source: kafkaSource(feed, { start: 'earliest', bounded: true }),
      sink: countingSink(counts, windows, marks),
      deadLetters,
      backend,
    });
    tasks.push(task);
    await task.start();
  };
  let fail = (_: Error): void => undefined;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  let assigned = (): void => undefined;
  const allAssigned = new Promise<void>((resolve) => (assigned = resolve));
  let cpu = process.cpuUsage();
  let start = process.hrtime.bigint();
  const group = new KafkaGroup({
    kafka,
    groupId: `windows-${Date.now()}`,
    topics: [topic],
    onAssigned: async (feed) => {
      if (tasks.length === 0) {
        cpu = process.cpuUsage();
        start = process.hrtime.bigint();
      }
      await startTask(feed);
      if (tasks.length === partitions) assigned();
    },
    onRevoked: () => undefined,
    onLost: ({ message }) => fail(new Error(message)),
    onFatal: fail,
  });
  await group.start();
  await Promise.race([allAssigned, failed]);
  await Promise.race([Promise.all(tasks.map(({ done }) => done)), failed]);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(cpu);
  const lines = tasks.reduce((sum, task) => sum + task.progress().items, 0);
  await group.stop();
  await backend.close();
  await rm(folder, { recursive: true, force: true });
  const until = Math.min(...marks.values());
  return { lines, seconds, cpuSeconds: (user + system) / 1e6, counts, until, rows: windows.rows() };
}

const [, , brokers, mode, lines, file] = process.argv;
if (file !== undefined) {
  const decoder = mode === 'kafkajs' || mode === 'loop' ? 'kafkajs' : 'auto';
  const kafka = kafkaClient({ brokers: brokers!.split(','), client_id: 'bench', tls: false, decoder });
  const of: Readonly<Record<string, () => Promise<BareRun & Partial<WindowsRun>>>> = {
    windows: () => kafkaToWindows(kafka),
    loop: () => kafkaLoop(kafka, topic, partitions, Number(lines)),
  };
  const bare = (): Promise<BareRun & Partial<WindowsRun>> => kafkaBare(kafka, topic, partitions, Number(lines));
  const { rows = [], ...run } = await (of[mode!] ?? bare)();
  await writeFile(file, rows.map((row) => `${row}\n`).join(''));
  const peak = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ ...run, peak } satisfies ReaderRun));
  process.exit(0);
}
