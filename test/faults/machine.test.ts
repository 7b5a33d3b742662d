/** The machine is at fault: its clock jumps by an hour, or there is too little memory. What is decided does not depend on it. */
import { join } from 'node:path';
import { begin, goodEnd, tocsin } from '../integration/services/tocsin.js';
import { Embedded } from './embedded.js';
import { expectEqual, type Outcome } from './outcome.js';
import { seeded, type StateKind } from './settings.js';

describe.each<StateKind>(['leveldb', 'redis'])('with state on %s', (state) => {
  let embedded: Embedded;
  let expected: Outcome;
  beforeAll(async () => {
    embedded = await Embedded.open(state);
    expected = await embedded.undisturbed();
  }, 180_000);
  afterAll(() => embedded?.close());

  const node = ['--import', join(__dirname, 'clock-jump.mjs')];
  test('the clock jumps forward and back by an hour, again and again', async () => {
    await seeded(`machine/clock/${state}`, async (random) => {
      const scene = embedded.scene();
      let [at, hours] = [0, 0];
      const jumps = Array.from({ length: 40 }, () => {
        at += random.integer(50, 400);
        hours = hours === 0 ? random.pick([1, -1]) : 0;
        return `${at}:${hours}`;
      });
      await goodEnd(['run', '--config', scene.config], { node, env: { CLOCK_JUMPS: jumps.join(',') } });
      expectEqual(await embedded.outcome(scene), expected);
    });
  }, 180_000);

  test('killed with the clock an hour ahead, and started again with it right, and an hour behind', async () => {
    const scene = embedded.scene();
    let cut = 0;
    for (const hours of [1, 0, -1]) {
      const run = begin(['run', '--config', scene.config], { node, env: { CLOCK_JUMPS: `0:${hours}` } });
      const looked = setInterval(() => {
        if (run.said().includes('"running"') && run.signal('SIGKILL')) cut++;
      }, 300);
      await run.ended;
      clearInterval(looked);
    }
    expect(cut).toBeGreaterThan(0);
    await tocsin('run', '--config', scene.config);
    expectEqual(await embedded.outcome(scene), expected);
  }, 180_000);

  test('memory runs out, and with more of it the run goes on', async () => {
    const scene = embedded.scene();
    let died = 0;
    for (const megabytes of [30, 40, 50]) {
      const { code } = await begin(['run', '--config', scene.config], {
        node: [`--max-old-space-size=${megabytes}`],
      }).ended;
      if (code !== 0) died++;
    }
    expect(died).toBeGreaterThan(0);
    await tocsin('run', '--config', scene.config);
    expectEqual(await embedded.outcome(scene), expected);
  }, 180_000);
});
