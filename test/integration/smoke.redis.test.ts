/** A real Redis is started, used through ioredis, stalled, killed and started again. */
import { Redis } from 'ioredis';
import type { Service } from './services/service.js';
import { startRedis } from './services/redis.js';

describe('redis', () => {
  let server: Service;
  let client: Redis;
  beforeAll(async () => {
    server = await startRedis();
    client = new Redis(server.url, { commandTimeout: 300, retryStrategy: () => 50 });
    client.on('error', () => undefined); // the tests below break the connection on purpose
  });
  afterAll(async () => {
    client?.disconnect();
    await server?.stop();
  });

  it('keeps what was written over kill -9', async () => {
    await client.set('position', '42');
    server.kill9();
    await server.startAgain();
    const again = new Redis(server.url);
    expect(await again.get('position')).toBe('42');
    again.disconnect();
  });

  it('can be stalled: a command runs into its time limit, and the next one after the stall is served', async () => {
    await client.ping();
    server.pause();
    await expect(client.get('position')).rejects.toThrow('Command timed out');
    server.resume();
    expect(await client.get('position')).toBe('42');
  });
});
