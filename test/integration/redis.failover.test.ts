/** The primary dies and a replica is promoted, by sentinels and within a cluster: state goes on, or it is said what is gone. */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { openRedisBackend, type RedisBackendOptions } from '../../connectors/redis/backend.js';
import { uint } from '../../records/wire/codec.js';
import { StateLostError } from '../../runtime/backend.js';
import { TaskState } from '../../runtime/state.js';
import { startRedis } from './services/redis.js';
import type { Service } from './services/service.js';
import { until } from './services/until.js';

const at = (offset: number) => ({ source: 'logs/0', offset });

const settings = (service: Service, more: Partial<RedisBackendOptions> = {}): RedisBackendOptions => ({
  urls: service.url.split(','),
  prefix: `test-${randomUUID()}`,
  timeoutMs: 500,
  giveUpMs: 40_000,
  ...more,
});

/** Asks one server past everything else. */
async function asked<T>(port: number, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(port, { retryStrategy: null });
  client.on('error', () => undefined);
  try {
    return await question(client);
  } finally {
    client.disconnect();
  }
}

const replication = async (port: number): Promise<ReadonlyMap<string, string>> => {
  const lines = (await asked(port, (client) => client.info('replication')).catch(() => '')).split('\r\n');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
};

const soon = 30_000;

/** Waits until a replica has all that its primary has. */
const inStep = (primary: number, replica: number): Promise<unknown> =>
  until(
    `${replica} has what ${primary} has`,
    async () => {
      const [of, at] = await Promise.all([replication(primary), replication(replica)]);
      const isUp = at.get('master_link_status') === 'up';
      return (isUp && of.get('master_repl_offset') === at.get('slave_repl_offset')) || undefined;
    },
    soon,
  );

const isPrimary = (port: number): Promise<unknown> =>
  until(`${port} is a primary`, async () => (await replication(port)).get('role') === 'master' || undefined, soon);

describe('behind three sentinels', () => {
  const sentinel = { name: 'tocsin' };
  let server: Service;
  beforeEach(async () => {
    server = await startRedis({ sentinels: 3 });
  });
  afterEach(() => server?.stop());

  test('checkpoints go on at the replica, and back again, with nothing lost', async () => {
    const options = settings(server, { sentinel });
    const backend = await openRedisBackend(options);
    const state = await TaskState.restore(backend, 'detect/0', 1);
    const put = async (offset: number): Promise<void> => {
      state.open('counts', uint).put('checkout', offset);
      await state.checkpoint(at(offset));
    };
    const [first, second] = server.ports;
    await put(1);
    await inStep(first!, second!);
    server.kill9(1);
    await put(2);
    expect((await replication(second!)).get('role')).toBe('master');
    await server.startAgain(1);
    await inStep(second!, first!);
    server.kill9(2);
    await put(3);
    expect((await replication(first!)).get('role')).toBe('master');
    const after = await TaskState.restore(backend, 'detect/0', 1);
    expect([after.position, after.open('counts', uint).get('checkout')]).toEqual([at(3), 3]);
    await backend.close();
  }, 120_000);

  test('a replica that lacks what was acknowledged is noticed', async () => {
    const backend = await openRedisBackend(settings(server, { sentinel }));
    const state = await TaskState.restore(backend, 'detect/0', 1);
    const put = async (offset: number): Promise<void> => {
      state.open('counts', uint).put('checkout', offset);
      await state.checkpoint(at(offset));
    };
    await put(1);
    await inStep(server.ports[0]!, server.ports[1]!);
    server.pause(2);
    // Nothing more is sent to it, and when it wakes up nobody is there to ask.
    await asked(server.ports[0]!, (client) => client.call('CLIENT', 'KILL', 'TYPE', 'slave'));
    await put(2);
    server.kill9(1);
    server.resume(2);
    await isPrimary(server.ports[1]!);
    await expect(put(3)).rejects.toThrow(StateLostError);
    const after = await TaskState.restore(backend, 'detect/0', 1);
    expect([after.position, after.open('counts', uint).get('checkout')]).toEqual([at(1), 1]);
    await backend.close();
  }, 60_000);

  test('a name that they do not know, and a password that they do not take, are told', async () => {
    const wrong = settings(server, { sentinel: { name: 'mymaster' }, giveUpMs: 1500 });
    await expect(openRedisBackend(wrong)).rejects.toThrow(/The sentinels watch no primary of this name/);
    await asked(server.ports[2]!, (client) => client.call('ACL', 'SETUSER', 'default', 'resetpass', '>other'));
    const refused = settings(server, { urls: [server.url.split(',')[0]!], sentinel, giveUpMs: 1500 });
    await expect(openRedisBackend(refused)).rejects.toThrow(/NOAUTH.*Look at state\.redis\.sentinel/);
    const known = { ...refused, sentinel: { ...sentinel, password: 'other' } };
    await (await openRedisBackend(known)).close();
  }, 30_000);
});

test('in a cluster a replica is promoted, and its tasks go on', async () => {
  const cluster = await startRedis({ nodes: 6, replicas: 1 });
  try {
    const backend = await openRedisBackend(settings(cluster));
    const tasks = Array.from({ length: 8 }, (_, task) => `detect/${task}`);
    const states = await Promise.all(tasks.map((task) => TaskState.restore(backend, task, 1)));
    const put = async (offset: number): Promise<void> => {
      for (const state of states) state.open('counts', uint).put('checkout', offset);
      await Promise.all(states.map((state) => state.checkpoint(at(offset))));
    };
    await put(1);
    const primaries: number[] = [];
    for (const port of cluster.ports.slice(0, 6)) {
      const of = await replication(port);
      if (of.get('role') === 'master') primaries.push(port);
      else await inStep(Number(of.get('master_port')), port);
    }
    expect(primaries).toHaveLength(3);
    cluster.kill9(cluster.ports.indexOf(primaries[0]!) + 1);
    await put(2);
    for (const task of tasks) {
      const after = await TaskState.restore(backend, task, 1);
      expect([after.position, after.open('counts', uint).get('checkout')]).toEqual([at(2), 2]);
    }
    await backend.close();
  } finally {
    await cluster.stop();
  }
}, 120_000);
