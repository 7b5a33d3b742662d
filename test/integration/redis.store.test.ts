/** The state backend on a real Redis and on a real cluster of three nodes. */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { openRedisBackend, type RedisBackend, type RedisBackendOptions } from '../../connectors/redis/backend.js';
import { bytes, uint } from '../../records/wire/codec.js';
import { FencedError, StateLostError, type StateBackend } from '../../runtime/backend.js';
import { TaskState } from '../../runtime/state.js';
import { storeConformance, type StoreHarness } from '../conformance/store.js';
import { startRedis } from './services/redis.js';
import type { Service } from './services/service.js';

const settings = (url: string, more: Partial<RedisBackendOptions> = {}): RedisBackendOptions => ({
  urls: url.split(','),
  prefix: `test-${randomUUID()}`,
  timeoutMs: 2000,
  giveUpMs: 10_000,
  ...more,
});

/** A harness whose storage is a prefix of its own. */
function harness(server: () => Service, more: Partial<RedisBackendOptions> = {}): StoreHarness {
  const opened = new WeakMap<StateBackend, { options: RedisBackendOptions; incarnation: string }>();
  const open = async (options: RedisBackendOptions): Promise<RedisBackend> => {
    const backend = await openRedisBackend(options);
    opened.set(backend, { options, incarnation: backend.incarnation });
    return backend;
  };
  return {
    create: () => open(settings(server().url, more)),
    async reopen(backend) {
      await backend.close();
      const { options, incarnation } = opened.get(backend)!;
      return open({ ...options, incarnation });
    },
    destroy: (backend) => backend.close(),
  };
}

const at = (offset: number) => ({ source: 'logs/0', offset });

describe('on one server', () => {
  let server: Service;
  let client: Redis;
  beforeAll(async () => {
    server = await startRedis();
    client = new Redis(server.url, { retryStrategy: () => 50 });
    client.on('error', () => undefined);
  });
  afterAll(async () => {
    client?.disconnect();
    await server?.stop();
  });

  storeConformance(
    'Redis',
    harness(() => server),
  );
  storeConformance(
    'Redis, every checkpoint cut into parts',
    harness(() => server, { limits: { bytes: 12, values: 4 } }),
  );

  /** A backend and what it takes to look at its keys. */
  async function open(more: Partial<RedisBackendOptions> = {}) {
    const options = settings(server.url, more);
    const backend = await openRedisBackend(options);
    return { backend, options, key: (task: string, part: string) => `${options.prefix}:{${task}}:${part}` };
  }

  test('a large write whose holder died half-way is there whole or not at all', async () => {
    const { backend, options, key } = await open({ limits: { bytes: 100, values: 10 } });
    const state = await TaskState.restore(backend, 'detect/0', 1);
    const counts = state.open('counts', uint);
    for (let i = 0; i < 100; i++) counts.put(`k${i}`, 1);
    await state.checkpoint(at(1));

    // Died before it said that the parts count: parts lie there, nothing else.
    await client.rpush(key('detect/0', 'part:0'), 'HSET', 'counts\0k0', 'not a count');
    await client.hset(key('detect/0', 'head'), 'staged', '1');
    const second = await openRedisBackend(options);
    const before = await TaskState.restore(second, 'detect/0', 1);
    expect(before.open('counts', uint).get('k0')).toBe(1);
    expect(await client.exists(key('detect/0', 'part:0'))).toBe(0);

    // Died after: the next holder moves what is left to its place.
    const value = Buffer.from([7]);
    await client.rpush(key('detect/0', 'part:0'), 'HSET', 'counts\0k0', value, 'counts\0new', value);
    await client.rpush(key('detect/0', 'part:1'), 'HDEL', 'counts\0k1');
    await client.hset(key('detect/0', 'head'), 'parts', '2', 'staged', '2');
    const after = (await TaskState.restore(second, 'detect/0', 1)).open('counts', uint);
    expect([after.get('k0'), after.get('new'), after.get('k1'), after.size]).toEqual([7, 7, undefined, 100]);
    expect(await client.hget(key('detect/0', 'head'), 'parts')).toBe('0');
    await backend.close();
    await second.close();
  });

  test('what another process claimed is refused, and the answer names both epochs', async () => {
    const { backend, options } = await open();
    const zombie = await TaskState.restore(backend, 'detect/0', 1000);
    const other = await openRedisBackend(options);
    await TaskState.restore(other, 'detect/0', 5000);
    zombie.open('counts', uint).put('checkout', 1);
    const written = zombie.checkpoint(at(1));
    await expect(written).rejects.toThrow(FencedError);
    await expect(written).rejects.toThrow(/epoch 5000 is stored and this holder has 1000/);
    await backend.close();
    await other.close();
  });

  test('a Redis that was emptied under a running task is noticed at the next checkpoint', async () => {
    const { backend, options } = await open();
    const state = await TaskState.restore(backend, 'detect/0', 1);
    state.open('counts', uint).put('checkout', 1);
    await state.checkpoint(at(1));
    await client.del(...(await client.keys(`${options.prefix}:*`)));
    state.open('counts', uint).put('search', 1);
    await expect(state.checkpoint(at(2))).rejects.toThrow(
      /Redis has no state of task detect\/0 any more: it was emptied\. Nothing was overwritten\. Restore it/,
    );
    expect(await client.keys(`${options.prefix}:*`)).toEqual([]);
    await backend.close();
  });

  test('a Redis that went back behind what it had acknowledged is noticed, and what it has is whole', async () => {
    const { backend, options, key } = await open();
    const state = await TaskState.restore(backend, 'detect/0', 1);
    const counts = state.open('counts', uint);
    const put = async (offset: number): Promise<void> => {
      counts.put('checkout', offset);
      await state.checkpoint(at(offset));
    };
    await put(1);
    const head = await client.dumpBuffer(key('detect/0', 'head'));
    const data = await client.dumpBuffer(key('detect/0', 'data'));
    await put(2);
    await client.restore(key('detect/0', 'head'), 0, head, 'REPLACE');
    await client.restore(key('detect/0', 'data'), 0, data, 'REPLACE');
    await expect(put(3)).rejects.toThrow(StateLostError);
    const again = await openRedisBackend(options);
    const restored = await TaskState.restore(again, 'detect/0', 1);
    expect(restored.position).toEqual(at(1));
    expect(restored.open('counts', uint).get('checkout')).toBe(1);
    await backend.close();
    await again.close();
  });

  test.each(['the task', 'the dependent task'])(
    'a task does not get ahead of a dependent task that went back: %s writes next',
    async (next) => {
      const { backend, options } = await open();
      const outbox = await TaskState.restore(backend, 'respond/outbox', 1, 'respond/0');
      const task = await TaskState.restore(backend, 'respond/0', 1);
      const add = async (id: number): Promise<void> => {
        outbox.open('intents', uint).put(`m${id}`, id);
        await outbox.checkpoint(undefined);
      };
      await add(1);
      await task.checkpoint(at(1));
      const keys = ['head', 'data'].map((part) => `${options.prefix}:{respond/0}:respond/outbox:${part}`);
      const before = await Promise.all(keys.map((key) => client.dumpBuffer(key)));
      await add(2);
      for (const [i, key] of keys.entries()) await client.restore(key, 0, before[i]!, 'REPLACE');

      if (next === 'the dependent task')
        await expect(add(3)).rejects.toThrow(/older state of task respond\/outbox than/);
      await expect(task.checkpoint(at(2))).rejects.toThrow(/older state of task respond\/0 or respond\/outbox than/);
      const again = await openRedisBackend(options);
      const restored = await TaskState.restore(again, 'respond/outbox', 1, 'respond/0');
      expect([...restored.open('intents', uint).keys()]).toEqual(['m1']);
      const resumed = await TaskState.restore(again, 'respond/0', 1);
      expect(resumed.position).toEqual(at(1));
      await resumed.checkpoint(at(2));
      await backend.close();
      await again.close();
    },
  );

  test('a dependent task that another process claimed takes the task with it', async () => {
    const { backend, options } = await open();
    await TaskState.restore(backend, 'respond/outbox', 1000, 'respond/0');
    const task = await TaskState.restore(backend, 'respond/0', 1000);
    const other = await openRedisBackend(options);
    await TaskState.restore(other, 'respond/outbox', 5000, 'respond/0');
    await expect(task.checkpoint(at(1))).rejects.toThrow(FencedError);
    await backend.close();
    await other.close();
  });

  test('a Redis without the state of an earlier run is refused at the start, and so is that of another run', async () => {
    const { backend, options } = await open();
    await backend.close();
    const known = { ...options, incarnation: backend.incarnation };
    await (await openRedisBackend(known)).close();
    await client.del(`${options.prefix}:incarnation`);
    await expect(openRedisBackend(known)).rejects.toThrow(/has no state under the prefix .* start empty/);
    await (await openRedisBackend(options)).close();
    await expect(openRedisBackend(known)).rejects.toThrow(/has the state of another run/);
    await client.set(`${options.prefix}:incarnation`, '9.of-a-later-release');
    await expect(openRedisBackend(options)).rejects.toThrow(/layout 9 .* this release reads layout 2/);
  });

  test('a policy that evicts keys is refused', async () => {
    const options = settings(server.url);
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    try {
      await expect(openRedisBackend(options)).rejects.toThrow(/maxmemory-policy allkeys-lru deletes state/);
    } finally {
      await client.config('SET', 'maxmemory-policy', 'noeviction');
    }
  });

  test('without memory a checkpoint is refused whole, waits, and is written when there is room again', async () => {
    const { backend, options } = await open({ giveUpMs: 600 });
    const state = await TaskState.restore(backend, 'detect/0', 1);
    state.open('blobs', bytes).put('first', Buffer.alloc(100));
    await state.checkpoint(at(1));
    const patient = await openRedisBackend({ ...options, prefix: `${options.prefix}-b` });
    const waiting = await TaskState.restore(patient, 'detect/0', 1);
    await client.config('SET', 'maxmemory', '1');
    try {
      state.open('blobs', bytes).put('second', Buffer.alloc(100));
      await expect(state.checkpoint(at(2))).rejects.toThrow(/no answer for .* OOM .* raise maxmemory/);
      waiting.open('blobs', bytes).put('first', Buffer.alloc(100));
      const written = waiting.checkpoint(at(1));
      await client.config('SET', 'maxmemory', '256mb');
      await written;
    } finally {
      await client.config('SET', 'maxmemory', '256mb');
    }
    const after = await TaskState.restore(backend, 'detect/0', 1);
    expect(after.position).toEqual(at(1));
    expect([...after.open('blobs', bytes).keys()]).toEqual(['first']);
    await backend.close();
    await patient.close();
  });

  test('a stalled server holds a checkpoint up and loses nothing; a killed one likewise', async () => {
    const { backend } = await open({ timeoutMs: 200 });
    const state = await TaskState.restore(backend, 'detect/0', 1);
    const counts = state.open('counts', uint);
    counts.put('checkout', 1);
    server.pause();
    const stalled = state.checkpoint(at(1));
    await new Promise((resolve) => setTimeout(resolve, 700));
    server.resume();
    await stalled;
    counts.put('checkout', 2);
    server.kill9();
    const down = state.checkpoint(at(2));
    await server.startAgain();
    await down;
    const after = await TaskState.restore(backend, 'detect/0', 1);
    expect([after.position, after.open('counts', uint).get('checkout')]).toEqual([at(2), 2]);
    await backend.close();
  });

  test('blobs come back as they were', async () => {
    const { backend } = await open();
    const model = Buffer.alloc(3_000_000, 'weights');
    await backend.putBlob('hash', model);
    expect(model.equals((await backend.getBlob('hash'))!)).toBe(true);
    expect(await backend.getBlob('other')).toBeUndefined();
    await backend.close();
  });
});

describe('on a cluster', () => {
  let cluster: Service;
  beforeAll(async () => {
    cluster = await startRedis({ nodes: 3 });
  });
  afterAll(() => cluster?.stop());

  storeConformance(
    'Redis cluster of three nodes',
    harness(() => cluster),
  );

  test('a dependent task lies on the node of its task', async () => {
    const backend = await openRedisBackend(settings(cluster.url));
    for (let task = 0; task < 6; task++) {
      const dependent = await TaskState.restore(backend, `outbox/${task}`, 1, `respond/${task}`);
      const state = await TaskState.restore(backend, `respond/${task}`, 1);
      dependent.open('intents', uint).put('m', task);
      await dependent.checkpoint(undefined);
      await state.checkpoint(at(task));
      expect((await TaskState.restore(backend, `respond/${task}`, 1)).position).toEqual(at(task));
    }
    await backend.close();
  });

  test('tasks lie on several nodes, each wholly on one', async () => {
    const options = settings(cluster.url, { limits: { bytes: 100, values: 10 } });
    const backend = await openRedisBackend(options);
    for (let task = 0; task < 12; task++) {
      const state = await TaskState.restore(backend, `detect/{${task}}`, 1);
      for (let i = 0; i < 40; i++) state.open('counts', uint).put(`k${i}`, i);
      await state.checkpoint(at(1));
    }
    const perNode = await Promise.all(
      cluster.url.split(',').map(async (url) => {
        const node = new Redis(url);
        const keys = await node.keys(`${options.prefix}:{*`);
        node.disconnect();
        return keys;
      }),
    );
    expect(perNode.every((keys) => keys.length > 0)).toBe(true);
    for (const keys of perNode) {
      const heads = keys.filter((key) => key.endsWith(':head'));
      expect(keys.filter((key) => key.endsWith(':data'))).toHaveLength(heads.length);
    }
    expect(perNode.flat()).toHaveLength(24);
    await backend.close();
  });

  test('a node that is killed and started again holds its tasks up and loses nothing', async () => {
    const backend = await openRedisBackend(settings(cluster.url, { timeoutMs: 500, giveUpMs: 30_000 }));
    const states = await Promise.all(
      Array.from({ length: 6 }, (_, task) => TaskState.restore(backend, `detect/${task}`, 1)),
    );
    cluster.kill9(2);
    for (const [task, state] of states.entries()) state.open('counts', uint).put('checkout', task);
    const written = Promise.all(states.map((state) => state.checkpoint(at(1))));
    await cluster.startAgain(2);
    await written;
    for (const task of states.keys()) {
      const after = await TaskState.restore(backend, `detect/${task}`, 1);
      expect([after.position, after.open('counts', uint).get('checkout')]).toEqual([at(1), task]);
    }
    await backend.close();
  });
});
