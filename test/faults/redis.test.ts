/** Redis, or the way to it, fails while a run has work left: the outcome is that of a run that nobody disturbed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy, type Faults, type Proxy } from '../integration/services/proxy.js';
import { begin, whileRunning } from '../integration/services/tocsin.js';
import { Embedded } from './embedded.js';
import { expectEqual, type Outcome } from './outcome.js';
import { seeded } from './settings.js';

let embedded: Embedded;
let proxy: Proxy;
let expected: Outcome;
beforeAll(async () => {
  embedded = await Embedded.open('redis');
  proxy = await startProxy(embedded.redis.ports[0]);
  expected = await embedded.undisturbed();
}, 180_000);
afterAll(async () => {
  await proxy?.stop();
  await embedded?.close();
});
afterEach(() => proxy.behave({}));

/** Strikes again and again, at random times, while it runs; at least `least` times. */
async function struckRun(name: string, least: number, strike: () => Promise<void>): Promise<void> {
  await seeded(name, async (random) => {
    const scene = embedded.scene({ redisPort: proxy.port });
    const run = begin(['run', '--config', scene.config]);
    await whileRunning(run, () => run.said().includes('"running"'));
    let strikes = 0;
    for (; strikes < 4 && !run.isOver(); strikes++) {
      await sleep(random.integer(100, 900));
      if (run.isOver()) break;
      await strike();
    }
    expect(strikes).toBeGreaterThanOrEqual(least);
    const { code, said } = await run.ended;
    if (code !== 0) throw new Error(`it ended with ${code}: ${said.slice(-2000)}`);
    expectEqual(await embedded.outcome(scene), expected);
  });
}

test('killed, and started again on its append-only file', async () => {
  await struckRun('redis/killed', 2, async () => {
    embedded.redis.kill9();
    await embedded.redis.startAgain();
  });
}, 180_000);

test('stalled', async () => {
  await struckRun('redis/stalled', 2, async () => {
    embedded.redis.pause();
    await sleep(1500);
    embedded.redis.resume();
  });
}, 180_000);

const networks: readonly (readonly [string, Faults])[] = [
  ['refuses', { refuse: true }],
  ['cuts writes in half', { cutAfterBytes: 2000 }],
  ['loses answers', { swallow: ['answers'] }],
  ['is half-open', { swallow: ['requests', 'answers'] }],
  ['is slow', { latencyMs: 50, bytesPerSecond: 200_000 }],
];

test.each(networks)(
  'behind a network that %s',
  async (name, faults) => {
    await struckRun(`redis/${name}`, 2, async () => {
      proxy.behave(faults);
      await sleep(700);
      proxy.behave({});
      proxy.cut();
    });
  },
  180_000,
);
