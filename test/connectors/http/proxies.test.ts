/** Requests that a proxy brings, over real connections: who the client is, and whose word counts for it. */
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { configSchema } from '../../../config/schema.js';
import type { AuditedRequest } from '../../../connectors/http/request-audit.js';
import { createMetrics } from '../../../connectors/http/metrics.js';
import { createServer, type ServerParts } from '../../../connectors/http/server.js';

const bearer = { authorization: 'Bearer t' };

async function served(
  parts: Partial<ServerParts>,
  work: (ask: (headers: Record<string, string>, method?: string) => Promise<number>) => Promise<void>,
): Promise<void> {
  const server = createServer({
    metrics: createMetrics(),
    health: () => ({ live: [], ready: [] }),
    alerts: () => [],
    giveVerdict: async () => ({ ids: ['v'] }),
    ...parts,
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  const ask = (headers: Record<string, string>, method = 'GET'): Promise<number> =>
    new Promise((resolve, reject) => {
      const body = method === 'POST' ? JSON.stringify({ alert: 'f', value: 'expected', by: 'ann' }) : undefined;
      const path = method === 'POST' ? '/api/verdicts' : '/api/alerts';
      const type = body === undefined ? {} : { 'content-type': 'application/json' };
      const sent = request({ host: '127.0.0.1', port, path, method, headers: { ...headers, ...type } }, (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  try {
    await work(ask);
  } finally {
    await server.close();
  }
}

test('clients behind a trusted proxy have a limit each, and what they claim of themselves changes nothing', () =>
  served({ token: 't', rateLimit: 2, trustedProxies: ['127.0.0.0/8', '10.0.0.0/8'] }, async (ask) => {
    const from = (chain: string) => ask({ ...bearer, 'x-forwarded-for': chain });
    expect([await from('203.0.113.1'), await from('203.0.113.1'), await from('203.0.113.1')]).toEqual([200, 200, 429]);
    expect(await from('203.0.113.2, 10.1.2.3')).toBe(200);
    // The right-most that is no proxy is the client: what is left of it was sent by the client itself.
    expect(await from('198.51.100.7, 203.0.113.1')).toBe(429);
    expect(await from('198.51.100.8, 203.0.113.1, 10.9.9.9')).toBe(429);
    expect(await from('203.0.113.1:4711')).toBe(429);
  }));

test.each([
  ['no proxy is trusted', []],
  ['another proxy is trusted', ['192.0.2.0/24']],
])('where %s, the header is not believed: all are one client', (_what, trustedProxies) =>
  served({ token: 't', rateLimit: 2, trustedProxies }, async (ask) => {
    const codes = [];
    for (let i = 0; i < 3; i++) codes.push(await ask({ ...bearer, 'x-forwarded-for': `203.0.113.${i}` }));
    expect(codes).toEqual([200, 200, 429]);
  }),
);

test('what is no address in the header is not believed: the proxy is the client', () =>
  served({ token: 't', rateLimit: 2, trustedProxies: ['127.0.0.1'] }, async (ask) => {
    const codes = [];
    for (const name of ['unknown', '_hidden', 'x'.repeat(500)])
      codes.push(await ask({ ...bearer, 'x-forwarded-for': name }));
    expect(codes).toEqual([200, 200, 429]);
  }));

test.each(['x-forwarded-for', 'forwarded', 'x-real-ip'])(
  'without tokens nothing that a proxy brings is of this machine, trusted or not (%s)',
  (name) =>
    served({ trustedProxies: ['127.0.0.1/32'] }, async (ask) => {
      expect(await ask({ host: 'localhost' })).toBe(200);
      expect(await ask({ host: 'localhost', [name]: '127.0.0.1' })).toBe(401);
    }),
);

test('the audit names the client, the token and the route of what was changed and of what was refused', async () => {
  const audited: AuditedRequest[] = [];
  const parts = { token: 't', trustedProxies: ['127.0.0.1'], audited: (one: AuditedRequest) => void audited.push(one) };
  await served(parts, async (ask) => {
    await ask({ ...bearer, 'x-forwarded-for': '6.6.6.6, 203.0.113.5' }, 'POST');
    await ask({ ...bearer, 'x-forwarded-for': '203.0.113.6' });
    await ask({ 'x-forwarded-for': '203.0.113.7' }, 'POST');
    for (let i = 0; i < 50; i++) await ask({});
  });
  expect(audited.slice(0, 3)).toEqual([
    { method: 'POST', route: '/api/verdicts', status: 202, client: '203.0.113.5', by: 'token' },
    { method: 'POST', route: '/api/verdicts', status: 401, client: '203.0.113.7' },
    { method: 'GET', route: '/api/alerts', status: 401, client: '127.0.0.1' },
  ]);
  // Refusals are bounded: whoever is refused can ask without end.
  expect(audited).toHaveLength(21);
});

const configured = (trusted_proxies: readonly string[]) =>
  configSchema.safeParse({ sources: [{ type: 'file', path: 'x.log' }], http: { trusted_proxies } });

test('ranges and addresses are taken; what trusts everybody, and what is none, is refused', () => {
  expect(configured(['10.0.0.0/8', 'fd00::/8', '127.0.0.1', '::1']).success).toBe(true);
  for (const wrong of ['0.0.0.0/0', '::/0', '10.0.0.0/33', 'proxy', 'loopback', '10.0.0.1/'])
    expect(configured([wrong]).success).toBe(false);
});

test('every range that is taken can be listened with', () => {
  const range = fc.oneof(
    fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([address, length]) => `${address}/${length}`),
    fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })).map(([address, length]) => `${address}/${length}`),
  );
  fc.assert(
    fc.property(range, (one) => {
      const { success } = configured([one]);
      const made = () => createServer({ ...basic, trustedProxies: [one] });
      if (success) expect(made).not.toThrow();
    }),
  );
});
const basic: ServerParts = {
  metrics: createMetrics(),
  health: () => ({ live: [], ready: [] }),
  alerts: () => [],
  giveVerdict: async () => undefined,
};
