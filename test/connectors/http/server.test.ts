import { createMetrics } from '../../../connectors/http/metrics.js';
import { createServer, type HealthReport, type VerdictRequest } from '../../../connectors/http/server.js';
import { anAlert } from '../../builders/alert.js';

const given: VerdictRequest[] = [];
let health: HealthReport = { live: [], ready: [] };

const server = (token?: string) =>
  createServer({
    metrics: createMetrics(),
    health: () => health,
    alerts: () => [anAlert()],
    giveVerdict: async (request) => {
      if (!('alert' in request) || request.alert !== 'f1') return undefined;
      given.push(request);
      return { ids: ['v1'] };
    },
    ...(token === undefined ? {} : { token }),
  });

const verdict = { alert: 'f1', value: 'anomaly', by: 'ann' };

test('metrics are served in the Prometheus format', async () => {
  const { body, statusCode } = await server().inject('/metrics');
  expect(statusCode).toBe(200);
  expect(body).toContain('# TYPE tocsin_windows_total counter');
});

test('health tells what is wrong', async () => {
  health = { live: ['detect/0 stands still for 90 s'], ready: ['no models yet'] };
  expect((await server().inject('/healthz')).json()).toEqual({
    ok: false,
    problems: ['detect/0 stands still for 90 s'],
    waiting: [],
  });
  expect((await server().inject('/readyz')).statusCode).toBe(503);
  health = { live: [], ready: [], waiting: ['logs/0 waits for the schema registry'] };
  const waiting = await server().inject('/healthz');
  expect(waiting.statusCode).toBe(200);
  expect(waiting.json()).toEqual({ ok: true, problems: [], waiting: ['logs/0 waits for the schema registry'] });
});

test('a verdict on a known alert is taken', async () => {
  const { statusCode } = await server().inject({ method: 'POST', url: '/api/verdicts', payload: verdict });
  expect(statusCode).toBe(202);
  expect(given.at(-1)).toEqual(verdict);
});

test.each([
  ['an unknown alert', { ...verdict, alert: 'nope' }, 404],
  ['a value that is none', { ...verdict, value: 'maybe' }, 400],
  ['a field too few', { alert: 'f1' }, 400],
  ['a body that is too large', { ...verdict, by: 'x'.repeat(100_000) }, 413],
])('%s is refused', async (_what, payload, status) => {
  const before = given.length;
  expect((await server().inject({ method: 'POST', url: '/api/verdicts', payload })).statusCode).toBe(status);
  expect(given).toHaveLength(before);
});

test('with a token, only its bearer may speak', async () => {
  const guarded = server('s3cret');
  const post = (headers: Record<string, string>) =>
    guarded.inject({ method: 'POST', url: '/api/verdicts', payload: verdict, headers });
  expect((await post({})).statusCode).toBe(401);
  expect((await post({ authorization: 'Bearer wrong' })).statusCode).toBe(401);
  expect((await post({ authorization: 'Bearer s3cret' })).statusCode).toBe(202);
});

test('from elsewhere and without a token, nobody may', async () => {
  const { statusCode } = await server().inject({
    method: 'POST',
    url: '/api/verdicts',
    payload: verdict,
    remoteAddress: '192.0.2.1',
  });
  expect(statusCode).toBe(401);
});
