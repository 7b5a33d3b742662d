/** Requests that try to look like those of somebody else, or to keep the server busy. */
import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { createMetrics } from '../../../connectors/http/metrics.js';
import { createServer, type ServerParts } from '../../../connectors/http/server.js';

const slackSecret = 'a signing secret of Slack, made up';
const server = (more: Partial<ServerParts> = {}) =>
  createServer({
    metrics: createMetrics(),
    health: () => ({ live: [], ready: [] }),
    alerts: () => [],
    giveVerdict: async () => undefined,
    healing: () => undefined,
    slackSecret,
    ...more,
  });

test.each([
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-server',
  'x-original-host',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'x-envoy-external-address',
  'x-amzn-trace-id',
  'via',
  'x-forwarded',
  'x-forwarded-user',
  'x-proxyuser-ip',
  'x-originating-ip',
  'x-rewrite-url',
  'x-scheme',
  'x-arr-ssl',
  'x-remote-user',
  'tailscale-user-login',
  'cdn-loop',
])('without tokens a request with %s is not one of this machine: a proxy has brought it', async (name) => {
  const plain = { url: '/api/alerts', headers: { host: 'localhost' } };
  expect((await server().inject(plain)).statusCode).toBe(200);
  expect((await server().inject({ ...plain, headers: { ...plain.headers, [name]: '127.0.0.1' } })).statusCode).toBe(
    401,
  );
});

/** Writes a text to a port, and reads until the other side closes. */
const exchange = (port: number, sent: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(sent));
    let text = '';
    socket.on('data', (piece) => (text += piece.toString()));
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });

test('a request with two Host headers is refused', async () => {
  const made = server();
  await made.listen({ host: '127.0.0.1', port: 0 });
  const { port } = made.server.address() as AddressInfo;
  const answer = await exchange(
    port,
    'GET /api/alerts HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
  );
  await made.close();
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
});

test.each(['http://evil.example/api/alerts', 'http://localhost/api/alerts'])(
  'a request for %s is one for a proxy, and refused whatever its Host says',
  async (url) => {
    const made = server();
    await made.listen({ host: '127.0.0.1', port: 0 });
    const { port } = made.server.address() as AddressInfo;
    const answer = await exchange(port, `GET ${url} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    await made.close();
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  },
);

test.each([
  ['headers', 'POST /api/slack HTTP/1.1\r\nHost: localhost\r\nX-A: '],
  [
    'a body',
    'POST /api/slack HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\nx',
  ],
  [
    'a body of chunks',
    'POST /api/slack HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n',
  ],
])('a request whose end never comes (%s) is answered with 408 and closed', async (_what, text) => {
  const made = server({ requestLimitMs: 50 });
  await made.listen({ host: '127.0.0.1', port: 0 });
  const { port } = made.server.address() as AddressInfo;
  const answer = await exchange(port, text);
  await made.close();
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
});

test('the limit is ten seconds where none is given', () => {
  const made = server();
  expect([made.server.requestTimeout, made.server.headersTimeout]).toEqual([10_000, 10_000]);
});

test('/metrics may need a token', async () => {
  const guarded = server({ protectMetrics: true, token: 't' });
  expect((await guarded.inject('/metrics')).statusCode).toBe(401);
  expect((await guarded.inject({ url: '/metrics', headers: { authorization: 'Bearer t' } })).statusCode).toBe(200);
  expect((await server().inject('/metrics')).statusCode).toBe(200);
});

const clicked = async (payload: string): Promise<number> => {
  const at = Math.floor(Date.now() / 1000);
  const body = new URLSearchParams({ payload }).toString();
  const signature = createHmac('sha256', slackSecret).update(`v0:${at}:${body}`).digest('hex');
  const { statusCode } = await server().inject({
    method: 'POST',
    url: '/api/slack',
    payload: body,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': String(at),
      'x-slack-signature': `v0=${signature}`,
    },
  });
  return statusCode;
};

test.each([
  '1',
  'null',
  '[]',
  '"x"',
  '{"actions":1}',
  '{"actions":{}}',
  '{"actions":[null]}',
  '{"actions":[{"value":1}]}',
  '{',
])('Slack with the payload %s is answered with 400', async (payload) => {
  expect(await clicked(payload)).toBe(400);
});

test('whatever JSON comes from Slack, it is no fault of the server', async () => {
  await fc.assert(
    fc.asyncProperty(fc.json(), async (payload) => {
      expect(await clicked(payload)).toBe(400);
    }),
    { numRuns: 50 },
  );
});
