/** Redis, or the way to it, fails while a run has work left: the outcome is that of a run that nobody disturbed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../integration/services/free-port.js';
import { startProxy, type Faults, type Proxy } from '../integration/services/proxy.js';
import { begin, whileRunning } from '../integration/services/tocsin.js';
import { until } from '../integration/services/until.js';
import { Embedded } from './embedded.js';
import { expectEqual, type Outcome } from './outcome.js';
import { seeded } from './settings.js';

let embedded: Embedded;
let proxy: Proxy;
let expected: Outcome;
beforeAll(async () => {
  embedded = await Embedded.open('redis');
  proxy = await startProxy(embedded.redis.ports[0]!);
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
    const scene = embedded.scene({ redis: { url: `redis://127.0.0.1:${proxy.port}` } });
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

test('stalled for more than a minute shows in /healthz, and health comes back with it', async () => {
  const port = await freePort();
  const scene = embedded.scene({ settings: { http: { port } } });
  const patient = JSON.parse(readFileSync(scene.config, 'utf8')) as { state: { redis: object } };
  Object.assign(patient.state.redis, { give_up: '5m' });
  writeFileSync(scene.config, JSON.stringify(patient));
  const run = begin(['run', '--config', scene.config]);
  const health = async (): Promise<{ code: number; problems: string }> => {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
    return { code: answer.status, problems: (await answer.text()).slice(0, 2000) };
  };
  try {
    await whileRunning(run, () => run.said().includes('"running"'));
    await sleep(500);
    embedded.redis.pause();
    const wedged = await until(
      'it shows',
      async () => {
        const now = await health();
        return now.code === 503 ? now : undefined;
      },
      100_000,
    );
    expect(wedged.problems).toMatch(/(ingest|detect|respond)\S* has been (checkpointing|processing) for 6\d s, after /);
  } finally {
    embedded.redis.resume();
  }
  await until('health', async () => (run.isOver() || (await health()).code === 200 ? true : undefined));
  expect(await run.ended).toMatchObject({ code: 0 });
  expectEqual(await embedded.outcome(scene), expected);
}, 240_000);

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
