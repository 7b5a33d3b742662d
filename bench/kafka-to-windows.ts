/**
 * How fast lines of a Kafka topic become encoded partials, beside bare consumers of the same topic in the same run: as
 * kafkajs has it, and with tocsin's record decoder. Each reader is a process of its own; the rounds alternate, since a
 * machine is not equally fast all the time, and the medians are compared.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { CompressionTypes, type Kafka } from 'kafkajs';
import { kafkaClient } from '../connectors/kafka/client.js';
import { partitions, topic, type ReaderRun } from './kafka-reader.js';
import { writeInput } from './lines/write.js';

const rounds = 5;
const modes = ['kafkajs', 'bare', 'windows'] as const;

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

async function read(brokers: string, mode: string, lines: number): Promise<ReaderRun> {
  const program = join(import.meta.dirname, 'kafka-reader.js');
  const args = ['--max-semi-space-size=64', program, brokers, mode, String(lines)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 300_000 });
  return JSON.parse(stdout) as ReaderRun;
}

/** Starts a broker, fills a topic, reads it in each mode, prints the figures. */
export async function run(lines = 1_000_000): Promise<{ ratio: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-bench-'));
  const broker = await startBroker();
  try {
    const path = join(folder, 'plain.log');
    const bytes = await writeInput('plain', path, lines);
    const kafka = kafkaClient({ brokers: broker.url.split(','), client_id: 'bench', tls: false });
    await fill(kafka, path);
    const runs = new Map<string, ReaderRun[]>(modes.map((mode) => [mode, []]));
    for (let round = 0; round < rounds; round++)
      for (const mode of modes) runs.get(mode)!.push(await read(broker.url, mode, lines));
    const of = (mode: string, figure: (run: ReaderRun) => number): number => median(runs.get(mode)!.map(figure));
    const perSecond = ({ lines: all, seconds }: ReaderRun): number => all / seconds;
    const perCpu = ({ lines: all, cpuSeconds }: ReaderRun): number => all / cpuSeconds;
    const ratio = of('windows', perCpu) / of('kafkajs', perCpu);
    console.log(
      `kafka to windows: ${thousands(lines)} plain lines of ${(bytes / lines).toFixed(0)} bytes, gzip, ${partitions} partitions, median of ${rounds} rounds`,
    );
    for (const mode of modes) {
      const [fast, cpu, peak] = [of(mode, perSecond), of(mode, perCpu), of(mode, (run) => run.peak)];
      console.log(
        `  ${mode.padEnd(8)} ${thousands(fast).padStart(10)} lines/s ${thousands(cpu).padStart(10)} per CPU-second ${thousands(peak).padStart(5)} MiB`,
      );
    }
    console.log(`  windows to bare kafkajs, per CPU-second ${ratio.toFixed(2)}`);
    console.log(`  decoder to kafkajs, per CPU-second      ${(of('bare', perCpu) / of('kafkajs', perCpu)).toFixed(2)}`);
    const { partials, bytes: windowsBytes, rejected } = runs.get('windows')![0].counts!;
    console.log(`  partials per line    ${(partials / lines).toPrecision(3)}`);
    console.log(`  windows bytes a line ${(windowsBytes / lines).toPrecision(3)}`);
    if (rejected > 0) console.log(`  rejected             ${thousands(rejected)}`);
    return { ratio };
  } finally {
    await broker.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
