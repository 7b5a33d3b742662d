/** The lists of the API over real logs: paged, filtered, as their document says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { configSchema, type Config } from '../../config/schema.js';
import { Links } from '../../connectors/http/links.js';
import { createMetrics } from '../../connectors/http/metrics.js';
import { createServer } from '../../connectors/http/server.js';
import { tokenHash } from '../../connectors/http/tokens.js';
import type { VerdictRequest } from '../../connectors/http/verdict-request.js';
import { Console } from '../../console/console.js';
import { encodeAlert, type Alert } from '../../records/alert.js';
import { encodeDeadLetter } from '../../records/dead-letter.js';
import { entity } from '../../records/entity.js';
import { encodeDecision } from '../../records/score.js';
import { openEmbedded, type Embedded } from '../../service/channels.js';
import type { Served } from '../../service/http.js';
import { logs1 } from '../../models/features/schemas.js';
import { anAlert } from '../builders/alert.js';
import { aQuietDecision } from '../builders/decision.js';

const minute = 60_000;
const begin = Date.UTC(2026, 0, 5);
const services = ['cart', 'pay', 'auth'].map((service) => entity('service', { service, environment: 'prod' }).key);
const hostile = '<img src=x onerror=alert(1)> javascript:alert(2)';
const features = logs1.columns.map((_, i) => (i === 1 ? -4 : 0.5));

const dir = mkdtempSync(join(tmpdir(), 'tocsin-console-'));
const config: Config = configSchema.parse({ sources: [{ type: 'file', path: 'x.log' }], state: { dir } });
const alerts: Alert[] = Array.from({ length: 7 }, (_, i) => {
  const startsAt = begin + i * 10 * minute;
  return anAlert({
    tag: { source: 'windows/0', incarnation: 0, epoch: 1, offset: i, n: 0 },
    fingerprint: `f${i}`,
    entity: services[i % 3]!,
    startsAt,
    lastAt: startsAt + 5 * minute,
    at: startsAt + 5 * minute,
    status: i % 2 === 0 ? 'firing' : 'resolved',
    explanation: { ...anAlert().explanation, summary: i === 0 ? hostile : 'errors' },
    annotations: i < 2 ? { incident: 'i1', incident_size: '2', incident_origin: 'cart', incident_why: 'first' } : {},
  });
});

const given: VerdictRequest[] = [];
const revoked: string[] = [];
const logger = { warn: () => undefined, error: (...all: unknown[]) => console.error(...all) };
let embedded: Embedded;
const page = new Console({ config, metrics: createMetrics(), log: logger as never, version: '1.2.3' });
const tokens = [
  { name: 'reader', sha256: tokenHash('read me'), scopes: ['read'] as const },
  { name: 'ann', sha256: tokenHash('let me'), scopes: ['read', 'verdict'] as const },
];
const server = (withTokens = false): FastifyInstance =>
  createServer({
    metrics: createMetrics(),
    health: () => ({ live: [], ready: [] }),
    alerts: () => alerts,
    giveVerdict: async () => undefined,
    rateLimit: 1_000_000,
    status: async () => ({}),
    calendar: () => undefined,
    healing: () => undefined,
    watermarks: () => undefined,
    models: () => undefined,
    snapshots: () => undefined,
    links: () => undefined,
    slackSecret: 's',
    hasConsole: true,
    extend: page.extend,
    ...(withTokens ? { tokens } : {}),
  });
const open = server();
const guarded = server(true);

beforeAll(async () => {
  embedded = await openEmbedded(config, () => undefined);
  const { decisions, alerts: alertLog, 'dead-letters': letters } = embedded.channels;
  for (let i = 0; i < 90; i++) {
    const end = begin + (1 + Math.floor(i / 3)) * minute;
    const u = i % 7 === 0 ? 1 : -1;
    const one = aQuietDecision({ entity: services[i % 3]!, start: end - minute, end, u, fired: u > 0, features });
    decisions.writer.append(0, one.entity, encodeDecision(one));
  }
  for (const alert of alerts) alertLog.writer.append(0, alert.entity, encodeAlert(alert));
  // A restart writes a transition again.
  alertLog.writer.append(0, alerts[3]!.entity, encodeAlert(alerts[3]!));
  letters.writer.append(
    0,
    'x.log',
    encodeDeadLetter({
      ...{ reason: 'no-time', detail: 'no time in it', source: 'file:x.log', offset: 5, at: begin },
      bytes: Buffer.from(`password=hunter2 ${hostile}`),
    }),
  );
  for (const { writer } of [decisions, alertLog, letters]) await writer.flush();
  const said = () =>
    given.flatMap((request, n) =>
      ('alerts' in request ? request.alerts : []).map((alert) => ({
        ...{
          id: `v${n}-${alert}`,
          alert,
          entity: services[0],
          value: request.value,
          by: request.by,
          via: 'console',
          at: begin,
        },
        ...(revoked.includes(`v${n}-${alert}`) ? { revoked: { by: 'ann', via: 'console', at: begin } } : {}),
      })),
    );
  const run = {
    links: new Links('http://localhost', 'k'.repeat(32)),
    wiring: {
      knownAlerts: () => alerts,
      verdicts: {
        said,
        give: async (request: VerdictRequest) => {
          given.push(request);
          return { ids: 'alerts' in request ? request.alerts.map((alert) => `v${given.length - 1}-${alert}`) : [] };
        },
        revoke: async (id: string) => said().some((one) => one.id === id) && revoked.push(id) > 0,
      },
      calendar: { entries: () => [], say: async () => undefined, deployed: async () => undefined },
    },
    healer: {
      recent: [],
      rules: [],
      controls: { said: new Map() },
      stopped: () => undefined,
      ledger: { stoppedRules: new Map(), breakers: new Map(), asks: new Map(), actions: new Map() },
      audit: { chain: { seq: 0, hash: '' } },
    },
  };
  await page.start(run as unknown as Served, 'http://localhost');
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (page.view.isCurrent && page.view.letters.latest().length > 0) resolve();
      else setTimeout(look, 20);
    };
    look();
  });
});

afterAll(async () => {
  await page.close();
  await embedded.close();
  rmSync(dir, { recursive: true, force: true });
});

interface Rows {
  readonly items: Record<string, unknown>[];
  readonly next: string | null;
  readonly total: number;
}
const get = async (path: string): Promise<Rows> => (await open.inject(`/api/v1/${path}`)).json();

/** All pages of a list. */
async function all(path: string, limit: number): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  for (let cursor = ''; ;) {
    const { items, next } = await get(`${path}${path.includes('?') ? '&' : '?'}limit=${limit}${cursor}`);
    found.push(...items);
    if (next === null) return found;
    cursor = `&cursor=${encodeURIComponent(next)}`;
  }
}

test.each([
  'alerts',
  'decisions?from=2026-01-04T00:00:00Z',
  'entities',
  `features?entity=${encodeURIComponent(services[0]!)}`,
])('the pages of %s are all of it, once, whatever their size', async (path) => {
  const whole = await all(path, 500);
  expect(whole.length).toBeGreaterThan(2);
  for (const limit of [1, 2, 7]) if (whole.length < 100 || limit === 7) expect(await all(path, limit)).toEqual(whole);
});

test('a cell, its list and the log have the same number', async () => {
  const lanes = (await open.inject('/api/v1/lanes?from=2026-01-05T00:00:00Z&to=2026-01-05T00:30:00Z&columns=6')).json<{
    from: string;
    stepSeconds: number;
    items: { entity: string; cells: { fired: number; windows: number }[] }[];
  }>();
  let sum = 0;
  for (const { entity: name, cells } of lanes.items)
    for (const [i, { fired }] of cells.entries()) {
      const from = Date.parse(lanes.from) + i * lanes.stepSeconds * 1000;
      const list = await get(
        `decisions?fired=true&entity=${encodeURIComponent(name)}&from=${new Date(from).toISOString()}&to=${new Date(from + lanes.stepSeconds * 1000).toISOString()}`,
      );
      expect(list.total).toBe(fired);
      sum += fired;
    }
  expect(sum).toBe(Math.ceil(90 / 7));
});

test('internals of the logs are in no row, and hostile text is text', async () => {
  const { items } = await get('alerts?limit=500');
  expect(items).toHaveLength(alerts.length);
  expect(items[0]).not.toHaveProperty('tag');
  const first = items.find(({ id }) => id === 'f0')!;
  expect(first).toMatchObject({ summary: hostile, startsAt: '2026-01-05T00:00:00.000Z', incident: 'i1' });
  expect((await open.inject('/api/v1/alerts')).headers['content-type']).toMatch(/^application\/json/);
});

test('lists are filtered by labels, a part of the name, time and state', async () => {
  expect((await get('alerts?match=service%3Dcart')).total).toBe(3);
  expect((await get('alerts?match=service%3D/ca.*/&match=environment%3D!dev')).total).toBe(3);
  expect((await get('alerts?q=PAY')).total).toBe(2);
  expect((await get('alerts?status=firing')).total).toBe(4);
  expect((await get('alerts?from=2026-01-05T00:28:00Z&to=2026-01-05T00:31:00Z')).total).toBe(1);
  expect((await get('incidents')).items).toMatchObject([{ id: 'i1', size: 2, origin: 'cart' }]);
});

test('what differs in a range is named first', async () => {
  const { features: found } = (
    await open.inject(
      `/api/v1/differs?entity=${encodeURIComponent(services[0]!)}&from=2026-01-05T00:20:00Z&to=2026-01-05T00:30:00Z`,
    )
  ).json<{ features: { difference: number }[] }>();
  expect(found.length).toBeGreaterThan(0);
});

test('dead letters are masked', async () => {
  const { items } = await get('dead-letters');
  expect(items).toHaveLength(1);
  expect(items[0]!.text).not.toContain('hunter2');
  expect(items[0]!.text).toContain('<img');
});

test('one request answers many alerts, and one takes all of it back', async () => {
  const post = (url: string, payload: object) => open.inject({ method: 'POST', url: `/api/v1/${url}`, payload });
  const before = given.length;
  const answer = await post('verdicts', { alerts: ['f0', 'f1', 'f1', 'nope'], value: 'expected' });
  expect(answer.statusCode).toBe(202);
  expect(answer.json()).toMatchObject({ unknown: ['nope'] });
  expect(given).toHaveLength(before + 1);
  expect((await get('alerts?answered=true')).total).toBe(2);
  const { ids } = answer.json<{ ids: string[] }>();
  expect((await post('verdicts/undo', { ids })).statusCode).toBe(202);
  expect((await get('alerts?answered=true')).total).toBe(0);
  expect((await post('verdicts', { alerts: ['nope'], value: 'expected' })).statusCode).toBe(404);
});

test.each([
  ['an unknown alert', '/api/v1/alerts/none', 404],
  ['a route that is none', '/api/v1/nothing', 404],
  ['a cursor that is none', '/api/v1/alerts?cursor=abc', 400],
  ['a time that is none', '/api/v1/alerts?from=yesterday', 400],
  ['a parameter that is none', '/api/v1/alerts?colour=red', 400],
  ['a pattern that is none', '/api/v1/alerts?match=service%3D/(/', 400],
])('%s is refused with a problem that says why', async (_what, url, status) => {
  const { statusCode, headers, body } = await open.inject(url);
  expect(statusCode).toBe(status);
  expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  const problem = JSON.parse(body) as { detail: string; status: number };
  expect(problem.status).toBe(status);
  expect(problem.detail.length).toBeGreaterThan(5);
});

test('a range is given by its ends, or by its length up to an end or to the latest decision', async () => {
  interface Range {
    readonly from: string;
    readonly to: string;
  }
  const rangeOf = async (query: string): Promise<[number, number]> => {
    const { from, to } = (await open.inject(`/api/v1/lanes?columns=60&${query}`)).json<Range>();
    return [Date.parse(from), Date.parse(to)];
  };
  const latest = begin + 30 * minute;
  expect(await rangeOf('hours=1')).toEqual([latest - 60 * minute, latest]);
  const end = begin + 20 * minute;
  expect(await rangeOf(`hours=1&to=${new Date(end).toISOString()}`)).toEqual([end - 60 * minute, end]);
  const from = begin + 10 * minute;
  expect(await rangeOf(`hours=5&from=${new Date(from).toISOString()}`)).toEqual([from, latest]);
});

test('an answer that has not changed is not sent again', async () => {
  const first = await open.inject('/api/v1/alerts');
  const again = await open.inject({ url: '/api/v1/alerts', headers: { 'if-none-match': String(first.headers.etag) } });
  expect(again.statusCode).toBe(304);
  expect(again.body).toBe('');
});

describe('with tokens', () => {
  const login = async (token: string) => guarded.inject({ method: 'POST', url: '/api/v1/session', payload: { token } });
  const verdict = { alerts: ['f2'], value: 'anomaly' };

  test('nobody reads without one, and the page of the login is there', async () => {
    expect((await guarded.inject('/api/v1/alerts')).statusCode).toBe(401);
    expect((await guarded.inject('/api/v1/session')).statusCode).toBe(401);
    expect((await guarded.inject('/api/v1/stream')).statusCode).toBe(401);
    expect((await login('wrong')).statusCode).toBe(401);
  });

  test('a session reads, and changes nothing without its word, from elsewhere, or beyond its scopes', async () => {
    const answer = await login('let me');
    const cookie = String(answer.headers['set-cookie']).split(';')[0];
    const { csrf } = answer.json<{ csrf: string }>();
    expect((await guarded.inject({ url: '/api/v1/alerts', headers: { cookie } })).statusCode).toBe(200);
    const post = async (headers: Record<string, string>, url = '/api/v1/verdicts', payload: object = verdict) =>
      (await guarded.inject({ method: 'POST', url, payload, headers: { cookie, ...headers } })).statusCode;
    expect(await post({})).toBe(403);
    expect(await post({ 'x-csrf-token': csrf, origin: 'https://evil.example.com' })).toBe(403);
    expect(await post({ 'x-csrf-token': csrf, origin: 'http://localhost:80', host: 'localhost:80' })).toBe(202);
    expect(await post({ 'x-csrf-token': csrf }, '/api/v1/dead-letters/redrive', { numbers: [0] })).toBe(403);
    expect(given.at(-1)).toMatchObject({ by: 'ann' });
  });

  test('who may only read gives no verdict', async () => {
    const answer = await login('read me');
    const cookie = String(answer.headers['set-cookie']).split(';')[0];
    const { csrf } = answer.json<{ csrf: string }>();
    const headers = { cookie, 'x-csrf-token': csrf };
    const refused = await guarded.inject({ method: 'POST', url: '/api/v1/verdicts', payload: verdict, headers });
    expect(refused.statusCode).toBe(403);
    expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/);
  });
});

interface Operation {
  readonly parameters: { readonly name: string; readonly in: string; readonly schema: Record<string, unknown> }[];
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: object }> }>;
}

test('answers are as the document says, whatever is asked', async () => {
  const document = (await open.inject('/openapi.json')).json<{
    openapi: string;
    info: { version: string };
    paths: Record<string, Record<string, Operation>>;
  }>();
  expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
  const ajv = new Ajv2020({ strict: false });
  formats.default(ajv);
  ajv.addSchema(document, 'api');
  const pointer = (path: string, status: string, media: string): string =>
    `api#/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D')}/get/responses/${status}/content/${media.replaceAll('/', '~1').replaceAll('+', '%2B')}/schema`;
  const asked = Object.entries(document.paths).filter(
    ([path, { get: one }]) => one && path.startsWith('/api/v1/') && !/stream|whatif/.test(path),
  );
  const known: Record<string, readonly string[]> = {
    entity: [services[0]!, services[1]!, 'none'],
    id: ['f0', '0-3', '0-999999', 'x'],
    from: ['2026-01-05T00:10:00Z', '1999-01-01T00:00:00Z', 'x'],
    to: ['2026-01-05T00:20:00Z', '9999-01-01T00:00:00Z'],
    q: ['cart', 'x', ''],
    match: ['service=cart', 'service=/(/', 'x'],
  };
  const value = (name: string, schema: Record<string, unknown>): fc.Arbitrary<string> =>
    fc.oneof(
      fc.constantFrom(...(known[name] ?? (schema.enum as string[] | undefined) ?? ['1', '0', 'true', 'zz'])),
      fc.string({ maxLength: 12 }),
    );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...asked).chain(([path, { get: one }]) =>
        fc.record({
          path: fc.constant(path),
          values: fc.record(
            Object.fromEntries(one!.parameters.map(({ name, schema }) => [name, value(name, schema)])),
            {
              requiredKeys: one!.parameters
                .filter((parameter) => parameter.in === 'path')
                .map(({ name }) => name) as never[],
            },
          ),
        }),
      ),
      async ({ path, values }) => {
        const said = new Map(Object.entries(values as Record<string, string>));
        const url = path.replace(/\{(\w+)\}/g, (_all, name: string) => {
          const part = said.get(name)!;
          said.delete(name);
          return encodeURIComponent(part);
        });
        const answer = await open.inject(`${url}?${new URLSearchParams([...said]).toString()}`);
        expect(answer.statusCode).toBeLessThan(500);
        const media = String(answer.headers['content-type']).split(';')[0]!;
        const status = String(answer.statusCode);
        // A path parameter that is empty names another route.
        if (!(status in document.paths[path]!.get!.responses)) return;
        if (status === '204') return;
        const validate = ajv.getSchema(pointer(path, status, media));
        if (!validate) throw new Error(`${path} answered ${status} ${media}, which the document does not have`);
        const isValid = validate(answer.json());
        if (!isValid) throw new Error(`${url}: ${ajv.errorsText(validate.errors)}`);
      },
    ),
    { numRuns: 400 },
  );
});

/** Methods and paths of a server, as its router has them. */
function routesOf(served: FastifyInstance): string[] {
  const found: string[] = [];
  const above: string[] = [];
  for (const line of served.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent, path, methods] = /^([\s│]*)[└├]── (\S*) \(([A-Z, ]+)\)/.exec(line) ?? [];
    if (path === undefined) continue;
    const depth = indent!.length / 4;
    above.length = depth;
    above[depth] = path;
    const whole = `/${above.join('/')}`.replaceAll(/\/+/g, '/').replaceAll(/:(\w+)/g, '{$1}');
    for (const method of methods!.split(', ')) found.push(`${method} ${whole}`);
  }
  return found;
}

test('every route is in the document', async () => {
  await open.ready();
  const { paths } = (await open.inject('/openapi.json')).json<{ paths: Record<string, object> }>();
  const said = new Set(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    ),
  );
  // Files of the page, the document itself, and HEAD, which is GET without a body.
  const apart = /^HEAD |^[A-Z]+ \/(api\/v1\/)?\*|^GET \/(app\.\w+|icon\.svg|\w+\.js|openapi\.json|api\/docs)?$/;
  const missing = routesOf(open).filter((route) => !said.has(route) && !apart.test(route));
  expect(missing).toEqual([]);
  expect([...said].filter((route) => !routesOf(open).includes(route))).toEqual([]);
});

test('whatever is sent to any route, it never fails, and refusals of the API are problem documents', async () => {
  const { paths } = (await open.inject('/openapi.json')).json<{
    paths: Record<string, Record<string, { requestBody?: { content: Record<string, { schema: object }> } }>>;
  }>();
  const operations = Object.entries(paths)
    .filter(([path]) => !path.endsWith('/stream'))
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, one]) => ({ path, method, one })));
  const names = [
    'alert',
    'alerts',
    'value',
    'by',
    'ids',
    'numbers',
    'inputs',
    'token',
    'alias',
    'artefact',
    'match',
    'from',
    'to',
    'id',
    'action',
    'payload',
  ];
  const anyValue = fc.oneof(
    fc.constantFrom('f0', 'anomaly', 'approve', ['f0'], [1e99], '2026-01-05T00:00:00Z', { service: '/(/' }, null, -1),
    fc.jsonValue(),
  );
  const bodies = fc.oneof(
    fc.dictionary(fc.constantFrom(...names), anyValue, { maxKeys: 6 }).map((value) => JSON.stringify(value)),
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constant('{"__proto__": {"x": 1}'),
  );
  const types = ['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'application/octet-stream'];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...operations),
      fc.oneof(fc.constantFrom('f0', '0-3', 'robust-z', '..', '%'), fc.string({ maxLength: 20 })),
      bodies,
      fc.oneof({ weight: 8, arbitrary: fc.constant(types[0]) }, { weight: 2, arbitrary: fc.constantFrom(...types) }),
      async ({ path, method, one }, part, body, type) => {
        const url = path.replaceAll(/\{\w+\}/g, encodeURIComponent(part));
        const answer = await open.inject({
          method: method.toUpperCase() as 'GET',
          url,
          ...(one.requestBody ? { payload: body, headers: { 'content-type': type } } : {}),
        });
        const { statusCode, headers } = answer;
        // What is not there yet says so.
        if (statusCode >= 500 && statusCode !== 503)
          throw new Error(`${method} ${url} ${body}: ${statusCode} ${answer.body}`);
        if (statusCode < 400 || !url.startsWith('/api/')) return;
        expect([method, url, String(headers['content-type'])]).toEqual([
          method,
          url,
          expect.stringContaining('application/problem+json'),
        ]);
        expect(answer.json()).toMatchObject({
          status: statusCode,
          title: expect.any(String),
          detail: expect.any(String),
        });
      },
    ),
    { numRuns: 1500 },
  );
});

test('the reference page names every route', async () => {
  const { body, headers } = await open.inject('/api/docs');
  expect(headers['content-security-policy']).not.toContain('unsafe');
  const { paths } = (await open.inject('/openapi.json')).json<{ paths: Record<string, unknown> }>();
  for (const path of Object.keys(paths)) expect(body).toContain(path.replace(/\{(\w+)\}/g, ':$1'));
});
