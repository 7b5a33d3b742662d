/**
 * `decide` of a fleet of two members, with a real Kafka and a real Redis: the member that has the shard of a service answers,
 * and the other one says where it is.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { entity, shardOf } from '../../records/entity.js';
import { freePort } from './services/free-port.js';
import { startKafka } from './services/kafka.js';
import { startRedis } from './services/redis.js';
import { begin, ended, type Running } from './services/tocsin.js';
import { until } from './services/until.js';

const minute = 60_000;
const start = Date.UTC(2026, 0, 5);
const services = ['cart', 'mail', 'pay', 'shop', 'stock', 'web'];
const shards = 2;

interface Infer {
  readonly error?: string;
  readonly outputs?: readonly { readonly name: string; readonly data: readonly (number | string | boolean)[] }[];
}

const line = (service: string, time: number): string =>
  JSON.stringify({ time: new Date(time).toISOString(), service, msg: `handled request in ${time % 7} ms` });

test('the member that has the shard of a service answers, the other one says where it is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-fleet-decide-'));
  const [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
  let last = '';
  const members: { readonly url: string; readonly run: Running }[] = [];
  try {
    const client = kafka.client();
    const producer = client.producer({ allowAutoTopicCreation: false });
    const admin = client.admin();
    await Promise.all([admin.connect(), producer.connect()]);
    await admin.createTopics({ topics: [{ topic: 'lines', numPartitions: 2 }], waitForLeaders: true });
    const write = (from: number, to: number): Promise<unknown> =>
      producer.send({
        topic: 'lines',
        messages: Array.from({ length: Math.floor((to - from) / 5000) }, (_, i) => from + i * 5000).flatMap((time) =>
          services.map((service, n) => ({ value: line(service, time), timestamp: String(time), partition: n % 2 })),
        ),
      });
    await write(start, start + 61 * minute);
    const configured = (name: string, port: number): string => {
      const file = join(folder, `${name}.yaml`);
      writeFileSync(
        file,
        `kafka: { brokers: ['${kafka.bootstrap}'], client_id: member-${name} }
sources: [{ topics: [lines], start: earliest }]
channels: { shards: ${shards} }
state: { dir: ${folder}/${name}, backend: redis, redis: { url: '${redis.url}' } }
http: { port: ${port}, rate_limit: 100000 }
`,
      );
      return file;
    };
    for (const name of ['a', 'b']) {
      const port = await freePort();
      const file = configured(name, port);
      if (name === 'a') expect(await ended('topics', '--config', file, '--create')).toMatchObject({ code: 0 });
      members.push({ url: `http://127.0.0.1:${port}`, run: begin(['run', '--config', file]) });
    }
    const ask = async (url: string, service: string): Promise<{ status: number; body: Infer }> => {
      const data = Array.from({ length: 60 }, (_, i) => line(service, start + 60 * minute + i * 5000));
      const inputs = [{ name: 'lines', datatype: 'BYTES', shape: [data.length], data }];
      const answer = await fetch(`${url}/v2/models/decide/infer`, { method: 'POST', body: JSON.stringify({ inputs }) });
      return { status: answer.status, body: (await answer.json()) as Infer };
    };
    // Each shard is at one member.
    const answers = await until(
      'an answer for each service from one member and a refusal from the other',
      async () => {
        const all = await Promise.all(
          services.map((service) => Promise.all(members.map(({ url }) => ask(url, service).catch(() => undefined)))),
        );
        last = JSON.stringify(all).slice(0, 3000);
        const isSettled = all.every(
          (each) =>
            each.filter((one) => one?.status === 200).length === 1 &&
            each.filter((one) => one?.body.error?.includes('is at the member on')).length === 1,
        );
        const owners = new Set(all.map((each) => each.findIndex((one) => one?.status === 200)));
        return isSettled && owners.size === members.length ? all : undefined;
      },
      120_000,
    );
    services.forEach((service, i) => {
      const { key } = entity('service', { service });
      const owner = answers[i]!.findIndex((one) => one?.status === 200);
      const { outputs = [] } = answers[i]![owner]!.body;
      expect(Object.fromEntries(outputs.map(({ name, data }) => [name, data]))).toMatchObject({
        entity: [key],
        end: [start + 65 * minute],
      });
      expect(answers[i]![1 - owner]).toEqual({
        status: 503,
        body: {
          error: `the state of ${key} is not at this process: shard ${shardOf(key, shards)} is at the member on 127.0.0.1 (client member-${'ab'[owner]}): ask that one`,
        },
      });
    });
    // The one that is left takes over, and answers for all.
    members[1]!.run.signal('SIGKILL');
    await until(
      'all answers from the member that is left',
      async () => {
        const all = await Promise.all(services.map((service) => ask(members[0]!.url, service)));
        return all.every(({ status }) => status === 200) ? true : undefined;
      },
      120_000,
    );
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  } catch (error) {
    throw new Error(
      `${(error as Error).message}\n${last}\n${members.map(({ run }) => run.said().slice(-1500)).join('\n')}`,
      {
        cause: error,
      },
    );
  } finally {
    for (const { run } of members) run.signal('SIGKILL');
    await Promise.all(members.map(({ run }) => run.ended));
    await Promise.all([kafka.stop(), redis.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}, 400_000);
