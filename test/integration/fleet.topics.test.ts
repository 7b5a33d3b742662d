/** Log topics of a running fleet grow, are deleted and re-created; each line counts once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import { KafkaChannelReader } from '../../connectors/kafka/channel.js';
import { decodeWindowsRecord } from '../../records/windows.js';
import { startKafka } from './services/kafka.js';
import { startRedis } from './services/redis.js';
import { begin, tocsin, type Running } from './services/tocsin.js';

const start = Date.UTC(2026, 0, 5);

/** Lines of a minute of event time, each with a service of its own so that it can be found again. */
const lines = (minute: number, count: number, service: string): string[] =>
  Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      time: new Date(start + minute * 60_000 + i * 100).toISOString(),
      level: 'info',
      service,
      message: `order ${i} done`,
    }),
  );

async function send(kafka: Kafka, topic: string, partition: number, values: readonly string[]): Promise<void> {
  const producer = kafka.producer({ allowAutoTopicCreation: false, metadataMaxAge: 500 });
  await producer.connect();
  await producer.send({ topic, messages: values.map((value) => ({ value, partition })) });
  await producer.disconnect();
}

/** Lines in the partials of `windows`, by service, each (source, incarnation, offset, n) once; and the source sets. */
async function counted(kafka: Kafka): Promise<{ lines: Record<string, number>; sets: string[] }> {
  const reader = await KafkaChannelReader.open({ kafka, topic: 'tocsin.windows', shards: 1 });
  const seen = new Set<string>();
  const all: Record<string, number> = {};
  const sets: string[] = [];
  const { next: end } = await reader.range(0);
  for (let next = 0; next < end;) {
    const records = await reader.read(0, next, 1000);
    if (records.length === 0) {
      await reader.wait(0, next, 1000);
      continue;
    }
    next = records[records.length - 1]!.offset + 1;
    for (const { value } of records) {
      const record = decodeWindowsRecord(value);
      if (record.type === 'sources') sets.push(record.sources.join(' '));
      if (record.type !== 'log') continue;
      const { source, incarnation, offset, n } = record.tag;
      const id = [source, incarnation, offset, n].join(' ');
      if (seen.has(id)) continue;
      seen.add(id);
      const service = /service="?([a-z]+)/.exec(record.entity)?.[1] ?? record.entity;
      all[service] = (all[service] ?? 0) + record.aggregate.lines;
    }
  }
  await reader.close();
  return { lines: all, sets };
}

test('partitions are added, topics go and come back while two members run', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-topics-'));
  const service = await startKafka();
  const redis = await startRedis();
  const kafka = service.client();
  const admin: Admin = kafka.admin();
  const running: Running[] = [];
  const config = (member: string): string => {
    const path = join(folder, `${member}.yaml`);
    writeFileSync(
      path,
      JSON.stringify({
        kafka: { brokers: [service.bootstrap], session: '6s' },
        windows: { idle_after: '1s', lateness: '1s' },
        sources: [{ type: 'kafka', topics: ['app', 'web'], start: 'latest', format: 'json' }],
        channels: { backend: 'kafka', shards: 1 },
        state: { dir: join(folder, member), backend: 'redis', redis: { url: redis.url } },
        detection: { warmup: '365d' },
        http: { port: 0 },
        log: { format: 'json' },
      }),
    );
    return path;
  };
  const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    const began = performance.now();
    while (performance.now() - began < 60_000) {
      const over = running.find((member) => member.isOver());
      if (over) throw new Error(`a member has ended while waiting: ${what}: ${over.said().slice(-3000)}`);
      // A broker that has just started does not know its groups yet.
      if (await holds().catch(() => false)) return;
      await sleep(200);
    }
    const { lines: all, sets } = await counted(kafka);
    throw new Error(
      `not within a minute: ${what}; ${JSON.stringify({ all, last: sets.at(-1) })}; ${running.map((member) => member.said().slice(-2500)).join('\n---\n')}`,
    );
  };
  const make = async (topic: string, numPartitions: number): Promise<void> => {
    await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true });
  };
  try {
    await admin.connect();
    await make('app', 2);
    await make('web', 1);
    await send(kafka, 'web', 0, lines(0, 50, 'before'));
    await tocsin('topics', '--config', config('a'), '--create');
    running.push(begin(['run', '--config', config('a')]), begin(['run', '--config', config('b')]));
    // Two partitions of one member and one of the other, all at their end.
    await until('all partitions are read', async () => {
      const committed = await admin.fetchOffsets({
        groupId: 'tocsin',
        topics: ['app', 'web'],
      });
      return committed.flatMap(({ partitions }) => partitions).filter(({ offset }) => Number(offset) >= 0).length === 3;
    });
    await send(kafka, 'app', 0, lines(1, 40, 'first'));
    await send(kafka, 'app', 1, lines(1, 40, 'second'));
    await send(kafka, 'web', 0, lines(1, 40, 'web'));

    // What is in a new partition before anybody looks is read, although the configuration says `latest`.
    await admin.createPartitions({ topicPartitions: [{ topic: 'app', count: 3 }] });
    await sleep(500);
    await send(kafka, 'app', 2, lines(1, 30, 'third'));
    await until('the new partition is a source', async () =>
      (await counted(kafka)).sets.some((set) => set.includes('app/2')),
    );

    // What was read of a topic counts, though it goes; what nobody has read yet would be gone.
    await until('web is read', async () => {
      const { partitions } = (await admin.fetchOffsets({ groupId: 'tocsin', topics: ['web'] })).at(0)!;
      return Number(partitions[0]!.offset) === 90;
    });
    await admin.deleteTopics({ topics: ['web'] });
    await until('web is none', async () => !(await counted(kafka)).sets.at(-1)?.includes('web/0'));
    await until('web re-created', async () =>
      make('web', 1).then(
        () => true,
        () => false,
      ),
    );
    await send(kafka, 'web', 0, lines(2, 20, 'anew'));
    await until('web is one again', async () => (await counted(kafka)).sets.at(-1)?.includes('web/0') === true);

    for (const partition of [0, 1, 2]) await send(kafka, 'app', partition, lines(5, 1, 'last'));
    await send(kafka, 'web', 0, lines(5, 1, 'last'));
    await until('every line counts', async () => {
      const { lines: all } = await counted(kafka);
      return all.first! >= 40 && all.second! >= 40 && all.third! >= 30 && all.web! >= 40 && all.anew! >= 20;
    });
    const { lines: all } = await counted(kafka);
    expect(all).toMatchObject({ first: 40, second: 40, third: 30, web: 40, anew: 20 });
    expect(all.before).toBeUndefined();
    for (const member of running) member.signal('SIGTERM');
    expect((await Promise.all(running.map(({ ended }) => ended))).map(({ code }) => code)).toEqual([0, 0]);
  } finally {
    for (const member of running) member.signal('SIGKILL');
    await admin.disconnect();
    await Promise.all([service.stop(), redis.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}, 300_000);
