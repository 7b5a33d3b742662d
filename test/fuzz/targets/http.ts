/** Requests to the process's own server: bodies through its router, and raw bytes through a socket. */
import { connect, type AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { createMetrics } from '../../../connectors/http/metrics.js';
import { createServer, type VerdictRequest } from '../../../connectors/http/server.js';
import { verdictValues } from '../../../records/verdict.js';
import { anAlert } from '../../builders/alert.js';
import { Finding, type Target } from '../target.js';

const words = [
  '__proto__',
  'constructor',
  '"alert"',
  '"anomaly"',
  'null',
  '1e400',
  '\u0000',
  '\r\n',
  '%00',
  '%ff',
  '../',
  'chunked',
];

function serving(): ReturnType<typeof createServer> {
  return createServer({
    metrics: createMetrics(),
    health: () => ({ live: [], ready: [] }),
    alerts: () => [anAlert()],
    rateLimit: Number.POSITIVE_INFINITY,
    giveVerdict: async (request: VerdictRequest) => {
      const { value, by, id = 'v' } = request;
      const alert = 'alert' in request ? request.alert : 'f0';
      const texts = [alert, by, id].every((text) => typeof text === 'string' && text !== '' && text.length <= 200);
      if (!texts || !verdictValues.includes(value)) throw new Finding(`taken: ${JSON.stringify(request)}`);
      return alert === 'f1' ? { ids: [id] } : undefined;
    },
  });
}

export function bodiesTarget(): Target {
  const server = serving();
  const bodies = [
    { alert: 'f1', value: 'anomaly', by: 'ann' },
    { alert: 'f2', value: 'expected', by: 'bob', id: 'one-of-a-kind' },
  ];
  const types = [
    'application/json',
    'text/plain',
    'application/json; charset=utf-16',
    'application/x-www-form-urlencoded',
  ];
  return {
    name: 'http-bodies',
    corpus: bodies.map((body) => Buffer.from(JSON.stringify(body))),
    dictionary: words.map((word) => Buffer.from(word)),
    batch: 16,
    async take(inputs, random) {
      for (const payload of inputs) {
        const headers = { 'content-type': random.fraction() < 0.9 ? types[0] : random.pick(types) };
        const answer = await server.inject({
          method: 'POST',
          url: '/api/verdicts',
          headers,
          payload: Buffer.from(payload),
        });
        const { statusCode } = answer;
        if (statusCode >= 500 || statusCode === 429) throw new Finding(`answered ${statusCode}: ${answer.body}`);
      }
      // What a request leaves behind is cleared after its turn; inject alone never gives one.
      await setImmediate();
    },
    close: () => server.close(),
  };
}

export async function requestsTarget(): Promise<Target> {
  const server = serving();
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  const body = JSON.stringify({ alert: 'f1', value: 'anomaly', by: 'ann' });
  const requests = [
    'GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    'GET /api/alerts?x=%7B HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer abc\r\nConnection: close\r\n\r\n',
    `POST /api/verdicts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    `POST /api/verdicts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  ];
  const ask = (request: Uint8Array): Promise<string> =>
    new Promise((resolve) => {
      let answer = '';
      const socket = connect(port, '127.0.0.1');
      socket.on('data', (data: Buffer) => (answer += data.toString('latin1')));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(answer));
      socket.end(request);
    });
  return {
    name: 'http-requests',
    corpus: requests.map((request) => Buffer.from(request)),
    dictionary: words.map((word) => Buffer.from(word)),
    batch: 16,
    async take(inputs) {
      const answers = await Promise.all(inputs.map(ask));
      const failed = answers.find((answer) => /^HTTP\/1\.1 (5(?!05)|429)/.test(answer));
      if (failed !== undefined) throw new Finding(`answered ${failed.slice(0, 300)}`);
      const well = await ask(Buffer.from(requests[0]!));
      if (!well.startsWith('HTTP/1.1 200')) throw new Finding(`does not serve any more: ${well.slice(0, 200)}`);
    },
    close: () => server.close(),
  };
}
