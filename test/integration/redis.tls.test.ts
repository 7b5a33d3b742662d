/** State in a Redis behind TLS: who trusts its certificate keeps state there, who does not is told so and starts nothing. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './services/free-port.js';
import { startRedis } from './services/redis.js';
import type { Service } from './services/service.js';
import { begin, goodEnd } from './services/tocsin.js';

const file = (name: string): string => resolve('test/fixtures/tls', name);
let redis: Service;
let plain: Redis;
let folder: string;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-redis-tls-'));
  redis = await startRedis();
  plain = new Redis(redis.url);
  const port = await freePort();
  await plain.call('CONFIG', 'SET', 'tls-cert-file', file('cert.pem'), 'tls-key-file', file('key.pem'));
  await plain.call('CONFIG', 'SET', 'tls-ca-cert-file', file('cert.pem'), 'tls-auth-clients', 'no');
  await plain.call('CONFIG', 'SET', 'tls-port', String(port));
  url = `rediss://localhost:${port}`;
  await goodEnd(['simulate', '--lines', '4000', '--days', '1', '--out', join(folder, 'logs')]);
}, 60_000);
afterAll(async () => {
  plain?.disconnect();
  await redis?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function configured(prefix: string): string {
  const path = join(folder, `${prefix}.json`);
  const settings = {
    sources: [{ type: 'file', path: join(folder, 'logs', 'auth.log'), labels: { service: 'auth' } }],
    state: { dir: join(folder, prefix), backend: 'redis', redis: { url, prefix, timeout: '500ms', give_up: '3s' } },
    http: { port: 0 },
    log: { format: 'json' },
  };
  writeFileSync(path, JSON.stringify(settings));
  return path;
}

test('is used where its certificate is trusted', async () => {
  await goodEnd(['run', '--config', configured('trusted')], { env: { NODE_EXTRA_CA_CERTS: file('cert.pem') } });
  expect(await plain.hget('trusted:{detect/0}:head', 'epoch')).toMatch(/^\d+$/);
  expect(await plain.hlen('trusted:{detect/0}:data')).toBeGreaterThan(5);
}, 60_000);

test('is refused in words where it is not', async () => {
  const { code, err } = await begin(['run', '--config', configured('strange')]).ended;
  expect(code).toBe(4);
  expect(err).toMatch(/certificate/i);
  expect(await plain.keys('strange:*')).toEqual([]);
}, 60_000);
