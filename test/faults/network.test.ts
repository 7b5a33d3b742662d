/** The network between the members of a fleet and its broker fails while work is left: decided is what one process decides. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Faults } from '../integration/services/proxy.js';
import { FleetScene } from './fleet-scene.js';
import { expectEqual, type Outcome } from './outcome.js';
import { seeded } from './settings.js';

let scene: FleetScene;
let expected: Outcome;
beforeAll(async () => {
  scene = await FleetScene.open();
  expected = await scene.undisturbed();
}, 240_000);
afterAll(() => scene?.close());
afterEach(() => scene.proxy?.behave({}));

const networks: readonly (readonly [string, Faults, ms: number])[] = [
  ['refuses', { refuse: true }, 3000],
  ['cuts-requests-in-half', { cutAfterBytes: 3000 }, 1500],
  ['loses-answers', { swallow: ['answers'] }, 2000],
  ['is-half-open', { swallow: ['requests', 'answers'] }, 8000],
  ['is-slow', { latencyMs: 40, bytesPerSecond: 400_000 }, 3000],
];

test.each(networks)(
  'a network that %s',
  async (name, faults, ms) => {
    await seeded(`network/${name}`, async (random) => {
      const members = await scene.two(name);
      let strikes = 0;
      for (; strikes < 3 && !members.some((member) => member.isOver()); strikes++) {
        // Later ones strike whatever is going on by then.
        if (strikes === 0) await scene.working(name, members, random.integer(2, 5));
        await sleep(random.integer(0, 1500));
        scene.proxy!.behave(faults);
        await sleep(ms);
        scene.proxy!.behave({});
        // What was hung stays hung, as it does where nobody says that a connection is gone.
        if (random.integer(0, 1) === 0) scene.proxy!.cut();
      }
      expect(strikes).toBeGreaterThanOrEqual(1);
      const failed = await scene.finish(name, members, expected);
      console.info(`${name}: ${strikes} strikes, ${failed.length} ends with an error`);
      expectEqual(await scene.outcome(name), expected);
    });
  },
  400_000,
);
