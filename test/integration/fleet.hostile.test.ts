/**
 * All attacks by log lines at once, against two members on a real Kafka and Redis: each honest service keeps each of its
 * windows, both members answer meanwhile, and their memory is bounded.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompressionTypes, type Kafka, type Message } from 'kafkajs';
import { KafkaChannelReader } from '../../connectors/kafka/channel.js';
import { decodeDecision } from '../../records/score.js';
import { freePort } from './services/free-port.js';
import { startKafka } from './services/kafka.js';
import { startRedis } from './services/redis.js';
import { begin, tocsin, type Running } from './services/tocsin.js';
import { until } from './services/until.js';

const minute = 60_000;
const windowMs = 5 * minute;
const partitions = 2;
const honest = ['cart', 'mail', 'search', 'stock'];
/** Windows of each honest service, of which the last two stay open. */
const windows = 36;
/** Peak of resident memory of a member, MiB. */
const maxPeak = 550;

const many = (count: number, of: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => of(i)).join('');

/** Lines of five minutes in the middle: what is invented, what is dear, and what is dated wrongly. */
function* attacks(start: number): Generator<Message> {
  const at = (i: number, of: number): string => new Date(start + Math.floor((i * windowMs) / of)).toISOString();
  const size = 1_000_000;
  const large = [
    `"msg":"${many(111_000, (i) => `k=${i} `).slice(0, size)}"`,
    `"msg":"m",${many(70_000, (i) => `"f${i}":${i},`).slice(0, -1)}`,
    `"msg":"${'\\u0041'.repeat(size / 6 - 100)}"`,
    `"msg":"${'7'.repeat(size)}"`,
    `"msg":"m","x":[${'1,'.repeat(size / 2 - 100)}1]`,
  ];
  const year = 365 * 86_400_000;
  for (let i = 0; i < 50_000; i++) {
    const time = at(i, 50_000);
    yield { value: `{"time":"${time}","service":"invented-${i}","msg":"x"}` };
    yield { value: `{"time":"${time}","service":"noisy","msg":"took k=x${i} over"}` };
    const word = i.toString(26).replace(/./g, (digit) => String.fromCharCode(97 + parseInt(digit, 26)));
    yield { value: `{"time":"${time}","service":"noisy","level":"error","msg":"${word} has ${word}ed"}` };
    if (i % 5_000 === 0) for (const rest of large) yield { value: `{"time":"${time}","service":"noisy",${rest}}` };
    if (i % 100 > 0) continue;
    for (const service of ['noisy', `ahead-${i}`, `ahead-${i + 1}`])
      for (const by of [year, 59 * minute * ((i / 100) % 60), -year])
        yield { value: `{"time":"${new Date(Date.parse(time) + by).toISOString()}","service":"${service}","msg":"m"}` };
    yield { value: `{"service":"noisy","msg":"no time of its own"}`, timestamp: String(Date.UTC(2099, 0, 1)) };
  }
}

/** All in order of time: honest services write into each partition. */
async function produce(kafka: Kafka, start: number): Promise<void> {
  const producer = kafka.producer();
  await producer.connect();
  const waiting: Message[] = [];
  const send = async (): Promise<void> => {
    await producer.send({ topic: 'app', compression: CompressionTypes.GZIP, messages: waiting.splice(0) });
  };
  const flood = start + (windows / 2) * windowMs;
  for (let time = start; time < start + windows * windowMs; time += 5_000) {
    for (const [i, service] of honest.entries()) {
      const msg = `handled request k=${service}${Math.floor(time / minute)}`;
      const value = JSON.stringify({ time: new Date(time + i).toISOString(), service, msg });
      waiting.push({ partition: (time / 5_000 + i) % partitions, value });
    }
    if (time !== flood) continue;
    let n = 0;
    for (const message of attacks(flood)) {
      waiting.push({ partition: n++ % partitions, ...message });
      if (waiting.length >= 2_000 || (message.value?.length ?? 0) > 500_000) await send();
    }
    await send();
  }
  await send();
  await producer.disconnect();
}

/** Ends of the windows that were decided, by honest service. */
async function decided(kafka: Kafka, shards: number): Promise<Map<string, Set<number>>> {
  const reader = await KafkaChannelReader.open({ kafka, topic: 'tocsin.decisions', shards });
  const ends = new Map(honest.map((service) => [service, new Set<number>()]));
  for (let shard = 0; shard < shards; shard++) {
    const { next: end } = await reader.range(shard);
    for (let next = 0; next < end;) {
      const records = await reader.read(shard, next, 1000);
      if (records.length === 0) await reader.wait(shard, next, 1000);
      for (const { value, offset } of records) {
        next = offset + 1;
        const { entity, end: at, key } = decodeDecision(value);
        const service = honest.find((name) => entity.includes(`"${name}"`) || entity.endsWith(`=${name}`));
        if (service !== undefined && key === '') ends.get(service)?.add(at);
      }
    }
  }
  await reader.close();
  return ends;
}

/** Sum of the series of a metric whose labels match, over the members. */
async function counted(ports: readonly number[], metric: string, labels: RegExp): Promise<number> {
  const pages = await Promise.all(ports.map(async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()));
  return pages
    .flatMap((page) => page.split('\n'))
    .filter((line) => line.startsWith(`${metric}{`) && labels.test(line))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

const peakOf = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? NaN) / 1024;

test('all attacks at once take no window of an honest service, and a bounded part of the memory', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-fleet-hostile-'));
  const [service, redis] = await Promise.all([startKafka(), startRedis()]);
  const kafka = service.client();
  const running: Running[] = [];
  const ports: number[] = [];
  const member = async (name: string): Promise<string> => {
    const port = await freePort();
    ports.push(port);
    const path = join(folder, `${name}.json`);
    const settings = {
      kafka: { brokers: [service.bootstrap], session: '30s' },
      sources: [{ type: 'kafka', topics: ['app'], start: 'earliest', format: 'json' }],
      sessions: [{ class: 'users', pattern: 'k=(\\w+)' }],
      channels: { backend: 'kafka', shards: partitions },
      state: { dir: join(folder, name), backend: 'redis', redis: { url: redis.url } },
      http: { port },
      log: { format: 'json' },
    };
    writeFileSync(path, JSON.stringify(settings));
    return path;
  };
  try {
    const admin = kafka.admin();
    await admin.connect();
    // Older brokers take any time that a producer sets, newer ones do where they are told to.
    const configEntries = [{ name: 'message.timestamp.after.max.ms', value: '9223372036854775807' }];
    const topics = [{ topic: 'app', numPartitions: partitions, configEntries }];
    await admin.createTopics({ topics, waitForLeaders: true });
    await admin.disconnect();
    const configurations = [await member('a'), await member('b')];
    await tocsin('topics', '--config', configurations[0]!, '--create');
    const start = Math.floor(Date.now() / windowMs - windows) * windowMs;
    await produce(kafka, start);
    running.push(...configurations.map((config) => begin(['run', '--config', config])));
    const expected = Array.from({ length: windows - 2 }, (_, i) => start + (i + 1) * windowMs);
    let seen: Awaited<ReturnType<typeof decided>> | undefined;
    const peaks = [0, 0];
    await until(
      'each window of each honest service is decided',
      async () => {
        const over = running.find((each) => each.isOver());
        if (over) throw new Error(`a member has ended: ${over.said().slice(-3000)}`);
        for (const [i, { pid }] of running.entries()) peaks[i] = peakOf(pid);
        seen = await decided(kafka, partitions).catch(() => undefined);
        return honest.every((name) => expected.every((at) => seen?.get(name)?.has(at))) || undefined;
      },
      500_000,
    );
    // The attacks have happened: each was held by the limit that is for it, and what is over shares one partial.
    expect(await counted(ports, 'tocsin_limited_partials_total', /entities/)).toBeGreaterThan(0);
    expect(await counted(ports, 'tocsin_limited_partials_total', /signatures/)).toBeGreaterThan(0);
    expect(await counted(ports, 'tocsin_limited_partials_total', /session_keys/)).toBeGreaterThan(0);
    expect(await counted(ports, 'tocsin_misdated_records_total', /future/)).toBeGreaterThan(1000);
    for (const port of ports) expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    console.log(`peak of the members, MiB: ${peaks.map(Math.round).join(', ')}`);
    expect(Math.max(...peaks)).toBeLessThan(maxPeak);
  } finally {
    for (const each of running) each.signal('SIGTERM');
    await Promise.all(running.map(({ ended }) => ended));
    await Promise.all([service.stop(), redis.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}, 600_000);
