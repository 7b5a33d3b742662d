/** The HTTP intake: what is answered with a good code is on disk, and everything else says when to come again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { configSchema } from '../../../config/schema.js';
import { createMetrics } from '../../../connectors/http/metrics.js';
import { createServer } from '../../../connectors/http/server.js';
import { tokenHash, type Scope } from '../../../connectors/http/tokens.js';
import type { RawRecord } from '../../../records/raw.js';
import { Pushing } from '../../../service/intake/pushing.js';
import { logsRequest, otlpBytes } from '../../builders/otlp.js';

const root = mkdtempSync(join(tmpdir(), 'tocsin-pushing-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

const secret = 'a-token-that-may-post';

/** A server with an intake of logs and metrics; `again` opens another one over the same state. */
async function scene(settings: object = {}, dir = join(root, String(folders++)), scopes: Scope[] = ['write']) {
  const config = configSchema.parse({
    sources: [
      { type: 'http', ...settings },
      { type: 'http', name: 'points', signal: 'metrics' },
    ],
    state: { dir },
  });
  const pushing = await Pushing.open(config, true, (message) => {
    throw new Error(message);
  });
  const server = createServer({
    metrics: createMetrics(),
    health: () => ({ live: [], ready: [] }),
    alerts: () => [],
    giveVerdict: async () => undefined,
    tokens: [{ name: 'shipper', sha256: tokenHash(secret), scopes }],
    pushed: new Map(
      config.sources.flatMap((one) => (one.type === 'http' ? [[one.signal, one.body_limit] as const] : [])),
    ),
    intake: (signal) => pushing.intake(signal),
  });
  const post = (url: string, payload: string | Buffer, headers: Record<string, string> = {}) =>
    server.inject({ method: 'POST', url, payload, headers: { authorization: `Bearer ${secret}`, ...headers } });
  /** All that is on disk of a source, from a position on. */
  const read = async (index: number, from = 0): Promise<RawRecord[]> => {
    const { source, name } = pushing.sources[index]!;
    const signals = { stop: new AbortController().signal, drain: new AbortController().signal };
    const records: RawRecord[] = [];
    for await (const batch of source.open({ source: name, offset: from }, signals))
      for (const item of batch.items) if (item.type === undefined) records.push(item);
    return records;
  };
  const again = async (more: object = settings) => {
    await pushing.close();
    return scene(more, dir);
  };
  return { post, read, again, close: () => pushing.close() };
}

const text = ({ bytes, start, end }: RawRecord): string => Buffer.from(bytes.subarray(start, end)).toString();

test('lines are kept with the time at which they came, and read again from any position after a restart', async () => {
  const first = await scene();
  const { statusCode, body } = await first.post('/v1/lines', 'one\ntwo\n', { 'content-type': 'application/x-ndjson' });
  expect([statusCode, JSON.parse(body)]).toEqual([200, { lines: 2 }]);
  await first.post('/v1/lines', gzipSync('three'), { 'content-encoding': 'gzip', 'content-type': 'text/plain' });
  const second = await first.again();
  const records = await second.read(0);
  expect(records.map(text)).toEqual(['one\ntwo\n', 'three']);
  expect(records.every(({ timestamp, appended, topic }) => timestamp > 1.7e12 && appended && topic === 'http')).toBe(
    true,
  );
  expect((await second.read(0, records[1]!.offset)).map(text)).toEqual(['three']);
  await second.close();
});

test('OTLP as Protobuf and JSON, and remote write, are answered as their protocols want', async () => {
  const { post, read, close } = await scene();
  const request = logsRequest({ 'service.name': 'cart' }, [
    { timeUnixNano: '1767600000000000000', body: { stringValue: 'paid' } },
  ]);
  const bytes = otlpBytes('Logs', request);
  const protobuf = { 'content-type': 'application/x-protobuf' };
  const one = await post('/v1/logs', gzipSync(bytes), { ...protobuf, 'content-encoding': 'gzip' });
  expect([one.statusCode, one.headers['content-type'], one.rawPayload.length]).toEqual([
    200,
    'application/x-protobuf',
    0,
  ]);
  const two = await post('/v1/logs', JSON.stringify(request), { 'content-type': 'application/json' });
  expect([two.statusCode, two.json()]).toEqual([200, {}]);
  const three = await post('/api/v1/write', Buffer.from([0]), { ...protobuf, 'content-encoding': 'snappy' });
  expect(three.statusCode).toBe(204);
  expect((await read(0)).map(({ bytes: kept }) => Buffer.from(kept).equals(bytes))).toEqual([true, false]);
  expect(await read(1)).toHaveLength(1);
  await close();
});

test('who may not, and what cannot be read, is refused before anything is kept', async () => {
  const { post, read, close } = await scene({ body_limit: 2000 });
  const json = { 'content-type': 'application/json' };
  expect((await post('/v1/lines', 'x', { authorization: 'Bearer wrong' })).statusCode).toBe(401);
  expect((await post('/v1/logs', 'x', { 'content-type': 'text/plain' })).statusCode).toBe(415);
  expect((await post('/v1/logs', '[1]', json)).statusCode).toBe(400);
  expect((await post('/v1/lines', 'x', { 'content-encoding': 'br', 'content-type': 'text/plain' })).statusCode).toBe(
    415,
  );
  expect(
    (await post('/v1/lines', 'no gzip', { 'content-encoding': 'gzip', 'content-type': 'text/plain' })).statusCode,
  ).toBe(400);
  expect((await post('/v1/lines', 'x'.repeat(3000), { 'content-type': 'text/plain' })).statusCode).toBe(413);
  const bomb = gzipSync(Buffer.alloc(1_000_000));
  expect((await post('/v1/lines', bomb, { 'content-encoding': 'gzip', 'content-type': 'text/plain' })).statusCode).toBe(
    413,
  );
  expect(await read(0)).toEqual([]);
  await close();
  const reader = await scene({}, undefined, ['read']);
  expect((await reader.post('/v1/lines', 'x')).statusCode).toBe(403);
  await reader.close();
});

test('more than the backlog takes, or the rate, is refused with a time to come again; what is read makes room', async () => {
  const { post, read, again } = await scene({ max_backlog: 65_536 });
  const body = 'a line of some length\n'.repeat(2000);
  const plain = { 'content-type': 'text/plain' };
  expect((await post('/v1/lines', body, plain)).statusCode).toBe(200);
  const full = await post('/v1/lines', body, plain);
  expect([full.statusCode, full.headers['retry-after']]).toEqual([503, '5']);
  expect(full.json()).toEqual({ error: '44000 bytes that were posted to http are not read yet' });
  expect(await read(0)).toHaveLength(1);
  expect((await post('/v1/lines', body, plain)).statusCode).toBe(200);
  // What was not read before a restart is known behind it, once the source has begun.
  const next = await again({ max_rate: 50_000 });
  expect((await next.post('/v1/lines', body, plain)).statusCode).toBe(200);
  const fast = await next.post('/v1/lines', body, plain);
  expect(fast.statusCode).toBe(429);
  expect(Number(fast.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  expect(await next.read(0)).toHaveLength(3);
  await next.close();
});

test('a long body is kept in pieces that end with lines', async () => {
  const { post, read, close } = await scene();
  const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i} of a long body`);
  const { body } = await post('/v1/lines', lines.join('\n'), { 'content-type': 'text/plain' });
  expect(JSON.parse(body)).toEqual({ lines: 20_000 });
  const records = await read(0);
  expect(records.length).toBeGreaterThan(5);
  expect(records.every((record) => record.end - record.start <= 65_536)).toBe(true);
  expect(records.map(text).join('')).toBe(lines.join('\n'));
  await close();
});

test('headers that relabel rules name are kept, secrets never', async () => {
  const relabel = [
    { source_labels: ['header_x_team'], target_label: 'team' },
    { source_labels: ['header_authorization'], target_label: 'cluster' },
  ];
  const { post, read, close } = await scene({ relabel });
  await post('/v1/lines', 'x', { 'content-type': 'text/plain', 'X-Team': 'shop' });
  expect((await read(0)).map(({ inputs }) => inputs)).toEqual([{ header_x_team: 'shop' }]);
  await close();
});

test('without a source of its type the routes are not there', async () => {
  const server = createServer({
    metrics: createMetrics(),
    health: () => ({ live: [], ready: [] }),
    alerts: () => [],
    giveVerdict: async () => undefined,
  });
  expect((await server.inject({ method: 'POST', url: '/v1/logs', payload: '{}' })).statusCode).toBe(404);
});
