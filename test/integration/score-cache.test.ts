/** Scores of inference in a real Redis: shared, and no condition of an answer. */
import { RedisLink } from '../../connectors/redis/link.js';
import { memoryCache, sharedCache } from '../../console/inference/score-cache.js';
import { startRedis } from './services/redis.js';
import type { Service } from './services/service.js';
import { until } from './services/until.js';

let server: Service;
let link: RedisLink;
beforeAll(async () => {
  server = await startRedis();
  link = await RedisLink.open({ urls: [server.url], timeoutMs: 1000, giveUpMs: 10_000 });
});
afterAll(async () => {
  link?.close();
  await server?.stop();
});

test('what one member scored is known to another, to the bit', async () => {
  const [one, other] = [0, 1].map(() => sharedCache(memoryCache(), () => link, 'test'));
  const score = -1.0000000000000002e-7;
  one!.put([['a', score]]);
  const found = await until('the score', async () => (await other!.get(['a', 'b']))[0]);
  expect(Object.is(found, score)).toBe(true);
  expect(await other!.get(['a', 'b'])).toEqual([score, undefined]);
});

test('a Redis that stands still, and one that is gone, cost no answer', async () => {
  const near = memoryCache();
  const cache = sharedCache(near, () => link, 'still');
  server.pause();
  try {
    cache.put([['a', 1]]);
    expect(await cache.get(['a', 'unknown'])).toEqual([1, undefined]);
    expect(await cache.get(['a', 'unknown'])).toEqual([1, undefined]);
  } finally {
    server.resume();
  }
  server.kill9();
  const again = sharedCache(near, () => link, 'gone');
  expect(await again.get(['a', 'unknown'])).toEqual([1, undefined]);
  again.put([['b', 2]]);
  expect(await again.get(['b'])).toEqual([2]);
});
