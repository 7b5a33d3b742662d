import { createHmac } from 'node:crypto';
import { createMetrics } from '../../../connectors/http/metrics.js';
import { createServer } from '../../../connectors/http/server.js';
import type { CalendarEntry, Deploy } from '../../../records/calendar.js';

const secret = 'a secret of GitHub';

function world(token?: string) {
  const entries: CalendarEntry[] = [];
  const deploys: Deploy[] = [];
  const server = createServer({
    metrics: createMetrics(),
    health: () => ({ live: [], ready: [] }),
    alerts: () => [],
    giveVerdict: () => Promise.resolve(undefined),
    calendar: () => ({
      entries: () => entries,
      say: async (entry) => {
        const at = entries.findIndex(({ id }) => id === entry.id);
        if (at < 0) entries.push(entry);
        else entries[at] = entry;
      },
      deployed: async (deploy) => void deploys.push(deploy),
    }),
    usableMatch: (match) => (match.service === '/(/' ? 'match: a pattern is not of the RE2 syntax' : undefined),
    githubSecret: secret,
    ...(token ? { token } : {}),
  });
  return { server, entries, deploys };
}
const mute = {
  name: 'upgrade',
  action: 'mute',
  match: { service: 'cart' },
  to: '2099-01-01T00:00:00Z',
  from: '2098-12-31T00:00:00Z',
};

test('an entry is written, listed and ended', async () => {
  const { server, entries } = world();
  const made = await server.inject({ method: 'POST', url: '/api/calendar', payload: { ...mute, by: 'ann' } });
  expect(made.statusCode).toBe(202);
  expect(entries).toMatchObject([
    { name: 'upgrade', from: Date.UTC(2098, 11, 31), by: expect.stringContaining('ann') as string },
  ]);
  const listed = (await server.inject('/api/calendar')).json<{ id: string; from: string }[]>();
  expect(listed[0]!.from).toBe('2098-12-31T00:00:00.000Z');
  expect((await server.inject({ method: 'DELETE', url: `/api/calendar/${listed[0]!.id}` })).statusCode).toBe(202);
  expect(entries[0]!.to).toBe(entries[0]!.from);
  expect((await server.inject({ method: 'DELETE', url: '/api/calendar/nope' })).statusCode).toBe(404);
});

test.each([
  [{ ...mute, action: 'stop' }],
  [{ ...mute, to: 'soon' }],
  [{ ...mute, to: mute.from }],
  [{ ...mute, to: '2199-01-01T00:00:00Z' }],
  [{ ...mute, match: { service: '/(/' } }],
])('%j is refused and changes nothing', async (payload) => {
  const { server, entries } = world();
  expect((await server.inject({ method: 'POST', url: '/api/calendar', payload })).statusCode).toBe(400);
  expect(entries).toEqual([]);
});

test('without the token nobody mutes anything, nor tells of a deploy', async () => {
  const { server, entries, deploys } = world('t0ken');
  expect((await server.inject({ method: 'POST', url: '/api/calendar', payload: mute })).statusCode).toBe(401);
  expect((await server.inject({ method: 'POST', url: '/api/deploys', payload: { service: 'cart' } })).statusCode).toBe(
    401,
  );
  expect([entries, deploys]).toEqual([[], []]);
});

test('a deploy signed by GitHub needs no token; a forged one is refused, another state is none', async () => {
  const { server, deploys } = world('t0ken');
  const event = (state: string): string =>
    JSON.stringify({
      deployment: { id: 7, ref: 'v2' },
      deployment_status: { state },
      repository: { name: 'cart', full_name: 's/cart' },
    });
  const send = (payload: string, key: string) =>
    server.inject({
      method: 'POST',
      url: '/api/deploys',
      payload,
      headers: {
        'content-type': 'application/json',
        'x-hub-signature-256': `sha256=${createHmac('sha256', key).update(payload).digest('hex')}`,
      },
    });
  expect((await send(event('success'), 'another')).statusCode).toBe(401);
  expect((await send(event('pending'), secret)).json()).toMatchObject({ ignored: expect.any(String) as string });
  expect(deploys).toEqual([]);
  expect((await send(event('success'), secret)).statusCode).toBe(202);
  expect((await send('{', secret)).statusCode).toBe(400);
  expect(deploys).toMatchObject([{ change: { version: 'v2' }, match: { service: 'cart' } }]);
});
