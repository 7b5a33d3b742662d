/**
 * How fast lines of a Kafka topic become encoded partials with durable checkpoints, beside other readers of the same topic
 * in the same rounds: bare consumers as kafkajs has them and with tocsin's record decoder, a count by hand around the first,
 * and the same count in Java. Each reader is a process of its own; the rounds alternate, since a machine is not equally fast
 * all the time, and the medians are compared. What each has counted is compared with the reference row by row.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompressionTypes, type Kafka } from 'kafkajs';
import { kafkaClient } from '../connectors/kafka/client.js';
import { partitions, topic, type ReaderRun } from './kafka-topic.js';
import { events, lineKinds } from './lines/kinds.js';
import { addEvent, closedRows, Counts, difference, type Rows } from './lines/reference.js';
import { javaPeer } from './peers/build.js';
import { reader, runJson } from './process.js';
import { median, type Bench } from './report.js';
import { startService } from './service.js';

/** Readers, the kinds of rows that each counts, and what people call them. */
const readers = {
  kafkajs: { rows: '', title: 'kafkajs, bare' },
  bare: { rows: '', title: 'kafkajs with the decoder, bare' },
  loop: { rows: 'LT', title: 'count by hand, kafkajs' },
  java: { rows: 'LT', title: 'count by hand, Java' },
  windows: { rows: 'L', title: 'tocsin to windows' },
} as const;
type Reader = keyof typeof readers;

/** Writes plain lines to the topic, gzipped, in turn over its partitions; gives what readers must count, and the bytes. */
async function fill(kafka: Kafka, lines: number): Promise<{ reference: Rows; bytes: number }> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: partitions }] });
  await admin.disconnect();
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const counts = new Counts();
  let messages: { value: string; partition: number }[] = [];
  let bytes = 0;
  let n = 0;
  const send = async (): Promise<void> => {
    await producer.send({ topic, acks: -1, compression: CompressionTypes.GZIP, messages });
    messages = [];
  };
  for (const event of events(lines)) {
    const value = lineKinds.plain(event);
    addEvent(counts, event, value);
    bytes += value.length;
    messages.push({ value, partition: n++ % partitions });
    if (messages.length === 8000) await send();
  }
  if (messages.length > 0) await send();
  await producer.disconnect();
  return { reference: counts.rows(), bytes };
}

export const bench: Bench = async ({ rounds, quick }, report) => {
  const lines = quick ? 400_000 : 1_000_000;
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-bench-'));
  const broker = await startService('kafka');
  try {
    const kafka = kafkaClient({ brokers: broker.url.split(','), client_id: 'bench', tls: false });
    const { reference, bytes } = await fill(kafka, lines);
    const java = javaPeer('java-loop', 'Loop', folder);
    if (!java)
      report.heading('kafka-to-windows: no JDK, or no Kafka of the service scripts: without the count in Java');
    const present = (Object.keys(readers) as Reader[]).filter((name) => name !== 'java' || java);
    const runs = new Map<Reader, ReaderRun[]>(present.map((name) => [name, []]));
    const program = join(import.meta.dirname, 'kafka-reader.js');
    for (let round = 0; round < rounds; round++) {
      for (const name of present) {
        const file = join(folder, `${name}.rows`);
        const command =
          name === 'java'
            ? [...java!, broker.url, topic, String(partitions), String(lines), file]
            : reader(program, broker.url, name, String(lines), file);
        const run = await runJson<ReaderRun>(command);
        runs.get(name)!.push(run);
        const rows = (await readFile(file, 'utf8')).split('\n').filter((row) => row !== '');
        const closed = closedRows(reference, run.until ?? Infinity);
        if (closed.length === 0) throw new Error(`${readers[name].title} has closed no window`);
        const wrong = difference(rows, closed, readers[name].rows);
        if (wrong !== undefined) throw new Error(`${readers[name].title} has counted otherwise: ${wrong}`);
      }
    }
    const of = (name: Reader, figure: (run: ReaderRun) => number): number => median(runs.get(name)!.map(figure));
    const perCpu = (run: ReaderRun): number => run.lines / run.cpuSeconds;
    report.heading(
      `kafka-to-windows: ${lines.toLocaleString('en-US')} plain lines of ${(bytes / lines).toFixed(0)} bytes, gzip, ${partitions} partitions; all ${reference.length} rows compared`,
    );
    for (const name of present) {
      report.figure('kafka-to-windows', `${readers[name].title}, a core`, of(name, perCpu), '1/s');
      report.figure(
        'kafka-to-windows',
        `${readers[name].title}, peak`,
        of(name, ({ peak }) => peak),
        'MiB',
      );
    }
    const windows = of('windows', perCpu);
    report.ratio('Kafka to windows, to bare kafkajs', windows / of('kafkajs', perCpu));
    report.ratio('Kafka to windows, to a count by hand on kafkajs', windows / of('loop', perCpu));
    if (java) report.ratio('Kafka to windows, to a count by hand in Java', windows / of('java', perCpu));
    report.ratio('record decoder, to kafkajs', of('bare', perCpu) / of('kafkajs', perCpu));
  } finally {
    await broker.stop();
    await rm(folder, { recursive: true, force: true });
  }
};
