import { createServer } from '../../connectors/http/server.js';
import { createMetrics } from '../../connectors/http/metrics.js';
import type { Control } from '../../records/control.js';

const said: Control[] = [];
const server = createServer({
  metrics: createMetrics(),
  health: () => ({ live: [], ready: [] }),
  alerts: () => [],
  giveVerdict: async () => undefined,
  watermarks: () => ({ say: async (control) => void said.push(control) }),
});
const post = async (payload: object): Promise<number> =>
  (await server.inject({ method: 'POST', url: '/api/watermark', headers: { host: 'localhost' }, payload })).statusCode;

test('a reset is said to every process with who, which source and where event time goes on', async () => {
  expect(await post({ source: 'logs/3', to: '2026-01-05T10:00:00Z', by: 'ann', why: 'clock' })).toBe(202);
  expect(said).toEqual([
    expect.objectContaining({
      command: 'watermark',
      about: 'logs/3',
      value: String(Date.UTC(2026, 0, 5, 10)),
      by: 'ann',
      why: 'clock',
    }),
  ]);
});

test.each([{ to: 'soon' }, { to: '2999-01-01T00:00:00Z' }, { until: 'x' }])('%j is refused', async (payload) => {
  expect(await post(payload)).toBe(400);
});
