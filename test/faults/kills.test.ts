/** kill -9, at random and at chosen points, again and again: the final outcome is that of a run that nobody disturbed. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../lab/simulate/random.js';
import { begin, type Running } from '../integration/services/tocsin.js';
import { Embedded, type Scene } from './embedded.js';
import { expectEqual, type Outcome } from './outcome.js';
import { kills, seeded, states } from './settings.js';

/** Where a kill may strike; `restore` needs something to restore. */
const points = ['before', 'during', 'after', 'restore', 'webhook', 'any time'] as const;
type Point = (typeof points)[number];

/** After so many kills a run may come to its end, and another one begins. */
const maxInARun = 10;

const preload = join(process.cwd(), 'test/faults/kill-point.mjs');

/** Of the first backend asked for: the others have to come to the same. */
let undisturbed: Promise<Outcome> | undefined;

describe.each(states)('state on %s', (state) => {
  let embedded: Embedded;
  beforeAll(async () => {
    embedded = await Embedded.open(state);
  }, 120_000);
  afterAll(() => embedded?.close());

  /** Kills a process when its first webhook of this life is in flight: it came, and is not answered. */
  function killInFlight(scene: Scene, run: Running): void {
    embedded.receiver.behave(({ path }) => {
      if (path !== scene.path) return {};
      run.signal('SIGKILL');
      return { hang: true };
    });
  }

  /** One life: whether it was killed (false: it came to its end first, in good order). */
  async function live(scene: Scene, point: Point, random: Random): Promise<boolean> {
    const env = { FAULT_POINT: `${point}:${point === 'restore' ? random.integer(1, 6) : random.integer(1, 60)}` };
    const run = begin(['run', '--config', scene.config], { env, node: ['--import', preload] });
    embedded.receiver.behave(() => ({}));
    if (point === 'webhook') killInFlight(scene, run);
    if (point === 'any time') void sleep(random.integer(300, 6000)).then(() => run.signal('SIGKILL'));
    const { code, signal, said } = await run.ended;
    embedded.receiver.behave(() => ({}));
    // Work was left: it had not come to its end, or its last words would say so.
    if (signal === 'SIGKILL' && !said.includes('all sources read to their end')) return true;
    if (signal === 'SIGKILL' || code === 0) return false;
    throw new Error(`killed at ${point}, the next life ended with ${code}: ${said.slice(-2000)}`);
  }

  test(
    `${kills} kills change nothing`,
    async () => {
      await seeded(`kills/${state}`, async (random) => {
        const expected = await (undisturbed ??= embedded.undisturbed());
        const struck = new Map<Point, number>();
        for (let left = kills; left > 0;) {
          const scene = embedded.scene();
          const history: Point[] = [];
          let isOver = false;
          while (!isOver && left > 0 && history.length < maxInARun) {
            const point = random.pick(points.filter((each) => each !== 'restore' || history.length > 0));
            isOver = !(await live(scene, point, random));
            if (isOver) break;
            history.push(point);
            struck.set(point, (struck.get(point) ?? 0) + 1);
            left--;
          }
          if (!isOver) {
            const last = await begin(['run', '--config', scene.config]).ended;
            if (last.code !== 0)
              throw new Error(`after ${history.join(', ')}: ${last.code}: ${last.said.slice(-2000)}`);
          }
          const found = await embedded.outcome(scene);
          try {
            expectEqual(found, expected);
          } catch (error) {
            (error as Error).message += `\nKilled: ${history.join(', ')}`;
            throw error;
          }
        }
        const total = [...struck.values()].reduce((sum, count) => sum + count, 0);
        expect(total).toBe(kills);
        console.info(`${state}: ${[...struck].map(([point, count]) => `${count} ${point}`).join(', ')}`);
      });
    },
    60_000 + kills * 60_000,
  );
});
