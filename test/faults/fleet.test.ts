/** Members of a fleet are killed and come back: decided is what one process decides. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Running } from '../integration/services/tocsin.js';
import { whileRunning } from '../integration/services/tocsin.js';
import { FleetScene } from './fleet-scene.js';
import { expectEqual, type Outcome } from './outcome.js';
import { seeded } from './settings.js';

let scene: FleetScene;
let redis: Redis;
let expected: Outcome;
beforeAll(async () => {
  scene = await FleetScene.open();
  redis = new Redis(scene.redis.url);
  expected = await scene.undisturbed();
}, 240_000);
afterAll(async () => {
  redis?.disconnect();
  await scene?.close();
});

/** How many tasks of a fleet have written a checkpoint since they were claimed. */
async function checkpointed(fleet: string): Promise<number> {
  const heads = await redis.keys(`${fleet}:{*}:head`);
  const seqs = await Promise.all(heads.map((head) => redis.hget(head, 'seq')));
  return seqs.filter((seq) => Number(seq) > 0).length;
}

/** Waits until one member has ended well and the rest is decided; who is left with decided shards is told to stop. */
async function finish(fleet: string, members: readonly Running[]): Promise<void> {
  await Promise.any(
    members.map(async ({ ended }) => {
      const { code, said } = await ended;
      if (code !== 0) throw new Error(`a member ended with ${code}: ${said.slice(-1000)}`);
    }),
  );
  for (let tries = 0; tries < 12; tries++) {
    if (members.every((member) => member.isOver())) break;
    const { decisions, deliveries } = await scene.outcome(fleet);
    if (decisions.equals(expected.decisions) && deliveries.length === expected.deliveries.length) break;
    await sleep(5000);
  }
  for (const member of members) member.signal('SIGTERM');
  await Promise.all(members.map(({ ended }) => ended));
}

test('killed one after the other, each started again', async () => {
  await seeded('fleet/killed', async (random) => {
    const members: Running[] = [...(await scene.two('killed'))];
    for (let kills = 0; kills < 3; kills++) {
      const at = kills % 2;
      await whileRunning(members[at], async () => (await checkpointed('killed')) > 0);
      await sleep(random.integer(0, 1500));
      members[at].signal('SIGKILL');
      const { signal, said } = await members[at].ended;
      if (signal !== 'SIGKILL') throw new Error(`no work was left for kill ${kills}: ${said.slice(-1000)}`);
      members[at] = scene.begin(scene.member('killed', at === 0 ? 'a' : 'b'));
    }
    await finish('killed', members);
    expectEqual(await scene.outcome('killed'), expected);
  });
}, 400_000);
