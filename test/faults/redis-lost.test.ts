/** Redis loses what it had acknowledged, has no room, or fails over while a run has work left: never an empty state in silence. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startProxy, type Proxy } from '../integration/services/proxy.js';
import { startRedis } from '../integration/services/redis.js';
import type { Service } from '../integration/services/service.js';
import { begin, ended, tocsin, whileRunning, type Running } from '../integration/services/tocsin.js';
import { checkpoints, Embedded, type Scene } from './embedded.js';
import { expectEqual, type Outcome } from './outcome.js';
import { seeded } from './settings.js';

let embedded: Embedded;
let expected: Outcome;
let second: Service;
let proxy: Proxy;
/** Of either server. */
const clients: Redis[] = [];
/** Which of the two is the primary. */
let primary = 0;
beforeAll(async () => {
  embedded = await Embedded.open('redis', 5);
  second = await startRedis();
  proxy = await startProxy(embedded.redis.ports[0]!);
  for (const { url } of [embedded.redis, second]) clients.push(new Redis(url));
  expected = await embedded.undisturbed();
}, 180_000);
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await proxy?.stop();
  await second?.stop();
  await embedded?.close();
});
afterEach(() => proxy.behave({}));

const portOf = (which: number): number => [embedded.redis, second][which]!.ports[0]!;

/** Waits until so many checkpoints more than now are written, or the run is over. */
async function wait(run: Running, scene: Scene, more: number): Promise<void> {
  const before = await checkpoints(scene, clients[primary]!);
  await whileRunning(run, async () => (await checkpoints(scene, clients[primary]!)) >= before + more);
}

async function field(client: Redis, section: string, name: string): Promise<string> {
  return new RegExp(`^${name}:(.*)\r$`, 'm').exec(await client.info(section))?.[1] ?? '';
}

/** Makes the other server a replica of the primary that has all of it. */
async function replicate(): Promise<Redis> {
  const replica = clients[1 - primary]!;
  await replica.replicaof('127.0.0.1', portOf(primary));
  while ((await field(replica, 'replication', 'master_link_status')) !== 'up') await sleep(20);
  return replica;
}

/** The replica is the primary now, and the address leads there. */
async function failOver(replica: Redis): Promise<void> {
  await replica.replicaof('NO', 'ONE');
  primary = 1 - primary;
  proxy.aim(portOf(primary));
}

test('emptied, it is refused while it runs and when it is started again, and begun anew it is as undisturbed', async () => {
  const scene = embedded.scene();
  const run = begin(['run', '--config', scene.config]);
  await wait(run, scene, 10);
  await clients[0]!.flushall();
  const { code, said } = await run.ended;
  expect(code).toBe(1);
  expect(said).toMatch(/Redis has no state of task \S+ any more: it was emptied\. Nothing was overwritten/);
  expect(await clients[0]!.dbsize()).toBe(0);

  const again = await ended('run', '--config', scene.config);
  expect(again.code).toBe(4);
  expect(again.said).toMatch(/has no state under the prefix \S+, and an earlier run of this one kept its state there/);
  expect(await clients[0]!.dbsize()).toBe(0);

  const anew = embedded.scene();
  await tocsin('run', '--config', anew.config);
  expectEqual(await embedded.outcome(anew), expected);
}, 180_000);

test('out of memory, reading waits until there is room', async () => {
  await seeded('redis/memory', async (random) => {
    const scene = embedded.scene();
    const client = clients[0]!;
    const refused = async (): Promise<number> =>
      Number(/errorstat_OOM:count=(\d+)/.exec(await client.info('errorstats'))?.[1] ?? 0);
    const run = begin(['run', '--config', scene.config]);
    await wait(run, scene, 2);
    let strikes = 0;
    for (; strikes < 4 && !run.isOver(); strikes++) {
      await sleep(random.integer(100, 900));
      if (run.isOver()) break;
      const before = await refused();
      await client.config('SET', 'maxmemory', '1mb');
      await whileRunning(run, async () => (await refused()) > before + 1);
      await client.config('SET', 'maxmemory', '256mb');
    }
    expect(strikes).toBeGreaterThanOrEqual(2);
    expect((await run.ended).code).toBe(0);
    expectEqual(await embedded.outcome(scene), expected);
  });
}, 180_000);

test('failed over to a replica that has everything, it goes on by itself', async () => {
  await seeded('redis/failover', async (random) => {
    let replica = await replicate();
    const scene = embedded.scene({ redis: { url: `redis://127.0.0.1:${proxy.port}` } });
    const run = begin(['run', '--config', scene.config]);
    await wait(run, scene, 2);
    let strikes = 0;
    for (; strikes < 4; strikes++) {
      await sleep(random.integer(100, 600));
      if (run.isOver()) break;
      proxy.behave({ refuse: true });
      const written = await field(clients[primary]!, 'replication', 'master_repl_offset');
      while ((await field(replica, 'replication', 'slave_repl_offset')) < written) await sleep(5);
      await failOver(replica);
      proxy.behave({});
      replica = await replicate();
    }
    expect(strikes).toBeGreaterThanOrEqual(2);
    const { code, said } = await run.ended;
    if (code !== 0) throw new Error(`it ended with ${code}: ${said.slice(-2000)}`);
    expectEqual(await embedded.outcome(scene), expected);
    await replica.replicaof('NO', 'ONE');
  });
}, 180_000);

test('failed over to a replica without the last checkpoints, it ends in words, and started again it does the rest', async () => {
  await seeded('redis/failover-lost', async (random) => {
    const scene = embedded.scene({ redis: { url: `redis://127.0.0.1:${proxy.port}` } });
    let ends = 0;
    for (let lives = 0; lives < 3; lives++) {
      const replica = await replicate();
      const run = begin(['run', '--config', scene.config]);
      await wait(run, scene, random.integer(2, 5));
      // Cut off: what comes now is acknowledged by the primary alone.
      await replica.replicaof('NO', 'ONE');
      await wait(run, scene, random.integer(3, 6));
      await failOver(replica);
      const { code, said } = await run.ended;
      // Whose last checkpoint was lost wrote none after it, and everything was done.
      if (code === 0) break;
      expect({ code, said: said.slice(-1000) }).toMatchObject({ code: 1 });
      // A task whose first checkpoint was lost has none at the replica.
      expect(said).toMatch(
        /Redis has (?:an older state of task .+ than it had acknowledged: it failed over|no state of task .+ any more)/,
      );
      ends++;
    }
    expect(ends).toBeGreaterThan(0);
    await tocsin('run', '--config', scene.config);
    expectEqual(await embedded.outcome(scene), expected);
  });
}, 240_000);
