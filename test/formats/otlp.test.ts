import fc from 'fast-check';
import { anyOf, attributes, logsRequest, metricsRequest, otlpBytes, reversed } from '../builders/otlp.js';
import { cutAt, records, run, runLines, type Line, type Ran } from '../operators/ingest-run.js';
import { endOfSource } from '../../records/raw.js';
import { levels } from '../../records/log-record.js';
import type { IngestParts } from '../../topologies/ingest.js';

const second = 1_767_614_400;
const nanos = (seconds: number): string => `${seconds}000000000`;
const asJson = (request: object): Line => ({ text: JSON.stringify(request), timestamp: second * 1000 });
const asProto = (request: object): Line => ({ text: otlpBytes('Logs', request), timestamp: second * 1000 });

/** Lines, levels and outcomes of all partials, by entity. */
function counted({ items }: Ran): Record<string, unknown>[] {
  return items.flatMap((item) =>
    item.type === 'log'
      ? [
          {
            entity: item.entity,
            lines: item.aggregate.lines,
            levels: Object.fromEntries([...item.aggregate.levels].map(([level, lines]) => [levels[level], lines])),
          },
        ]
      : [],
  );
}
const points = ({ items }: Ran): string[] =>
  items
    .flatMap((item) =>
      item.type === 'series' ? item.aggregate.points.map(([at, value]) => `${item.entity} ${at} ${value}`) : [],
    )
    .sort();
const masked = ({ items }: Ran): string[] => items.flatMap((item) => (item.type === 'definition' ? [item.masked] : []));

const checkout = logsRequest({ 'service.name': 'checkout', 'host.name': 'a' }, [
  { timeUnixNano: nanos(second), severityNumber: 17, severityText: 'ERROR', body: { stringValue: 'card declined' } },
  { observedTimeUnixNano: nanos(second + 1), severityNumber: 9, body: { stringValue: 'ok' } },
]);

test.each(['auto', 'otlp'] as const)(
  'a value of logs is as many records, as JSON and as Protobuf, with format %s',
  async (format) => {
    for (const line of [
      asJson(checkout),
      asProto(checkout),
      { ...asProto(checkout), text: reversed(otlpBytes('Logs', checkout)) },
    ]) {
      const got = await runLines([line], { format });
      expect(got.rejected).toEqual([]);
      expect(counted(got)).toEqual([
        { entity: 'service{service="checkout"}', lines: 2, levels: { error: 1, info: 1 } },
      ]);
      expect(masked(got)).toEqual(['card declined', 'ok']);
    }
  },
);

test('a resource that follows its logs names them all the same', async () => {
  const bytes = otlpBytes('Logs', checkout);
  // The one field of the request is the group: a tag and a length, and its fields are turned round.
  const head = bytes[1]! < 0x80 ? 2 : 3;
  const inner = reversed(bytes.subarray(head));
  expect([bytes[head], inner[0]]).toEqual([0x0a, 0x12]);
  const got = await runLines([{ text: Buffer.concat([bytes.subarray(0, head), inner]), timestamp: -1 }]);
  expect(counted(got)).toEqual([expect.objectContaining({ entity: 'service{service="checkout"}', lines: 2 })]);
});

test('attributes tell outcome and latency, and exceptions are in the message', async () => {
  const request = logsRequest({ 'service.name': 'api' }, [
    {
      timeUnixNano: nanos(second),
      body: anyOf('GET cart'),
      attributes: attributes({ 'http.response.status_code': 503, duration_ms: 12.5 }),
    },
    {
      timeUnixNano: nanos(second),
      severityText: 'error',
      body: anyOf('request failed'),
      attributes: attributes({
        'exception.type': 'java.lang.OutOfMemoryError',
        'exception.message': 'Java heap space',
      }),
    },
    { timeUnixNano: nanos(second), body: anyOf({ msg: 'from a map', level: 'warn', deep: { list: [1, 'b', true] } }) },
    { timeUnixNano: nanos(second), severityNumber: 21, body: anyOf({ code: 7 }) },
  ]);
  for (const line of [asJson(request), asProto(request)]) {
    const got = await runLines([line]);
    expect(masked(got)).toEqual([
      'GET cart',
      'request failed: java.lang.OutOfMemoryError: Java heap space',
      'from a map',
      expect.stringContaining('code'),
    ]);
    expect(counted(got)).toEqual([
      expect.objectContaining({ lines: 4, levels: { unknown: 1, warn: 1, error: 1, fatal: 1 } }),
    ]);
  }
});

test('labels that are asked for come from the record or its resource, and rules see all attributes', async () => {
  const request = logsRequest({ 'service.name': 'api', 'cloud.region': 'eu-1', 'k8s.namespace.name': 'shop' }, [
    { timeUnixNano: nanos(second), body: anyOf('a'), attributes: attributes({ tenant: 'x' }) },
    { timeUnixNano: nanos(second), body: anyOf('a'), attributes: attributes({ tenant: 'y' }) },
  ]);
  const parts: Partial<IngestParts> = {
    fields: { labels: { tenant: 'tenant' } },
    relabel: [{ source_labels: ['cloud_region'], regex: '(.*)-.*', target_label: 'region', replacement: '$1' }],
  };
  const got = await runLines([asProto(request)], parts);
  expect(counted(got).map(({ entity }) => entity)).toEqual([
    'service{namespace="shop",region="eu",service="api",tenant="x"}',
    'service{namespace="shop",region="eu",service="api",tenant="y"}',
  ]);
});

test('a record without any time is refused by its index, and the others count', async () => {
  const request = logsRequest({ 'service.name': 'api' }, [
    { body: anyOf('timeless') },
    { timeUnixNano: nanos(second), body: anyOf('timed') },
  ]);
  const got = await runLines([{ text: otlpBytes('Logs', request) }]);
  expect(got.rejected).toEqual([
    expect.objectContaining({
      reason: 'no-time',
      offset: 0,
      part: { index: 0, from: 0, to: 0 },
      bytes: Buffer.from('timeless'),
    }),
  ]);
  expect(got.rejected[0]!.whole).toBeUndefined();
  expect(masked(got)).toEqual(['timed']);
  // With a broker's time it has one.
  expect((await runLines([{ text: otlpBytes('Logs', request), timestamp: second * 1000 }])).rejected).toEqual([]);
});

test('traces, damaged requests and what is no OpenTelemetry are refused with what they are', async () => {
  const spans = [{ traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 2), name: 'GET', startTimeUnixNano: '1' }];
  const traces = otlpBytes('Traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] });
  const cut = otlpBytes('Logs', checkout).subarray(0, -3);
  const json = Buffer.from(JSON.stringify(checkout)).subarray(0, -3);
  const reasons = async (text: Uint8Array | string, format: 'auto' | 'otlp') =>
    (await runLines([{ text }], { format })).rejected.map(({ reason, whole }) => [reason, whole !== undefined]);
  expect(await reasons(traces, 'auto')).toEqual([['other-signal', true]]);
  expect(await reasons('{"resourceSpans":[]}', 'auto')).toEqual([['other-signal', true]]);
  expect(await reasons(json, 'auto')).toEqual([['bad-payload', true]]);
  expect(await reasons(cut, 'otlp')).toEqual([['not-otlp', true]]);
  expect(await reasons('plain', 'otlp')).toEqual([['not-otlp', true]]);
  expect(await reasons('', 'otlp')).toEqual([['empty', true]]);
});

const metrics = metricsRequest({ 'service.name': 'checkout', 'host.name': 'a' }, [
  {
    name: 'queue.size',
    gauge: {
      dataPoints: [{ timeUnixNano: nanos(second), asInt: '12', attributes: attributes({ 'queue.name': 'x' }) }],
    },
  },
  { name: 'requests', sum: { isMonotonic: true, dataPoints: [{ timeUnixNano: nanos(second), asDouble: 2.5 }] } },
  {
    name: 'latency',
    histogram: {
      dataPoints: [
        { timeUnixNano: nanos(second), count: '3', sum: 7.5, bucketCounts: ['1', '2'], explicitBounds: [1] },
      ],
    },
  },
  { name: 'sizes', exponentialHistogram: { dataPoints: [{ timeUnixNano: nanos(second), count: '4', sum: 9 }] } },
  {
    name: 'gc',
    summary: {
      dataPoints: [
        { timeUnixNano: nanos(second), count: '5', sum: 10, quantileValues: [{ quantile: 0.99, value: 1.5 }] },
      ],
    },
  },
]);

test('metrics are points of series: gauges, sums, counts and sums of histograms, quantiles', async () => {
  const of = (labels: string, value: number): string => `series{${labels}} ${second * 1000} ${value}`;
  const owner = 'service="checkout"';
  for (const text of [JSON.stringify(metrics), otlpBytes('Metrics', metrics)]) {
    const got = await runLines([{ text }]);
    expect(got.rejected).toEqual([]);
    expect(points(got)).toEqual(
      [
        of(`host="a",queue_name="x",series="queue.size",${owner}`, 12),
        of(`host="a",series="requests",${owner}`, 2.5),
        of(`host="a",series="latency_count",${owner}`, 3),
        of(`host="a",series="latency_sum",${owner}`, 7.5),
        of(`host="a",series="sizes_count",${owner}`, 4),
        of(`host="a",series="sizes_sum",${owner}`, 9),
        of(`host="a",series="gc_count",${owner}`, 5),
        of(`host="a",series="gc_sum",${owner}`, 10),
        of(`host="a",quantile="0.99",series="gc",${owner}`, 1.5),
      ].sort(),
    );
  }
});

test('a point that is not finite, or says that it has no value, is refused', async () => {
  const request = metricsRequest({}, [
    {
      name: 'a',
      gauge: {
        dataPoints: [
          { timeUnixNano: nanos(second), asDouble: 'NaN' },
          { timeUnixNano: nanos(second), asInt: '1', flags: 1 },
        ],
      },
    },
    { name: 'b', gauge: { dataPoints: [{ timeUnixNano: nanos(second), asInt: '-3' }] } },
  ]);
  for (const text of [JSON.stringify(request), otlpBytes('Metrics', request)]) {
    const got = await runLines([{ text }]);
    expect(got.rejected.map(({ reason, part }) => [reason, part?.index])).toEqual([
      ['no-value', 0],
      ['no-value', 1],
    ]);
    expect(points(got)).toEqual([`series{series="b",service="app"} ${second * 1000} -3`]);
  }
});

test('JSON and Protobuf of any request give the same, at any cuts and over restarts', async () => {
  const value = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.integer(),
    fc.boolean(),
    fc.array(fc.integer(), { maxLength: 3 }),
  );
  const named = fc.dictionary(fc.constantFrom('service.name', 'host.name', 'http.status_code', 'a', 'b.c'), value, {
    maxKeys: 4,
  });
  const log = fc.record({
    timeUnixNano: fc.integer({ min: second, max: second + 300 }).map(nanos),
    severityNumber: fc.integer({ min: 0, max: 24 }),
    body: value.map(anyOf),
    attributes: named.map(attributes),
  });
  const request = fc
    .tuple(named, fc.array(log, { minLength: 1, maxLength: 4 }))
    .map(([resource, logs]) => logsRequest(resource, logs));
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 1, maxLength: 8 }),
      fc.array(fc.nat(), { maxLength: 3 }),
      async (requests, cuts) => {
        const all = (as: (request: object) => Line) => [...records(requests.map(as)), endOfSource];
        const once = await run([all(asJson)]);
        const total = requests.reduce(
          (sum, { resourceLogs }: { resourceLogs?: { scopeLogs: { logRecords: object[] }[] }[] }) =>
            sum + resourceLogs![0]!.scopeLogs[0]!.logRecords.length,
          0,
        );
        const lines = once.items.reduce((sum, item) => sum + (item.type === 'log' ? item.aggregate.lines : 0), 0);
        expect(lines + once.rejected.length).toBe(total);
        expect((await run(cutAt(all(asProto), cuts), {}, true)).bytes).toBe(once.bytes);
      },
    ),
    { numRuns: 40 },
  );
});
