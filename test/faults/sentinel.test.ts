/** The primary behind three sentinels is killed while a run has work left, again and again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startRedis } from '../integration/services/redis.js';
import type { Service } from '../integration/services/service.js';
import { begin } from '../integration/services/tocsin.js';
import { until } from '../integration/services/until.js';
import { checkpoints, Embedded } from './embedded.js';
import { expectEqual, type Outcome } from './outcome.js';
import { seeded } from './settings.js';

let embedded: Embedded;
let server: Service;
let expected: Outcome;
/** Of the two servers. */
const clients: Redis[] = [];
const sentinels: Redis[] = [];
beforeAll(async () => {
  embedded = await Embedded.open('leveldb', 8);
  server = await startRedis({ sentinels: 3 });
  for (const [i, port] of server.ports.entries()) {
    const client = new Redis(port, { retryStrategy: () => 50, maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    (i < 2 ? clients : sentinels).push(client);
  }
  expected = await embedded.undisturbed();
}, 180_000);
afterAll(async () => {
  for (const client of [...clients, ...sentinels]) client.disconnect();
  await server?.stop();
  await embedded?.close();
});

const portOf = (which: number): string => String(server.ports[which]);
const replication = (which: number): Promise<string> => clients[which]!.info('replication');
const named = async (sentinel: Redis): Promise<string> =>
  String(await sentinel.call('SENTINEL', 'get-master-addr-by-name', 'tocsin'));
const isSo = async (answer: Promise<string>, text: string): Promise<true | undefined> =>
  (await answer.catch(() => '')).includes(text) || undefined;

test('the primary is killed, a replica takes over, and in the end it is as undisturbed', async () => {
  await seeded('redis/sentinel', async (random) => {
    const redis = { url: server.url.split(','), sentinel: { name: 'tocsin' }, timeout: '500ms' };
    const scene = embedded.scene({ redis });
    let primary = 0;
    let strikes = 0;
    let fellBack = 0;
    for (let lives = 0; lives < 10; lives++) {
      const run = begin(['run', '--config', scene.config]);
      while (!run.isOver() && strikes < 4) {
        const enough = (await checkpoints(scene, clients[primary]!)) + random.integer(2, 6);
        while (!run.isOver() && (await checkpoints(scene, clients[primary]!)) < enough) await sleep(5);
        if (run.isOver()) break;
        server.kill9(primary + 1);
        strikes++;
        const next = 1 - primary;
        await until('the promotion of the replica', () => isSo(replication(next), 'role:master'));
        for (const sentinel of sentinels)
          await until('what a sentinel says', () => isSo(named(sentinel), portOf(next)));
        // The run stands still meanwhile, so that it has work left, and its connections have been long silent.
        run.signal('SIGSTOP');
        await server.startAgain(primary + 1);
        await clients[primary]!.replicaof('127.0.0.1', portOf(next));
        await until('the old one as a replica', () => isSo(replication(primary), 'master_link_status:up'));
        await sleep(random.integer(0, 3000));
        run.signal('SIGCONT');
        primary = next;
      }
      const { code, said } = await run.ended;
      if (code === 0) break;
      // What the replica lacked is told, and done again.
      expect(said).toMatch(/Redis has an older state of task .+ than it had acknowledged/);
      fellBack++;
    }
    console.info(`${strikes} primaries killed, ${fellBack} times without the last checkpoints`);
    expect(strikes).toBeGreaterThanOrEqual(2);
    expectEqual(await embedded.outcome(scene), expected);
  });
}, 240_000);
