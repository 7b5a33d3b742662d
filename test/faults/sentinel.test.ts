/** The primary behind three sentinels is killed while a run has work left, again and again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startRedis } from '../integration/services/redis.js';
import type { Service } from '../integration/services/service.js';
import { begin } from '../integration/services/tocsin.js';
import { checkpoints, Embedded } from './embedded.js';
import { expectEqual, type Outcome } from './outcome.js';
import { seeded } from './settings.js';

let embedded: Embedded;
let server: Service;
let expected: Outcome;
const clients: Redis[] = [];
beforeAll(async () => {
  embedded = await Embedded.open('leveldb', 20);
  server = await startRedis({ sentinels: 3 });
  for (const port of server.ports.slice(0, 2)) {
    const client = new Redis(port, { retryStrategy: () => 50, maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    clients.push(client);
  }
  expected = await embedded.undisturbed();
}, 180_000);
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await server?.stop();
  await embedded?.close();
});

const replication = (client: Redis): Promise<string> => client.info('replication');

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
        const enough = (await checkpoints(scene, clients[primary])) + random.integer(2, 6);
        while (!run.isOver() && (await checkpoints(scene, clients[primary])) < enough) await sleep(5);
        if (run.isOver()) break;
        server.kill9(primary + 1);
        strikes++;
        while (!(await replication(clients[1 - primary])).includes('role:master')) await sleep(50);
        // It takes the sentinels up to ten seconds to make a replica of the old one: the run is to have work left then.
        run.signal('SIGSTOP');
        await server.startAgain(primary + 1);
        while (!(await replication(clients[primary])).includes('master_link_status:up')) await sleep(50);
        run.signal('SIGCONT');
        primary = 1 - primary;
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
