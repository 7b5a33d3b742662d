/** What is posted: kill -9 loses nothing that was acknowledged, and each protocol is read. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { compressSync } from 'snappy';
import { tokenHash } from '../../connectors/http/tokens.js';
import { logsRequest, metricsRequest, otlpBytes } from '../builders/otlp.js';
import { countedRecords } from './services/counted.js';
import { freePort } from './services/free-port.js';
import { begin, tocsin, whileRunning, type Running } from './services/tocsin.js';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-intake-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const token = 'shipper-0123456789-abcdefghij-klmnop';

/** Lines and points by entity. */
async function counted(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const record of await countedRecords(join(folder, 'state'))) {
    if (record.type !== 'log' && record.type !== 'series') continue;
    const more = record.type === 'log' ? record.aggregate.lines : record.aggregate.points.length;
    counts[record.entity] = (counts[record.entity] ?? 0) + more;
  }
  return counts;
}

const { root } = protobuf.parse(`syntax = "proto3";
message Label { string name = 1; string value = 2; }
message Sample { double value = 1; int64 timestamp = 2; }
message Series { repeated Label labels = 1; repeated Sample samples = 2; }
message Write { repeated Series timeseries = 1; }`);

function remoteWrite(value: number): Buffer {
  const type = root.lookupType('Write');
  const labels = [
    { name: '__name__', value: 'up' },
    { name: 'job', value: 'node' },
  ];
  const message = { timeseries: [{ labels, samples: [{ value, timestamp: Date.now() }] }] };
  return compressSync(type.encode(type.fromObject(message)).finish());
}

test('what was acknowledged counts over kill -9, and nothing counts twice', async () => {
  const port = await freePort();
  const config = join(folder, 'tocsin.yaml');
  writeFileSync(
    config,
    JSON.stringify({
      sources: [{ type: 'http' }, { type: 'http', name: 'points', signal: 'metrics' }],
      channels: { shards: 1 },
      state: { dir: join(folder, 'state') },
      http: { port, tokens: [{ name: 'shipper', sha256: tokenHash(token), scopes: ['write'] }] },
      log: { format: 'json' },
    }),
  );
  const post = (url: string, body: string | Buffer, headers: Record<string, string>): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${url}`, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${token}`, ...headers },
    });
  const start = async (): Promise<Running> => {
    const run = begin(['run', '--config', config]);
    await whileRunning(run, () => run.said().includes('"running"'));
    return run;
  };

  let sent = 0;
  let acknowledged = 0;
  /** Posts lines until the process is gone. */
  const shipper = async (name: string): Promise<void> => {
    for (let i = 0; ; i++) {
      const lines = Array.from({ length: 50 }, (_, k) =>
        JSON.stringify({ time: new Date().toISOString(), service: 'cart', message: `${name} ${i} ${k}` }),
      );
      sent += lines.length;
      try {
        const answer = await post('/v1/lines', `${lines.join('\n')}\n`, { 'content-type': 'application/x-ndjson' });
        if (answer.status === 200) acknowledged += ((await answer.json()) as { lines: number }).lines;
      } catch {
        return;
      }
    }
  };

  let run = await start();
  for (const enough of [1000, 3000]) {
    const shippers = ['a', 'b', 'c', 'd'].map(shipper);
    await whileRunning(run, () => acknowledged >= enough);
    run.signal('SIGKILL');
    await Promise.all([run.ended, ...shippers]);
    run = await start();
  }

  const time = (): string => `${Date.now()}000000`;
  const protobufType = { 'content-type': 'application/x-protobuf' };
  const logs = (): object =>
    logsRequest(
      { 'service.name': 'otel' },
      Array.from({ length: 7 }, (_, i) => ({ timeUnixNano: time(), body: { stringValue: `order ${i} paid` } })),
    );
  const gzip = { ...protobufType, 'content-encoding': 'gzip' };
  expect((await post('/v1/logs', gzipSync(otlpBytes('Logs', logs())), gzip)).status).toBe(200);
  expect((await post('/v1/logs', JSON.stringify(logs()), { 'content-type': 'application/json' })).status).toBe(200);
  const point = { name: 'queue.depth', gauge: { dataPoints: [{ timeUnixNano: time(), asDouble: 4 }] } };
  const metrics = otlpBytes('Metrics', metricsRequest({ 'service.name': 'otel' }, [point]));
  for (const value of [1, 2]) {
    expect(
      (await post('/api/v1/write', remoteWrite(value), { ...protobufType, 'content-encoding': 'snappy' })).status,
    ).toBe(204);
    expect((await post('/v1/metrics', metrics, protobufType)).status).toBe(200);
  }
  expect((await post('/v1/logs', 'x', { ...protobufType, authorization: 'Bearer none' })).status).toBe(401);
  run.signal('SIGKILL');
  await run.ended;

  await tocsin('run', '--config', config, '--bounded');
  const counts = await counted();
  expect(counts['service{service="cart"}']).toBeGreaterThanOrEqual(acknowledged);
  expect(counts['service{service="cart"}']).toBeLessThanOrEqual(sent);
  expect(counts['service{service="otel"}']).toBe(14);
  const points = Object.entries(counts).filter(([entity]) => entity.startsWith('series'));
  expect(points.map(([entity, count]) => [/series="([^"]+)"/.exec(entity)?.[1], count]).sort()).toEqual([
    ['queue.depth', 2],
    ['up', 2],
  ]);
}, 120_000);
