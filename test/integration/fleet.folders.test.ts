/**
 * Members with a folder of state each: one is killed, another one without its state takes over. No line is lost though
 * sources begin at their end, and nobody is told twice.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { untilAnswered } from '../../connectors/kafka/retry.js';
import { startKafka } from './services/kafka.js';
import { startReceiver } from './services/receiver.js';
import { begin, goodEnd, type Running } from './services/tocsin.js';
import { until } from './services/until.js';

const secret = `whsec_${Buffer.from('twenty-four bytes of key').toString('base64')}`;
const began = Date.UTC(2026, 0, 5);
/** A day, a line every ten seconds; every two hours one that pages. */
const lines = Array.from({ length: 8640 }, (_, i) => {
  const isBad = i % 720 === 7;
  const message = isBad ? `out of memory in worker ${i}` : `order ${i} done`;
  const time = began + i * 10_000;
  const service = i % 2 === 0 ? 'cart' : 'shop';
  return {
    partition: i % 2,
    timestamp: String(time),
    value: JSON.stringify({ time: new Date(time).toISOString(), level: isBad ? 'error' : 'info', service, message }),
  };
});
/** In the middle of a minute: what is open then only its reader knows. */
const half = 5003;

/** Up to where a group has committed all partitions of a topic, and their ends. */
async function standing(admin: Admin, groupId: string, topic: string): Promise<{ read: number[]; ends: number[] }> {
  const { partitions } = (await untilAnswered(() => admin.fetchOffsets({ groupId, topics: [topic] }))).at(0)!;
  const ends = await admin.fetchTopicOffsets(topic);
  const of = (all: readonly { partition: number }[], partition: number): number =>
    Number((all.find((each) => each.partition === partition) as { offset?: string; high?: string }).offset ?? -1);
  return {
    read: ends.map(({ partition }) => of(partitions, partition)),
    ends: ends.map(({ high }) => Number(high)),
  };
}

test('who takes over without the state reads again what was open, and tells nobody twice', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-folders-'));
  const receiver = await startReceiver({ secret });
  const kafka = await startKafka();
  const running: Running[] = [];
  try {
    const common = {
      rules: [{ name: 'memory', action: 'page', pattern: 'out of memory' }],
      // When a fleet trains is a matter of the clock; what is compared here is without models.
      detection: { warmup: '365d' },
      http: { port: 0 },
      log: { format: 'json' },
    };
    const write = (name: string, settings: object): string => {
      writeFileSync(join(folder, `${name}.json`), JSON.stringify({ ...common, ...settings }));
      return join(folder, `${name}.json`);
    };
    writeFileSync(join(folder, 'app.log'), `${lines.map(({ value }) => value).join('\n')}\n`);
    const webhooks = (path: string): object => ({
      // The lines are of the past.
      max_age: '3650d',
      private: ['127.0.0.0/8'],
      webhooks: [{ name: 'ops', url: receiver.url + path, secret, expire: '3s', rate: { messages: 1000, per: '1s' } }],
    });
    const file = write('file', {
      sources: [{ type: 'file', path: join(folder, 'app.log'), format: 'json' }],
      channels: { shards: 2 },
      state: { dir: join(folder, 'file') },
      respond: webhooks('/file'),
    });
    const member = (name: string): string =>
      write(name, {
        kafka: { brokers: [kafka.bootstrap], session: '6s' },
        sources: [{ type: 'kafka', topics: ['app'], format: 'json' }],
        channels: { backend: 'kafka', shards: 2 },
        state: { dir: join(folder, name) },
        respond: webhooks('/fleet'),
      });
    await goodEnd(['run', '--config', file]);

    const client = kafka.client();
    const admin = client.admin();
    await admin.connect();
    await admin.createTopics({
      topics: [{ topic: 'app', numPartitions: 2, configEntries: [{ name: 'retention.ms', value: '-1' }] }],
      waitForLeaders: true,
    });
    const producer = client.producer();
    await producer.connect();
    // What was there before it began is not its own.
    const old = { value: '{"message":"old"}', timestamp: String(began - 86_400_000) };
    await producer.send({ topic: 'app', messages: [0, 1].map((partition) => ({ ...old, partition })) });
    await goodEnd(['topics', '--config', member('a'), '--create']);

    const first = begin(['run', '--config', member('a')]);
    running.push(first);
    const isRead = async (group: string, topic: string): Promise<true | undefined> => {
      const { read, ends } = await standing(admin, group, topic);
      return read.every((offset, partition) => offset >= ends[partition]!) || undefined;
    };
    const readToItsEnd = (group: string, topic: string): Promise<unknown> =>
      until(`${topic} read by ${group}`, () => isRead(group, topic), 60_000);
    await readToItsEnd('tocsin', 'app');
    await producer.send({ topic: 'app', messages: lines.slice(0, half) });
    const toldOf = (path: string): number => receiver.requests.filter((request) => request.path === path).length;
    await until('the alerts', () => toldOf('/fleet') >= 8 || undefined, 60_000);
    await readToItsEnd('tocsin', 'app');
    await readToItsEnd('tocsin-detect', 'tocsin.windows');
    await readToItsEnd('tocsin-respond', 'tocsin.alerts');
    first.signal('SIGKILL');
    await first.ended;
    expect(toldOf('/file')).toBeGreaterThan(toldOf('/fleet') + 3);
    // Nobody reads these when they come.
    await producer.send({ topic: 'app', messages: lines.slice(half) });
    await producer.disconnect();
    // What waited in the first one's outbox would have been given up by now.
    await sleep(3500);

    const second = begin(['run', '--config', member('b'), '--bounded']);
    running.push(second);
    const { code, said } = await second.ended;
    if (code !== 0) throw new Error(`it ended with ${code}: ${said.slice(-2000)}`);
    expect(said).toContain('another member has the state of this task');

    const [alone, fleet] = await Promise.all(
      [file, member('b')].map(async (config, i) => {
        const out = join(folder, `decisions-${i}`);
        await goodEnd(['replay', '--config', config, '--source', 'decisions', '--out', out]);
        return readFileSync(out);
      }),
    );
    expect(alone!.length).toBeGreaterThan(10_000);
    expect(fleet!.equals(alone!)).toBe(true);
    const told = (path: string): unknown[] =>
      receiver.requests
        .filter((request) => request.path === path)
        .map(({ headers, body }) => [headers['webhook-id'], (JSON.parse(body) as { type: string }).type]);
    const of = (path: string): string[] =>
      told(path)
        .map((each) => JSON.stringify(each))
        .sort();
    expect(of('/fleet')).toEqual(of('/file'));
    await admin.disconnect();
  } finally {
    for (const run of running) run.signal('SIGKILL');
    await Promise.all([kafka.stop(), receiver.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}, 240_000);
