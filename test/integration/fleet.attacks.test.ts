/**
 * A fleet of two members on a real Kafka, with and without attackers who write to the topic of honest services: invented
 * services, invented messages and lines with wrong times. No honest window is missing or counts anything else.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompressionTypes, type Message } from 'kafkajs';
import { entityFromKey } from '../../records/entity.js';
import { decisionsIn } from './services/replayed.js';
import { startKafka } from './services/kafka.js';
import { ended } from './services/tocsin.js';

const start = Date.UTC(2026, 0, 5);
const minute = 60_000;
const honest = ['cart', 'mail', 'shop'];
const partitions = 2;

const message = (time: number, service: string, msg: string): Message => ({
  value: JSON.stringify({ time: new Date(time).toISOString(), service, msg }),
  timestamp: String(time),
});

/** Two hours of three services over both partitions. */
function* lines(): Generator<{ readonly time: number; readonly partition: number; readonly message: Message }> {
  for (let at = 0, n = 0; at < 120 * minute; at += 10_000)
    for (const service of honest) {
      const time = start + at;
      yield { time, partition: n++ % partitions, message: message(time, service, `handled request of kind ${n % 3}`) };
    }
}

/** What the attackers write before the honest line of a time, all into the first partition. */
function attack(time: number): Message[] {
  const at = time - start;
  const out: Message[] = [];
  if (at >= 60 * minute && at < 65 * minute)
    for (let i = 0; i < 350; i++) out.push(message(time, `x${at}-${i}`, 'hello'));
  // Into the past of all, a month ahead, and step by step.
  if (at === 70 * minute) for (let day = 28; day < 32; day++) out.push(message(time + day * 86_400_000, 'clock', 'ahead'));
  if (at >= 80 * minute && at < 90 * minute)
    out.push(message(time + (at - 79 * minute) * 59, 'chain', `step ${at}`), message(time - 86_400_000, 'old', 'behind'));
  return out;
}

test('invented services and wrong times take no window of the honest services of a fleet', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-attacks-'));
  const kafka = await startKafka();
  const client = kafka.client();
  const decided = async (name: string, isAttacked: boolean) => {
    const admin = client.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: name, numPartitions: partitions }], waitForLeaders: true });
    await admin.disconnect();
    const producer = client.producer();
    await producer.connect();
    const messages: (Message & { partition: number })[] = [];
    let last = 0;
    for (const line of lines()) {
      if (isAttacked && line.time !== last)
        messages.push(...attack(line.time).map((one) => ({ ...one, partition: 0 })));
      last = line.time;
      messages.push({ ...line.message, partition: line.partition });
    }
    await producer.send({ topic: name, compression: CompressionTypes.GZIP, messages });
    await producer.disconnect();
    const member = (which: string): string => {
      const file = join(folder, `${name}-${which}.yaml`);
      writeFileSync(
        file,
        `kafka: { brokers: ['${kafka.bootstrap}'] }
sources: [{ topics: [${name}], start: earliest }]
channels: { shards: 2, prefix: ${name} }
state: { dir: ${folder}/${name}-${which} }
http: { port: 0 }
`,
      );
      return file;
    };
    expect(await ended('topics', '--config', member('a'), '--create')).toMatchObject({ code: 0 });
    const members = await Promise.all(['a', 'b'].map((which) => ended('run', '--config', member(which), '--bounded')));
    expect(members.map(({ code, said }) => (code === 0 ? '' : said.slice(-2000)))).toEqual(['', '']);
    const out = join(folder, `${name}.bin`);
    // Windows that the end of the input cut are named, with code 3.
    await ended('replay', '--config', member('a'), '--source', 'decisions', '--out', out);
    return decisionsIn(readFileSync(out));
  };
  try {
    const quiet = await decided('quiet', false);
    const attacked = await decided('attacked', true);
    const of = (decisions: typeof quiet) =>
      decisions
        .filter(({ entity }) => honest.includes(entityFromKey(entity).labels.service))
        .map(({ entity, start: from, end, features, u, fired, flags }) => ({ entity, from, end, features, u, fired, flags }))
        .sort((a, b) => a.end - b.end || (a.entity < b.entity ? -1 : 1));
    expect(of(quiet)).toHaveLength(honest.length * 24);
    expect(of(attacked)).toEqual(of(quiet));
    // The flood had its share, and no more.
    const invented = new Set(attacked.map(({ entity }) => entityFromKey(entity).labels.service));
    expect(invented.size).toBeGreaterThan(honest.length);
    expect(invented.size).toBeLessThan(honest.length + 1000);
  } finally {
    await kafka.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}, 400_000);
