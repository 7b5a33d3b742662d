/** The state backend behind a network that fails: what a checkpoint did is found out, never guessed. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { openRedisBackend, type RedisBackend, type RedisBackendOptions } from '../../connectors/redis/backend.js';
import { bytes, uint } from '../../records/wire/codec.js';
import { TaskState } from '../../runtime/state.js';
import { FencedError } from '../../runtime/backend.js';
import { storeConformance } from '../conformance/store.js';
import { startProxy, type Faults, type Proxy } from './services/proxy.js';
import { startRedis } from './services/redis.js';
import type { Service } from './services/service.js';

const at = (offset: number) => ({ source: 'logs/0', offset });
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let server: Service;
let proxy: Proxy;
beforeAll(async () => {
  server = await startRedis();
  proxy = await startProxy(server.ports[0]!);
});
afterAll(async () => {
  await proxy?.stop();
  await server?.stop();
});
afterEach(() => proxy.behave({}));

const settings = (more: Partial<RedisBackendOptions> = {}): RedisBackendOptions => ({
  urls: [`redis://127.0.0.1:${proxy.port}`],
  prefix: `test-${randomUUID()}`,
  timeoutMs: 150,
  giveUpMs: 20_000,
  ...more,
});

/** What Redis holds, seen past the proxy. */
async function stored(
  options: RedisBackendOptions,
): Promise<{ offset: number | undefined; counts: [string, number][] }> {
  const direct = await openRedisBackend({ ...options, urls: [server.url], timeoutMs: 5000 });
  const state = await TaskState.restore(direct, 'detect/0', 1);
  const counts = state.open('counts', uint);
  const found = [...counts.keys()].map((key): [string, number] => [key, counts.get(key)!]);
  await direct.close();
  return { offset: state.position?.offset, counts: found };
}

async function opened(more: Partial<RedisBackendOptions> = {}) {
  const options = settings(more);
  const backend = await openRedisBackend(options);
  const state = await TaskState.restore(backend, 'detect/0', 1);
  const counts = state.open('counts', uint);
  counts.put('checkout', 1);
  await state.checkpoint(at(1));
  return { options, backend, state, counts };
}

/** Each fault, while a checkpoint is written; then it heals. */
const hiccups: readonly (readonly [string, Faults])[] = [
  ['refused', { refuse: true }],
  ['slow', { latencyMs: 60 }],
  ['cut in half', { cutAfterBytes: 400 }],
  ['swallowed', { swallow: ['requests', 'answers'] }],
  ['done, but the answer is lost', { swallow: ['answers'] }],
];

test.each(hiccups)('a checkpoint that is %s is written once all the same', async (_, faults) => {
  const { options, backend, state, counts } = await opened();
  proxy.behave(faults);
  counts.put('checkout', 2);
  counts.put('search', 3);
  const written = state.checkpoint(at(2));
  await sleep(500);
  proxy.behave({});
  await written;
  counts.delete('search');
  await state.checkpoint(at(3));
  expect(await stored(options)).toEqual({ offset: 3, counts: [['checkout', 2]] });
  await backend.close();
});

test('a checkpoint that was done without an answer is not undone by its own late repetition', async () => {
  const { options, backend, state, counts } = await opened();
  const from = proxy.requestBytes;
  counts.put('checkout', 2);
  await state.checkpoint(at(2));
  const to = proxy.requestBytes;
  counts.put('checkout', 3);
  await state.checkpoint(at(3));
  await proxy.repeat(from, to);
  expect(await stored(options)).toEqual({ offset: 3, counts: [['checkout', 3]] });
  await backend.close();
});

test('parts of a large checkpoint, repeated late, disturb neither it nor the next', async () => {
  const { options, backend, state, counts } = await opened({ limits: { bytes: 60, values: 4 } });
  const from = proxy.requestBytes;
  for (let i = 0; i < 20; i++) counts.put(`k${i}`, 1);
  await state.checkpoint(at(2));
  const to = proxy.requestBytes;
  for (let i = 0; i < 20; i++) counts.put(`k${i}`, 2);
  counts.delete('k7');
  await state.checkpoint(at(3));
  await proxy.repeat(from, to);
  const after = await stored(options);
  expect(after.offset).toBe(3);
  expect(after.counts).toHaveLength(20);
  expect(after.counts.filter(([, value]) => value === 2)).toHaveLength(19);
  await backend.close();
});

test('a claim that is carried out late does not fence who has claimed since', async () => {
  const options = settings();
  const early = await openRedisBackend(options);
  const from = proxy.requestBytes;
  await early.claim('detect/0', 1);
  const heir = await openRedisBackend({ ...options, urls: [server.url], timeoutMs: 5000 });
  const state = await TaskState.restore(heir, 'detect/0', 1);
  await proxy.repeat(from);
  state.open('counts', uint).put('checkout', 1);
  await state.checkpoint(at(1));
  await early.close();
  await heir.close();
});

test('who was taken over during an outage learns it when the network is back', async () => {
  const { options, backend, state, counts } = await opened();
  proxy.behave({ swallow: ['requests', 'answers'] });
  counts.put('checkout', 2);
  const written = state.checkpoint(at(2));
  written.catch(() => undefined);
  expect(await stored(options)).toEqual({ offset: 1, counts: [['checkout', 1]] });
  proxy.behave({});
  await expect(written).rejects.toThrow(FencedError);
  await backend.close();
});

test('an outage that lasts ends in an error that claims nothing, and costs no memory meanwhile', async () => {
  const { backend, state } = await opened({ giveUpMs: 1500 });
  proxy.behave({ swallow: ['answers'] });
  state.open('blobs', bytes).put('large', Buffer.alloc(3_000_000));
  const before = process.memoryUsage().arrayBuffers;
  await expect(state.checkpoint(at(2))).rejects.toThrow(/write detect\/0: no answer for \d+ s, the last time/);
  // About ten tries of 3 MB each: what was given up was let go.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  await backend.close();
});

test('any faults while anything is written: each checkpoint is there, once, and whole', async () => {
  const fault = fc.constantFrom<Faults>(
    {},
    { refuse: true },
    { latencyMs: 30 },
    { cutAfterBytes: 150 },
    { cutAfterBytes: 900 },
    { swallow: ['answers'] },
    { swallow: ['requests'] },
    { bytesPerSecond: 20_000 },
  );
  const step = fc.record({ fault, key: fc.constantFrom('a', 'b', 'c'), remove: fc.boolean(), repeat: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 8 }), fc.boolean(), async (steps, inParts) => {
      proxy.behave({});
      const { options, backend, state, counts } = await opened(inParts ? { limits: { bytes: 20, values: 2 } } : {});
      const model = new Map([['checkout', 1]]);
      for (const [i, { fault: faults, key, remove, repeat }] of steps.entries()) {
        const from = proxy.requestBytes;
        if (remove) {
          counts.delete(key);
          model.delete(key);
        } else {
          for (const each of [key, `${key}2`]) {
            counts.put(each, i);
            model.set(each, i);
          }
        }
        proxy.behave(faults);
        const written = state.checkpoint(at(10 + i));
        await sleep(120);
        proxy.behave({});
        await written;
        if (repeat) await proxy.repeat(from);
      }
      const found = await stored(options);
      expect(found.offset).toBe(9 + steps.length);
      expect(new Map(found.counts)).toEqual(model);
      await backend.close();
    }),
    { numRuns: 12 },
  );
}, 120_000);

describe('with every piece late', () => {
  const open = async (options: RedisBackendOptions): Promise<RedisBackend> => {
    proxy.behave({ latencyMs: 3 });
    const backend = await openRedisBackend(options);
    of.set(backend, options);
    return backend;
  };
  const of = new WeakMap<object, RedisBackendOptions>();
  storeConformance('Redis behind a slow network', {
    create: () => open(settings({ timeoutMs: 2000 })),
    async reopen(backend) {
      await backend.close();
      return open(of.get(backend)!);
    },
    destroy: (backend) => backend.close(),
  });
});
