/**
 * One reader of the bench topic in a process of its own: `kafka-reader BROKERS MODE LINES` prints its figures as JSON.
 * Modes: `kafkajs` is a bare consumer as the library has it, `bare` the same with the record decoder, `windows` tocsin's
 * ingest, whose output is counted and thrown away.
 */
import { shardOf } from '../records/entity.js';
import type { Kafka } from 'kafkajs';
import { kafkaClient } from '../connectors/kafka/client.js';
import { KafkaGroup } from '../connectors/kafka/consumer-group.js';
import type { PartitionStream } from '../connectors/kafka/partition-stream.js';
import { kafkaSource } from '../connectors/kafka/source.js';
import type { Rejected } from '../records/batch.js';
import type { SourceItem } from '../records/raw.js';
import { encodeWindowsRecord, isBroadcast, type IngestRecord } from '../records/windows.js';
import { MemoryBackend } from '../runtime/memory-backend.js';
import type { Sink } from '../runtime/source.js';
import { Task } from '../runtime/task.js';
import { ingest } from '../topologies/ingest.js';
import { kafkaBare, type BareRun } from './kafka-bare.js';

export const topic = 'bench';
export const partitions = 4;
const shards = 3;

/** What a reader prints. */
export interface ReaderRun extends BareRun {
  /** Largest resident size of the process, MiB. */
  readonly peak: number;
  /** Of the mode `windows`. */
  readonly counts?: Counts;
}

export interface Counts {
  partials: number;
  records: number;
  bytes: number;
  rejected: number;
}

/** Encodes what each shard would be sent, and counts it. */
function countingSink(counts: Counts): Sink<IngestRecord> {
  const perShard = new Array<number>(shards).fill(0);
  return {
    write(records) {
      for (const record of records) {
        const size = encodeWindowsRecord(record).length;
        counts.records++;
        counts.bytes += size * (isBroadcast(record) ? shards : 1);
        if (!('entity' in record)) continue;
        perShard[shardOf(record.entity, shards)] += size;
        counts.partials++;
      }
    },
    flush: () => Promise.resolve(),
  };
}

/** The topic from its beginning to its end through `ingest`, a task a partition, as `tocsin run` has them. */
async function kafkaToWindows(kafka: Kafka): Promise<BareRun & Counts> {
  const counts: Counts = { partials: 0, records: 0, bytes: 0, rejected: 0 };
  const backend = new MemoryBackend();
  const tasks: Task<SourceItem, IngestRecord>[] = [];
  const deadLetters: Sink<Rejected> = {
    write: (items) => void (counts.rejected += items.length),
    flush: () => Promise.resolve(),
  };
  const startTask = async (feed: PartitionStream): Promise<void> => {
    const task = new Task<SourceItem, IngestRecord>({
      name: `ingest/${feed.name}`,
      topology: (stores, epoch) => ingest({ source: feed.name, incarnation: 0, epoch, stores, format: 'auto' }),
      source: kafkaSource(feed, { start: 'earliest', bounded: true }),
      sink: countingSink(counts),
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
  return { lines, seconds, cpuSeconds: (user + system) / 1e6, ...counts };
}

const [, , brokers, mode, lines] = process.argv;
if (mode !== undefined && lines !== undefined) {
  const decoder = mode === 'kafkajs' ? 'kafkajs' : 'auto';
  const kafka = kafkaClient({ brokers: brokers.split(','), client_id: 'bench', tls: false, decoder });
  const run: BareRun & Partial<Counts> =
    mode === 'windows' ? await kafkaToWindows(kafka) : await kafkaBare(kafka, topic, partitions, Number(lines));
  const { lines: read, seconds, cpuSeconds } = run;
  const { partials, records = 0, bytes = 0, rejected = 0 } = run;
  const counts = partials === undefined ? {} : { counts: { partials, records, bytes, rejected } };
  const peak = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ lines: read, seconds, cpuSeconds, peak, ...counts } satisfies ReaderRun));
  process.exit(0);
}
