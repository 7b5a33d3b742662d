/** Topics by pattern on a real Kafka: new ones are read from their beginning, and labels come from key and headers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Admin, Kafka } from 'kafkajs';
import { KafkaChannelReader } from '../../connectors/kafka/channel.js';
import { decodeWindowsRecord } from '../../records/windows.js';
import { startKafka } from './services/kafka.js';
import { begin, tocsin, whileRunning } from './services/tocsin.js';

const start = Date.UTC(2026, 0, 5);
const text = (minute: number, i: number): string =>
  JSON.stringify({ time: new Date(start + minute * 60_000 + i * 100).toISOString(), message: `order ${i} done` });

/** Lines of the partials in `windows` by entity, each tag once; and the last source set. */
async function counted(kafka: Kafka): Promise<{ lines: Record<string, number>; sources: readonly string[] }> {
  const reader = await KafkaChannelReader.open({ kafka, topic: 'tocsin.windows', shards: 1 });
  const seen = new Set<string>();
  const lines: Record<string, number> = {};
  let sources: readonly string[] = [];
  const { next: end } = await reader.range(0);
  for (let next = 0; next < end;) {
    const records = await reader.read(0, next, 1000);
    if (records.length === 0) await reader.wait(0, next, 1000);
    for (const { offset, value } of records) {
      next = offset + 1;
      const record = decodeWindowsRecord(value);
      if (record.type === 'sources') ({ sources } = record);
      if (record.type !== 'log') continue;
      const { source, incarnation, offset: at, n } = record.tag;
      const id = [source, incarnation, at, n].join(' ');
      if (seen.has(id)) continue;
      seen.add(id);
      const entity = `${source.split('/')[0]} ${record.entity}`;
      lines[entity] = (lines[entity] ?? 0) + record.aggregate.lines;
    }
  }
  await reader.close();
  return { lines, sources };
}

test('topics that come to match a pattern are read whole, over a kill, with the labels of key and headers', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-patterns-'));
  const service = await startKafka();
  const kafka = service.client();
  const admin: Admin = kafka.admin();
  const config = (format: string): string => {
    const path = join(folder, `${format}.yaml`);
    const relabel = [
      { source_labels: ['key'], target_label: 'service' },
      { source_labels: ['header_x_team'], target_label: 'team' },
    ];
    writeFileSync(
      path,
      JSON.stringify({
        kafka: { brokers: [service.bootstrap], session: '6s' },
        windows: { idle_after: '1s', lateness: '1s' },
        sources: [{ type: 'kafka', topics: ['^app-[a-z]+$', 'team.*.logs'], start: 'latest', format, relabel }],
        channels: { backend: 'kafka', shards: 1 },
        state: { dir: join(folder, 'state') },
        detection: { warmup: '365d' },
        http: { port: 0 },
        log: { format: 'json' },
      }),
    );
    return path;
  };
  const producer = kafka.producer({ allowAutoTopicCreation: false, metadataMaxAge: 500 });
  const send = (topic: string, key: string, values: readonly string[]) =>
    producer.send({ topic, messages: values.map((value) => ({ key, value, headers: { 'X-Team': 'shop' } })) });
  const lines = (minute: number, count: number): string[] => Array.from({ length: count }, (_, i) => text(minute, i));
  const make = (topic: string) => admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
  const json = config('json');
  let run = begin(['doctor', '--config', json]);
  try {
    await run.ended;
    await Promise.all([admin.connect(), producer.connect()]);
    for (const topic of ['app-a', 'app-1']) await make(topic);
    await send('app-a', 'before', lines(0, 20));
    await tocsin('topics', '--config', json, '--create');

    run = begin(['run', '--config', json]);
    await whileRunning(run, async () => {
      const { partitions } = (
        await admin.fetchOffsets({ groupId: 'tocsin', topics: ['app-a'] }).catch(() => [{ partitions: [] }])
      ).at(0)!;
      return partitions.some(({ offset }) => Number(offset) >= 20);
    });
    await send('app-a', 'cart', lines(1, 30));
    await send('app-1', 'other', lines(1, 30));
    for (const topic of ['app-b', 'team.x.logs']) await make(topic);
    await send('app-b', 'pay', lines(1, 40));
    await send('team.x.logs', 'cart', lines(1, 25));
    await whileRunning(run, async () => (await counted(kafka)).sources.includes('app-b/0'));
    run.signal('SIGKILL');
    await run.ended;
    // Created while no member ran: all of it is new, too.
    await make('app-c');
    await send('app-c', 'pay', lines(2, 15));
    await send('app-b', 'pay', [...lines(2, 5), 'no JSON at all']);

    run = begin(['run', '--config', json]);
    await whileRunning(run, async () => (await counted(kafka)).sources.includes('app-c/0'));
    for (const topic of ['app-a', 'app-b', 'app-c', 'team.x.logs']) await send(topic, 'last', lines(9, 1));
    await whileRunning(run, async () => {
      const { lines: all } = await counted(kafka);
      const own = Object.entries(all).filter(([entity]) => !entity.includes('last'));
      return own.reduce((sum, [, count]) => sum + count, 0) >= 115;
    });
    run.signal('SIGTERM');
    await run.ended;
    const { lines: all, sources } = await counted(kafka);
    expect([...sources].sort()).toEqual(['app-a/0', 'app-b/0', 'app-c/0', 'team.x.logs/0']);
    const own = Object.entries(all).filter(([entity]) => !entity.includes('last'));
    expect(Object.fromEntries(own)).toEqual({
      'app-a service{service="cart",team="shop"}': 30,
      'app-b service{service="pay",team="shop"}': 45,
      'app-c service{service="pay",team="shop"}': 15,
      'team.x.logs service{service="cart",team="shop"}': 25,
    });

    // What was refused is put back under the labels that it had.
    const auto = config('auto');
    const letters = JSON.parse(await tocsin('dlq', 'list', '--config', json, '--json')) as {
      deadLetters: { source: string; text: string }[];
    };
    expect(letters.deadLetters.map(({ source, text: line }) => [source, line])).toEqual([
      ['app-b/0', 'no JSON at all'],
    ]);
    await tocsin('dlq', 'redrive', '--config', auto);
    run = begin(['run', '--config', auto]);
    await whileRunning(
      run,
      async () => (await counted(kafka)).lines['redrive service{service="pay",team="shop"}'] === 1,
    );
    run.signal('SIGTERM');
    await run.ended;
  } finally {
    run.signal('SIGKILL');
    await Promise.all([admin.disconnect(), producer.disconnect()]);
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}, 180_000);
