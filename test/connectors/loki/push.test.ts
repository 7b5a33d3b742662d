/** Lines for Loki, held against what its push API demands. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pushOf, pushToLoki } from '../../../connectors/loki/push.js';
import type { Alert } from '../../../records/alert.js';
import { anAlert } from '../../builders/alert.js';

const presentation = { url: 'http://t', links: [] };
const labels = { cluster: 'eu1' };

interface Push {
  readonly streams: readonly {
    readonly stream: Readonly<Record<string, string>>;
    readonly values: readonly (readonly [string, string, Readonly<Record<string, string>>])[];
  }[];
}

/** Why Loki would refuse a body: by its documented limits and defaults. */
function refusalOf(body: unknown): string | undefined {
  const { streams } = body as Push;
  if (!Array.isArray(streams) || streams.length === 0) return 'no streams';
  for (const { stream, values } of streams as Push['streams']) {
    if (Object.keys(stream).length === 0 || Object.keys(stream).length > 15) return 'labels';
    if (
      !Object.entries(stream).every(
        ([name, value]) => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) && typeof value === 'string',
      )
    )
      return 'label';
    for (const [time, line, metadata] of values) {
      if (typeof time !== 'string' || !/^[0-9]{19}$/.test(time)) return `time ${time}`;
      if (typeof line !== 'string' || Buffer.byteLength(line) > 256 * 1024) return 'line';
      if (!Object.values(metadata).every((value) => typeof value === 'string')) return 'metadata';
      if (Buffer.byteLength(JSON.stringify(metadata)) > 64 * 1024 || Object.keys(metadata).length > 128) return 'size';
    }
  }
  return undefined;
}

const streamOf = (alert: Alert) => (pushOf(alert, { labels, presentation }) as Push).streams[0]!;

test('a transition is a line of a stream with few labels; what tells alerts apart is structured metadata', () => {
  const alert = anAlert({ at: 1_767_571_200_123 });
  const { stream, values } = streamOf(alert);
  expect(refusalOf(pushOf(alert, { labels, presentation }))).toBeUndefined();
  expect(stream).toEqual({ cluster: 'eu1', job: 'tocsin', severity: alert.severity });
  expect(values[0]![0]).toBe('1767571200123000000');
  expect(JSON.parse(values[0]![1])).toMatchObject({ fingerprint: alert.fingerprint, status: alert.status });
  expect(values[0]![2]).toMatchObject({ fingerprint: alert.fingerprint, entity: alert.entity, status: alert.status });
});

test('streams do not grow with services and alerts', () => {
  const alerts = Array.from({ length: 500 }, (_, i) =>
    anAlert({ entity: `service{service="s${i}"}`, fingerprint: `f${i}` }),
  );
  expect(new Set(alerts.map((alert) => JSON.stringify(streamOf(alert).stream))).size).toBe(1);
});

test('an explanation without end is cut', () => {
  const alert = anAlert();
  const long = { ...alert, explanation: { ...alert.explanation, summary: 'é'.repeat(300_000) } };
  expect(refusalOf(pushOf(long, { labels, presentation }))).toBeUndefined();
});

test('it goes to the push API with tenant and token; 429 is tried again, 400 is not', async () => {
  let status = 204;
  const seen: { url?: string; tenant?: unknown; authorization?: string; body: unknown }[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { url, headers } = request;
      seen.push({
        ...(url === undefined ? {} : { url }),
        tenant: headers['x-scope-orgid'],
        ...(headers.authorization === undefined ? {} : { authorization: headers.authorization }),
        body: JSON.parse(Buffer.concat(parts).toString()),
      });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/loki-base/`;
    const options = { url, tenant: 'sre', token: 'secret', labels, timeoutMs: 5000, presentation };
    expect(await pushToLoki(anAlert(), options)).toMatchObject({ ok: true });
    expect(seen[0]).toMatchObject({
      url: '/loki-base/loki/api/v1/push',
      tenant: 'sre',
      authorization: 'Bearer secret',
    });
    expect(refusalOf(seen[0]!.body)).toBeUndefined();
    status = 429;
    expect(await pushToLoki(anAlert(), options)).toMatchObject({ ok: false, retryable: true });
    status = 400;
    expect(await pushToLoki(anAlert(), options)).toMatchObject({ ok: false, retryable: false });
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
