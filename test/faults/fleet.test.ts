/** Members of a fleet are killed, stalled, come and go: decided is what one process decides that nobody disturbs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Running } from '../integration/services/tocsin.js';
import { FleetScene, sessionMs } from './fleet-scene.js';
import { expectEqual, type Outcome } from './outcome.js';
import { seeded } from './settings.js';

/** Members that come and go in a storm. */
const storm = 8;

let scene: FleetScene;
let expected: Outcome;
beforeAll(async () => {
  scene = await FleetScene.open();
  expected = await scene.undisturbed();
}, 240_000);
afterAll(() => scene?.close());

test('killed one after the other, each started again', async () => {
  await seeded('fleet/killed', async (random) => {
    const members: Running[] = [...(await scene.two('killed'))];
    for (let kills = 0; kills < 3; kills++) {
      const at = kills % 2;
      await scene.working('killed', [members[at]!], 1);
      await sleep(random.integer(0, 1500));
      members[at]!.signal('SIGKILL');
      const { signal, said } = await members[at]!.ended;
      if (signal !== 'SIGKILL') throw new Error(`no work was left for kill ${kills}: ${said.slice(-1000)}`);
      members[at] = scene.begin('killed', at === 0 ? 'a' : 'b');
    }
    await scene.finish('killed', members, expected);
    expectEqual(await scene.outcome('killed'), expected);
  });
}, 400_000);

test('stalled beyond the session and resumed: the zombie changes nothing', async () => {
  await seeded('fleet/zombie', async (random) => {
    const members = await scene.two('zombie');
    await scene.working('zombie', members, random.integer(4, 7));
    expect(members[1].signal('SIGSTOP')).toBe(true);
    await sleep(sessionMs + 4000);
    expect(members[0].isOver()).toBe(false);
    expect(members[1].signal('SIGCONT')).toBe(true);
    await scene.finish('zombie', members, expected);
    expectEqual(await scene.outcome('zombie'), expected);
  });
}, 400_000);

test('a storm of rebalances, with one member stalled beyond its session in the middle of it', async () => {
  await seeded('fleet/storm', async (random) => {
    const members = await scene.two('storm');
    await scene.working('storm', members, 2);
    expect(members[1].signal('SIGSTOP')).toBe(true);
    const resumed = sleep(sessionMs + 4000).then(() => members[1].signal('SIGCONT'));
    // A third and a fourth member come and leave, in good order or killed, every few seconds.
    const guests: Running[] = [];
    let moves = 0;
    for (; moves < storm && !members[0].isOver(); moves++) {
      guests.push(scene.begin('storm', ['c', 'd'][moves % 2]!));
      await sleep(random.integer(2000, 4000));
      if (moves > 0) guests[moves - 1]!.signal(random.integer(0, 3) === 0 ? 'SIGKILL' : 'SIGTERM');
    }
    expect(moves).toBeGreaterThanOrEqual(4);
    expect(await resumed).toBe(true);
    for (const guest of guests) guest.signal('SIGTERM');
    await Promise.all(guests.map(({ ended }) => ended));
    await scene.finish('storm', members, expected);
    expectEqual(await scene.outcome('storm'), expected);
  });
}, 400_000);
