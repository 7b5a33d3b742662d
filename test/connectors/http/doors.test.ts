import { createHmac } from 'node:crypto';
import { Links, type LinkGrant } from '../../../connectors/http/links.js';
import { createMetrics } from '../../../connectors/http/metrics.js';
import type { HealingState } from '../../../connectors/http/healing-routes.js';
import { createServer, type VerdictRequest } from '../../../connectors/http/server.js';
import { slackProblem } from '../../../connectors/http/slack-routes.js';
import { tokenHash, type Scope } from '../../../connectors/http/tokens.js';
import { alertLabels } from '../../../records/alert.js';
import type { Control } from '../../../records/control.js';
import { anAlert } from '../../builders/alert.js';

const links = new Links('http://tocsin.example.com', 'a key of more than sixteen bytes');
const slackSecret = 'slack signing secret';
const state: HealingState = {
  stopped: null,
  leads: true,
  rules: [{ name: 'restart', target: 't', dryRun: false, approval: true, stopped: null }],
  breakers: [],
  asks: [{ id: 'f1-restart', rule: 'restart', entity: 'e', expires: '', state: 'asked' }],
  actions: [],
  head: { seq: 0, hash: '' },
};

function doors({ rateLimit = 1000, tokens = true } = {}) {
  const verdicts: VerdictRequest[] = [];
  const controls: Control[] = [];
  const revoked: [string, string][] = [];
  const used = new Set<string>();
  const server = createServer({
    metrics: createMetrics(),
    health: () => ({ live: [], ready: [] }),
    alerts: () => [anAlert()],
    giveVerdict: async (request) => {
      if (!('alert' in request) || request.alert !== 'f1') return undefined;
      verdicts.push(request);
      return { ids: [request.id ?? 'v1'] };
    },
    verdicts: () => ({
      said: () => [{ id: 'v1', alert: 'f1', entity: 'e', value: 'anomaly', by: 'ann', via: 'api', at: 0 }],
      revoke: async (id, by) => id === 'v1' && revoked.push([id, by]) > 0,
    }),
    calendar: () => ({ entries: () => [], say: () => Promise.resolve(), deployed: () => Promise.resolve() }),
    tokens: tokens
      ? (['read', 'verdict', 'heal', 'admin'] as const).map((scope) => ({
          name: scope,
          sha256: tokenHash(`${scope} token`),
          scopes: [scope],
        }))
      : [],
    healing: () => ({ state: () => state, entries: () => [], say: async (control) => void controls.push(control) }),
    links: () => ({
      links,
      describe: () => ['<script>alert(1)</script>'],
      used: (id) => used.has(id),
      carryOut: async (link, value) => {
        used.add(link.id);
        verdicts.push({ alert: link.about, value: value ?? 'anomaly', by: link.to });
        return 'noted';
      },
    }),
    slackSecret,
    rateLimit,
  });
  const as = (scope: Scope) => ({ authorization: `Bearer ${scope} token` });
  return { server, verdicts, controls, revoked, as };
}
const verdict = { alert: 'f1', value: 'anomaly', by: 'ann' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };

describe('tokens', () => {
  test.each<[Scope, string, 'GET' | 'POST', object | undefined, number]>([
    ['read', '/api/alerts', 'GET', undefined, 200],
    ['verdict', '/api/alerts', 'GET', undefined, 403],
    ['read', '/api/verdicts', 'POST', verdict, 403],
    ['verdict', '/api/verdicts', 'POST', verdict, 202],
    ['verdict', '/api/heal', 'POST', { command: 'stop' }, 403],
    ['heal', '/api/heal', 'POST', { command: 'stop' }, 202],
    ['read', '/api/heal', 'GET', undefined, 200],
    ['admin', '/api/heal', 'POST', { command: 'stop' }, 202],
  ])('scope %s at %s %s', async (scope, url, method, payload, status) => {
    const { server, as } = doors();
    const answer = await server.inject({ method, url, headers: as(scope), ...(payload ? { payload } : {}) });
    expect(answer.statusCode).toBe(status);
  });

  test.each(['', 'Bearer', 'Bearer ', 'admin token', 'Bearer nonsense', `Bearer ${tokenHash('admin token')}`])(
    '%p is nobody',
    async (authorization) => {
      const { server, controls } = doors();
      const answer = await server.inject({
        method: 'POST',
        url: '/api/heal',
        headers: { authorization },
        payload: { command: 'stop' },
      });
      expect(answer.statusCode).toBe(401);
      expect(controls).toEqual([]);
    },
  );

  test('the author is who has the token, whatever the body claims', async () => {
    const { server, verdicts, as } = doors();
    await server.inject({ method: 'POST', url: '/api/verdicts', headers: as('verdict'), payload: verdict });
    expect(verdicts[0]!.by).toBe('ann (verdict)');
  });

  test('without tokens, a page in a browser on this machine is nobody', async () => {
    const { server } = doors({ tokens: false });
    const get = (headers: Record<string, string>) => server.inject({ url: '/api/alerts', headers });
    expect((await get({ host: 'localhost:9464' })).statusCode).toBe(200);
    expect((await get({ host: 'evil.example.com' })).statusCode).toBe(401);
    expect((await get({ host: 'localhost:9464', origin: 'https://evil.example.com' })).statusCode).toBe(401);
  });
});

describe('verdicts', () => {
  test.each<[string, object, number]>([
    ['an incident that is not known', { incident: 'i1', value: 'anomaly', by: 'ann' }, 404],
    ['nothing', { value: 'anomaly', by: 'ann' }, 400],
    ['two things at once', { ...verdict, incident: 'i1' }, 400],
    ['half a range', { entity: 'e', from: '2026-01-01T00:00:00Z', value: 'anomaly', by: 'ann' }, 400],
    ['a range backwards', { entity: 'e', from: '2026-01-02', to: '2026-01-01', value: 'anomaly', by: 'ann' }, 400],
    ['a range without end', { entity: 'e', from: '2026-01-02', to: 'soon', value: 'anomaly', by: 'ann' }, 400],
  ])('on %s', async (_, payload, status) => {
    const { server, verdicts, as } = doors();
    const answer = await server.inject({ method: 'POST', url: '/api/verdicts', headers: as('verdict'), payload });
    expect(answer.statusCode).toBe(status);
    expect(verdicts).toEqual([]);
  });

  test('are listed and taken back by who may give them', async () => {
    const { server, revoked, as } = doors();
    const ask = (method: 'GET' | 'DELETE', url: string, scope: Scope) =>
      server.inject({ method, url, headers: as(scope) });
    expect((await ask('GET', '/api/verdicts', 'read')).json()).toEqual([
      expect.objectContaining({ id: 'v1', at: '1970-01-01T00:00:00.000Z' }),
    ]);
    expect((await ask('DELETE', '/api/verdicts/v1', 'read')).statusCode).toBe(403);
    expect((await ask('DELETE', '/api/verdicts/v2', 'verdict')).statusCode).toBe(404);
    expect((await ask('DELETE', '/api/verdicts/v1?by=ann&force=1', 'verdict')).statusCode).toBe(400);
    expect((await ask('DELETE', '/api/verdicts/v1?by=ann', 'verdict')).statusCode).toBe(202);
    expect(revoked).toEqual([['v1', 'ann (verdict)']]);
  });
});

test.each<['POST' | 'DELETE' | 'GET', string]>([
  ['POST', '/api/verdicts'],
  ['POST', '/api/heal'],
  ['POST', '/api/calendar'],
  ['POST', '/api/deploys'],
  ['POST', '/api/alertmanager'],
  ['DELETE', '/api/verdicts/v1?force=1'],
  ['GET', '/api/heal/audit?limit=none'],
])('%s %s asks who it is before it looks at what is said', async (method, url) => {
  const { server, as } = doors();
  const payload = method === 'POST' ? 'x'.repeat(2_000_000) : undefined;
  const headers = { ...(payload ? { 'content-type': 'application/json' } : {}) };
  const nobody = await server.inject({ method, url, headers, ...(payload ? { payload } : {}) });
  expect(nobody.statusCode).toBe(401);
  const known = await server.inject({
    method,
    url,
    headers: { ...headers, ...as('admin') },
    ...(payload ? { payload } : {}),
  });
  expect([400, 413]).toContain(known.statusCode);
});

describe('bad input changes nothing and is refused with a reason', () => {
  test.each<[string, object | string]>([
    ['an unknown verdict', { ...verdict, value: 'maybe' }],
    ['no author', { alert: 'f1', value: 'anomaly' }],
    ['an alert that is no text', { ...verdict, alert: { $ne: 1 } }],
    ['more than is known', { ...verdict, admin: true }],
    ['an author of a megabyte', { ...verdict, by: 'x'.repeat(60_000) }],
    ['broken JSON', '{"alert":'],
    ['a list', '[]'],
  ])('%s', async (_, payload) => {
    const { server, verdicts, as } = doors();
    const headers = { ...as('verdict'), 'content-type': 'application/json' };
    const answer = await server.inject({ method: 'POST', url: '/api/verdicts', headers, payload });
    expect(answer.statusCode).toBe(400);
    expect(answer.json<{ message: string }>().message).not.toBe('');
    expect(verdicts).toEqual([]);
  });

  test.each(['/api/verdicts', '/api/heal', '/api/slack', '/api/alertmanager?verdict=anomaly', '/l/x.y'])(
    'a body of 50 MB at %s',
    async (url) => {
      const { server, verdicts, controls, as } = doors();
      const type = url === '/api/slack' || url.startsWith('/l/') ? form : { 'content-type': 'application/json' };
      const answer = await server.inject({
        method: 'POST',
        url,
        headers: { ...as('admin'), ...type },
        payload: Buffer.alloc(50 * 1024 * 1024, 0x20),
      });
      expect(answer.statusCode).toBe(413);
      expect([verdicts, controls]).toEqual([[], []]);
    },
  );

  test('what is unknown cannot be approved, closed or resumed', async () => {
    const { server, controls, as } = doors();
    for (const payload of [
      { command: 'approve', about: 'f9-restart' },
      { command: 'close-breaker', about: 'cluster=eu' },
      { command: 'resume-remedy', about: 'restart' },
      { command: 'approve' },
      { command: 'fire', about: 'x' },
    ])
      expect([400, 404]).toContain(
        (await server.inject({ method: 'POST', url: '/api/heal', headers: as('heal'), payload })).statusCode,
      );
    expect(controls).toEqual([]);
  });

  test('more than the allowance of requests', async () => {
    const { server } = doors({ rateLimit: 2 });
    const codes = [];
    for (let i = 0; i < 3; i++) codes.push((await server.inject('/api/alerts')).statusCode);
    expect(codes).toEqual([401, 401, 429]);
    expect((await server.inject('/healthz')).statusCode).toBe(200);
  });
});

describe('signed links', () => {
  const grant: LinkGrant = { command: 'verdict', about: 'f1', to: 'chat', expires: Date.now() + 60_000 };
  const path = (change: Partial<LinkGrant> = {}): string => new URL(links.make({ ...grant, ...change })).pathname;
  const post = (url: string, payload = 'value=expected') => ({ method: 'POST', url, headers: form, payload }) as const;

  test('a GET shows a page and writes nothing, also for a link preview; text of logs is escaped', async () => {
    const { server, verdicts } = doors();
    for (let i = 0; i < 3; i++) {
      const page = await server.inject(path());
      expect(page.statusCode).toBe(200);
      expect(page.body).toContain('&lt;script&gt;');
      expect(page.body).not.toContain('<script');
      expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    }
    expect(verdicts).toEqual([]);
  });

  test('a POST does it once, also when two come together', async () => {
    const { server, verdicts } = doors();
    const codes = await Promise.all([1, 2].map(async () => (await server.inject(post(path()))).statusCode));
    expect(codes.sort()).toEqual([200, 410]);
    expect((await server.inject(post(path()))).statusCode).toBe(410);
    expect(verdicts).toEqual([{ alert: 'f1', value: 'expected', by: 'chat' }]);
  });

  test.each<[string, string, number]>([
    ['expired', path({ expires: Date.now() - 1 }), 410],
    ['signed with another key', new URL(new Links('http://x', 'another key of some length').make(grant)).pathname, 403],
    [
      'with another payload',
      `/l/${Buffer.from('["approve","x","y",9e15,"z"]').toString('base64url')}.${path().split('.')[1]}`,
      403,
    ],
    ['without a signature', path().split('.')[0]!, 403],
    ['garbage', '/l/%00%ff.x', 403],
    ['too long', `/l/${'a'.repeat(2050)}.b`, 403],
  ])('a link that is %s', async (_, url, status) => {
    const { server, verdicts } = doors();
    const answer = await server.inject(post(url));
    expect([status, 400]).toContain(answer.statusCode);
    expect(verdicts).toEqual([]);
  });

  test('a verdict that is none', async () => {
    const { server, verdicts } = doors();
    expect((await server.inject(post(path(), 'value=maybe'))).statusCode).toBe(400);
    expect(verdicts).toEqual([]);
  });
});

describe('Slack', () => {
  const click = (action_id: string, value: string): string =>
    `payload=${encodeURIComponent(JSON.stringify({ user: { username: 'ann' }, actions: [{ action_id, value, action_ts: '1' }] }))}`;
  const signed = (payload: string, at = Math.floor(Date.now() / 1000)) => ({
    method: 'POST' as const,
    url: '/api/slack',
    payload,
    headers: {
      ...form,
      'x-slack-request-timestamp': String(at),
      'x-slack-signature': `v0=${createHmac('sha256', slackSecret).update(`v0:${at}:${payload}`).digest('hex')}`,
    },
  });

  test("the example of Slack's documentation", () => {
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
    const signature = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503';
    const secret = '8f742231b10e8888abcd99yyyzzz85a5';
    expect(slackProblem(secret, '1531420618', signature, body, 1_531_420_618)).toBeUndefined();
    expect(slackProblem(secret, '1531420618', signature, `${body}x`, 1_531_420_618)).toBe('its signature is wrong');
    expect(slackProblem(secret, '1531420618', signature, body, 1_531_420_919)).toContain('5 minutes');
  });

  test('buttons answer; the same click has the same id', async () => {
    const { server, verdicts, controls } = doors();
    for (let i = 0; i < 2; i++)
      expect((await server.inject(signed(click('tocsin_verdict', 'f1:expected')))).statusCode).toBe(200);
    expect(verdicts[0]).toMatchObject({ alert: 'f1', value: 'expected', by: 'ann (slack)' });
    expect(verdicts[1]!.id).toBe(verdicts[0]!.id);
    expect((await server.inject(signed(click('tocsin_approve', 'f1-restart')))).statusCode).toBe(200);
    expect(controls).toMatchObject([{ command: 'approve', about: 'f1-restart', via: 'slack' }]);
  });

  test('forged, old and malformed ones change nothing', async () => {
    const { server, verdicts, controls } = doors();
    const good = signed(click('tocsin_approve', 'f1-restart'));
    const old = Math.floor(Date.now() / 1000) - 301;
    const codes = [];
    for (const request of [
      { ...good, payload: click('tocsin_approve', 'f2-restart') },
      { ...good, headers: form },
      signed(click('tocsin_approve', 'f1-restart'), old),
      signed('payload=%7B'),
      signed('payload=null'),
      signed(click('tocsin_verdict', 'f1:maybe')),
      signed(click('something', 'f1')),
    ])
      codes.push((await server.inject(request)).statusCode);
    expect(codes).toEqual([401, 401, 401, 400, 400, 400, 400]);
    expect([verdicts, controls]).toEqual([[], []]);
  });
});

test('Alertmanager as receiver: alerts are known by their labels, also with more labels of its routes', async () => {
  const { server, verdicts, as } = doors();
  const body = {
    version: '4',
    receiver: 'expected-changes',
    alerts: [{ labels: { ...alertLabels(anAlert()), team: 'web' } }, { labels: { alertname: 'Other' } }],
  };
  const url = '/api/alertmanager?verdict=expected';
  const answer = await server.inject({ method: 'POST', url, headers: as('verdict'), payload: body });
  expect(answer.json()).toEqual({ given: ['v1'], unknown: 1 });
  expect(verdicts).toMatchObject([{ alert: 'f1', value: 'expected', by: 'receiver expected-changes (verdict)' }]);
});
