/**
 * The whole of a real log over four partitions, four processes and three shards decides what one process decides over
 * the file, byte for byte; alerts arrive at a real Alertmanager and, signed, at a webhook receiver.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CompressionTypes, type Kafka } from 'kafkajs';
import { Random } from '../../lab/simulate/random.js';
import { KafkaChannelReader } from '../../connectors/kafka/channel.js';
import { SegmentLogReader } from '../../connectors/segment-log/reader.js';
import type { ChannelReader } from '../../records/store.js';
import { compareSubjects, decodeDecision } from '../../records/score.js';
import { notifyAtOnce, startAlertmanager } from './services/alertmanager.js';
import { startKafka } from './services/kafka.js';
import { startReceiver } from './services/receiver.js';
import { ended } from './services/tocsin.js';

const data = resolve('../shared/data/hdfs/HDFS.log.gz');
const secret = `whsec_${Buffer.from('twenty-four bytes of key').toString('base64')}`;

/** Canonical bytes of all decisions of a log, in order, repeats dropped, and their number. */
async function decisions(reader: ChannelReader, shards: number): Promise<{ bytes: Buffer; different: number }> {
  const all = new Map<string, Buffer>();
  for (let shard = 0, next = 0; shard < shards;) {
    const read = await reader.read(shard, next, 1000);
    if (read.length === 0 && (await reader.wait(shard, next, 3000))) continue;
    if (read.length === 0) {
      shard++;
      next = 0;
      continue;
    }
    for (const { value } of read) {
      const { end, entity, key } = decodeDecision(value);
      const id = `${end} ${entity} ${key}`;
      const known = all.get(id);
      const bytes = Buffer.from(value);
      if (known && !known.equals(bytes)) throw new Error(`two decisions on ${id}`);
      all.set(id, bytes);
    }
    next = read[read.length - 1]!.offset + 1;
  }
  const sorted = [...all.values()].map((bytes) => ({ bytes, subject: decodeDecision(bytes) }));
  sorted.sort((a, b) => compareSubjects(a.subject, b.subject));
  return { bytes: Buffer.concat(sorted.map(({ bytes }) => bytes)), different: sorted.length };
}

/** Spreads lines at random over partitions; each partition keeps their order. */
async function produce(kafka: Kafka, topic: string, lines: readonly string[], partitions: number): Promise<void> {
  const random = new Random(7, 'spread');
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }],
    waitForLeaders: true,
  });
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  for (let at = 0; at < lines.length; at += 10_000) {
    const messages = lines
      .slice(at, at + 10_000)
      .map((value) => ({ value, partition: Math.floor(random.fraction() * partitions) }));
    await producer.send({ topic, compression: CompressionTypes.GZIP, messages });
  }
  await producer.disconnect();
}

const common = `
sessions:
  - class: blocks
    pattern: 'blk_-?[0-9]+'
rules: [{ name: exceptions, action: page, pattern: exception }]
detection: { warmup: 365d }
http: { port: 0 }
log: { level: info, format: json }
`;

test('four partitions, three shards, four processes: the decisions of one process over the file', async () => {
  if (!existsSync(data)) {
    if (process.env.CI) throw new Error(`${data} is missing`);
    console.warn(`skipped: ${data} is missing`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-fleet-'));
  const text = gunzipSync(readFileSync(data)).toString('utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  const receiver = await startReceiver({ secret });
  /** What Alertmanager notifies. */
  const notified = await startReceiver();
  const alertmanager = await startAlertmanager(notifyAtOnce(notified.url));
  const kafka = await startKafka();
  try {
    writeFileSync(
      join(folder, 'file.yaml'),
      `sources:\n  - { type: file, path: ${data}, labels: { service: hdfs } }\nchannels: { shards: 3 }\nstate: { dir: ${folder}/file }\n${common}`,
    );
    const embedded = await ended('run', '--config', join(folder, 'file.yaml'));
    expect(embedded).toMatchObject({ code: 0 });

    const fleet = (member: string): string => {
      const path = join(folder, `${member}.yaml`);
      writeFileSync(
        path,
        `kafka: { brokers: ['${kafka.bootstrap}'] }
sources:
  - { type: kafka, topics: [hdfs-logs], start: earliest, labels: { service: hdfs } }
channels: { backend: kafka, shards: 3 }
state: { dir: ${folder}/${member} }
respond:
  max_age: 36500d
  alertmanager: [{ url: '${alertmanager.url}', resend: 5s }]
  private: [127.0.0.0/8]
  webhooks: [{ name: ops, url: '${receiver.url}', secret: ${secret} }]
${common}`,
      );
      return path;
    };
    await produce(kafka.client(), 'hdfs-logs', lines, 4);
    expect(await ended('topics', '--config', fleet('a'), '--create')).toMatchObject({ code: 0 });
    const members = await Promise.all(
      ['a', 'b', 'c', 'd'].map((member) => ended('run', '--config', fleet(member), '--bounded')),
    );
    expect(members.map(({ code, said }) => (code === 0 ? '' : said.slice(-2000)))).toEqual(['', '', '', '']);

    const log = await SegmentLogReader.open({ folder: join(folder, 'file/log/decisions') });
    const file = await decisions(log, 3);
    await log.close();
    const reader = await KafkaChannelReader.open({ kafka: kafka.client(), topic: 'tocsin.decisions', shards: 3 });
    const spread = await decisions(reader, 3);
    await reader.close();
    expect(file.different).toBeGreaterThan(5000);
    expect(spread.different).toBe(file.different);
    expect(spread.bytes.equals(file.bytes)).toBe(true);

    await receiver.waitFor(1, { ms: 10_000 });
    expect(receiver.requests.every(({ signature }) => signature === 'valid')).toBe(true);
    const told = await notified.waitFor(1, { ms: 10_000, matching: ({ body }) => body.includes('TocsinAnomaly') });
    expect(told[0]!.body).toContain('"service":"hdfs"');
  } finally {
    await Promise.all([kafka.stop(), alertmanager.stop(), receiver.stop(), notified.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}, 300_000);
