/** The HTTP side of a run: it answers before there is a pipeline, and says what is wrong with where it listens. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema, type Config } from '../../config/schema.js';
import { createMetrics } from '../../connectors/http/metrics.js';
import { listen } from '../../service/http.js';

const configOf = (http: object): Config =>
  configSchema.parse({ sources: [{ type: 'file', path: 'a.log' }], http: { host: '127.0.0.1', port: 0, ...http } });

test('before the pipeline is there it is live, and not ready', async () => {
  const { server, url } = await listen(configOf({}), createMetrics(), () => undefined);
  try {
    const [live, ready, status] = await Promise.all(
      ['/healthz', '/readyz', '/api/status'].map((path) => fetch(`${url}${path}`)),
    );
    expect([live!.status, ready!.status]).toEqual([200, 503]);
    expect(await ready!.text()).toContain('starting');
    expect(status!.status).toBe(200);
  } finally {
    await server.close();
  }
});

test('a port that is taken is named, with the setting', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as AddressInfo;
  try {
    await expect(listen(configOf({ port }), createMetrics(), () => undefined)).rejects.toThrow(
      `127.0.0.1:${port}: another process has this port; set http.port`,
    );
  } finally {
    await new Promise((resolve) => taken.close(resolve));
  }
});

test('an address of another machine is named', async () => {
  await expect(listen(configOf({ host: '192.0.2.1' }), createMetrics(), () => undefined)).rejects.toThrow(
    'http.host: 192.0.2.1 is no address of this machine',
  );
});

describe('certificates that cannot be used end the start', () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'tocsin-http-'))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  test('a file that is missing', async () => {
    const tls = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem') };
    await expect(listen(configOf({ tls }), createMetrics(), () => undefined)).rejects.toThrow(
      `http.tls.cert: ${tls.cert} cannot be read`,
    );
  });

  test('a file that is no PEM', async () => {
    const tls = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem') };
    writeFileSync(tls.cert, 'no certificate');
    writeFileSync(tls.key, 'no key');
    await expect(listen(configOf({ tls }), createMetrics(), () => undefined)).rejects.toThrow(
      `http.tls.cert: ${tls.cert} is no PEM`,
    );
  });
});
