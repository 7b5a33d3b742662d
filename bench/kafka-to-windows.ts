/**
 * How fast lines of a Kafka topic become encoded partials, beside a bare consumer of the same topic in the same run.
 * The rounds alternate, since a machine is not equally fast all the time; the medians are compared.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CompressionTypes, type Kafka } from 'kafkajs';
import { kafkaClient } from '../connectors/kafka/client.js';
import type { PartitionStream } from '../connectors/kafka/partition-stream.js';
import { KafkaGroup } from '../connectors/kafka/consumer-group.js';
import { kafkaSource } from '../connectors/kafka/source.js';
import type { Rejected } from '../records/batch.js';
import { shardOf } from '../records/wire/hash.js';
import type { SourceItem } from '../records/raw.js';
import { encodeWindowsRecord, isBroadcast, type IngestRecord } from '../records/windows.js';
import { MemoryBackend } from '../runtime/memory-backend.js';
import type { Sink } from '../runtime/source.js';
import { Task } from '../runtime/task.js';
import { ingest } from '../topologies/ingest.js';
import { kafkaBare, type BareRun } from './kafka-bare.js';
import { writePlainLines } from './plain-lines.js';

const topic = 'bench';
const partitions = 4;
const shards = 3;
const rounds = 3;

interface Counts {
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

/** Writes the lines of a file to the topic, gzipped, in turn over its partitions. */
async function fill(kafka: Kafka, path: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: partitions }] });
  await admin.disconnect();
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  let messages: { value: string; partition: number }[] = [];
  let n = 0;
  const send = async (): Promise<void> => {
    await producer.send({ topic, acks: -1, compression: CompressionTypes.GZIP, messages });
    messages = [];
  };
  for await (const line of createInterface({ input: createReadStream(path) })) {
    messages.push({ value: line, partition: n++ % partitions });
    if (messages.length === 8000) await send();
  }
  if (messages.length > 0) await send();
  await producer.disconnect();
}

/** A broker of its own, which ends with this process. */
async function startBroker(): Promise<{ url: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, ['scripts/services/main.mjs', 'up', 'kafka'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout })) {
    const { url } = JSON.parse(line) as { url: string };
    const stop = async (): Promise<void> => {
      child.stdin.end();
      await closed;
    };
    return { url, stop };
  }
  throw new Error('the broker did not start: run `node scripts/services/main.mjs install` once');
}

const thousands = (n: number): string => Math.round(n).toLocaleString('en-US');
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];
const rate = ({ lines, seconds }: BareRun): number => lines / seconds;
const cpuRate = ({ lines, cpuSeconds }: BareRun): number => lines / cpuSeconds;

/** Starts a broker, fills a topic, reads it by both ways, prints the figures. */
export async function run(lines = 1_000_000): Promise<{ ratio: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-bench-'));
  const broker = await startBroker();
  try {
    const path = join(folder, 'plain.log');
    const bytes = await writePlainLines(path, lines);
    const kafka = kafkaClient({ brokers: broker.url.split(','), client_id: 'bench', tls: false });
    await fill(kafka, path);
    const bare: BareRun[] = [];
    const windows: (BareRun & Counts)[] = [];
    for (let round = 0; round < rounds; round++) {
      bare.push(await kafkaBare(kafka, topic, partitions, lines));
      windows.push(await kafkaToWindows(kafka));
    }
    const ratio = median(windows.map(rate)) / median(bare.map(rate));
    const peak = process.resourceUsage().maxRSS / 1024;
    const { partials, bytes: windowsBytes, rejected } = windows[0];
    console.log(
      `kafka to windows: ${thousands(lines)} plain lines of ${(bytes / lines).toFixed(0)} bytes, gzip, ${partitions} partitions, median of ${rounds} rounds`,
    );
    console.log(`  lines/s              ${thousands(median(windows.map(rate)))}`);
    console.log(`  lines per CPU-second ${thousands(median(windows.map(cpuRate)))}`);
    console.log(`  bare kafkajs lines/s ${thousands(median(bare.map(rate)))}`);
    console.log(`  bare, per CPU-second ${thousands(median(bare.map(cpuRate)))}`);
    console.log(`  ratio to bare        ${ratio.toFixed(2)}`);
    console.log(`  peak memory          ${thousands(peak)} MiB`);
    console.log(`  partials per line    ${(partials / lines).toPrecision(3)}`);
    console.log(`  windows bytes a line ${(windowsBytes / lines).toPrecision(3)}`);
    if (rejected > 0) console.log(`  rejected             ${thousands(rejected)}`);
    return { ratio };
  } finally {
    await broker.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
