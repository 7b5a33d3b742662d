import fc from 'fast-check';
import protobuf from 'protobufjs';
import { compressSync } from 'snappy';
import { endOfSource } from '../../records/raw.js';
import type { IngestParts } from '../../topologies/ingest.js';
import { cutAt, records, run, runLines, type Line, type Ran } from '../operators/ingest-run.js';

const second = 1_767_614_400;
const ms = second * 1000;

/** Labels, time and value of all points, as text. */
const pointsOf = ({ items }: Ran): string[] =>
  items
    .flatMap((item) =>
      item.type === 'series'
        ? item.aggregate.points.map(([at, value]) => `${item.entity.slice(6)} ${at} ${value}`)
        : [],
    )
    .sort();
const logs = ({ items }: Ran): number => items.filter(({ type }) => type === 'log').length;
const reasons = ({ rejected }: Ran): string[] => rejected.map(({ reason, offset }) => `${offset} ${reason}`);
const formats: readonly IngestParts['format'][] = ['metric', 'auto'];

test.each(formats)(
  'Prometheus text and the JSON of its Kafka adapter are series by name and labels (%s)',
  async (format) => {
    const got = await runLines(
      [
        '# HELP http_requests_total The total number of HTTP requests.',
        '# TYPE http_requests_total counter',
        `http_requests_total{method="post",code="200"} 1027 ${ms}`,
        `escaped{path="C:\\\\DIR\\\\",text="a \\"b\\" {c}"} +1.5e3 ${ms}`,
        `{"quoted.name",a="b"} 2 ${ms}`,
        `up 1 ${ms}`,
        '{"timestamp":"2026-01-05T12:00:00Z","value":"9876543210","name":"up","labels":{"__name__":"up","instance":"a:9100","job":"node"}}',
        '{"timestamp":"2026-01-05T12:00:00Z","value":"1","name":"up","labels":{"__name__":"up","instance":"b:9100","job":"node"}}',
        '{"timestamp":"2026-01-05T12:00:00Z","value":"NaN","name":"up","labels":{"__name__":"up","instance":"b:9100","job":"node"}}',
        '{"timestamp":"2026-01-05T12:00:00Z","value":"+Inf","name":"up"}',
        `broken{a="b} 1 ${ms}`,
        'nan NaN 1767614400000',
      ],
      { format },
    );
    expect(pointsOf(got)).toEqual(
      [
        `{code="200",method="post",series="http_requests_total",service="app"} ${ms} 1027`,
        `{path="C:\\\\DIR\\\\",series="escaped",service="app",text="a \\"b\\" {c}"} ${ms} 1500`,
        `{a="b",series="quoted.name",service="app"} ${ms} 2`,
        `{series="up",service="app"} ${ms} 1`,
        `{instance="a:9100",job="node",series="up",service="node"} ${ms} 9876543210`,
        `{instance="b:9100",job="node",series="up",service="node"} ${ms} 1`,
      ].sort(),
    );
    expect(reasons(got)).toEqual(['8 no-value', '9 no-value', '10 not-metric', '11 no-value']);
    expect(got.rejected[0]!.detail).toBe('up has "NaN" as its value: no finite number');
  },
);

test.each(formats)('Telegraf JSON, its batches and Influx lines: each number is a series (%s)', async (format) => {
  const got = await runLines(
    [
      '{"fields":{"usage_idle":91.5,"usage_user":3.2,"state":"ok"},"name":"cpu","tags":{"cpu":"cpu0","host":"web1"},"timestamp":1767614400}',
      '{"metrics":[{"fields":{"value":91.5},"name":"load","tags":{"host":"web1"},"timestamp":1767614400},{"fields":{"value":90},"name":"load","tags":{"host":"web2"},"timestamp":1767614400}]}',
      'cpu,host=web1,cpu=cpu0 usage_idle=91.5,usage_user=3.2 1767614460000000000',
      'disk\\ io,path=C:\\,\\ x used=3i,ok=true,text="a, b=c" 1767614400000000000',
      'cpu,host=web1 usage_idle= 1767614400000000000',
      'cpu,host=web1 text="only" 1767614400000000000',
    ],
    { format },
  );
  const cpu = (field: string, at: number, value: number): string =>
    `{cpu="cpu0",host="web1",series="cpu_${field}",service="app"} ${at} ${value}`;
  expect(pointsOf(got)).toEqual(
    [
      cpu('usage_idle', ms, 91.5),
      cpu('usage_user', ms, 3.2),
      cpu('usage_idle', ms + 60_000, 91.5),
      cpu('usage_user', ms + 60_000, 3.2),
      `{host="web1",series="load",service="app"} ${ms} 91.5`,
      `{host="web2",series="load",service="app"} ${ms} 90`,
      `{path="C:, x",series="disk io_used",service="app"} ${ms} 3`,
      `{path="C:, x",series="disk io_ok",service="app"} ${ms} 1`,
    ].sort(),
  );
  expect(reasons(got)).toEqual(['4 not-metric', '5 no-value']);
});

test.each(formats)(
  'StatsD takes the time of the broker, collectd and OpenTelemetry have their own (%s)',
  async (format) => {
    const at = (text: string): Line => ({ text, timestamp: ms });
    const got = await runLines(
      [
        at('api.latency:320|ms|@0.1|#env:prod,canary'),
        at('api.latency:320|ms'),
        at('hits:2|c|@0.5\nhits:3|c\n'),
        at('temperature:+3|g'),
        at('users:bob|s'),
        at(
          '[{"values":[0,null],"dstypes":["gauge","gauge"],"dsnames":["value","max"],"time":1767614400.011,"interval":10.000,"host":"remote","plugin":"disk","type":"pending_operations"}]',
        ),
        at(
          '{"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"checkout"}}]},"scopeMetrics":[{"metrics":[{"name":"queue.size","gauge":{"dataPoints":[{"timeUnixNano":"1767614400000000000","asInt":"12"}]}}]}]}]}',
        ),
      ],
      { format },
    );
    expect(pointsOf(got)).toEqual(
      [
        `{canary="true",env="prod",series="api.latency",service="app"} ${ms} 320`,
        `{series="api.latency",service="app"} ${ms} 320`,
        `{series="hits",service="app"} ${ms} 4`,
        `{series="hits",service="app"} ${ms} 3`,
        `{host="remote",series="disk_pending_operations",service="app"} ${ms + 11} 0`,
        `{series="queue.size",service="checkout"} ${ms} 12`,
      ].sort(),
    );
    expect(got.rejected.map(({ reason, offset, part }) => [reason, offset, part?.index])).toEqual([
      ['no-value', 3, undefined],
      ['no-value', 4, undefined],
      ['no-value', 5, 1],
    ]);
    // Of a file there is no other time.
    expect(reasons(await runLines(['api.latency:320|ms'], { format }))).toEqual(['0 no-time']);
  },
);

test('Graphite lines have tags, and may leave the time to the receiver', async () => {
  const got = await runLines(
    [
      `servers.web1.load 1.25 ${second}`,
      `disk.used;datacenter=dc1;rack=a1 7 ${second}`,
      { text: 'a.b 3 -1', timestamp: ms },
    ],
    { format: 'metric' },
  );
  expect(pointsOf(got)).toEqual(
    [
      `{series="servers.web1.load",service="app"} ${ms} 1.25`,
      `{datacenter="dc1",rack="a1",series="disk.used",service="app"} ${ms} 7`,
      `{series="a.b",service="app"} ${ms} 3`,
    ].sort(),
  );
  expect(got.rejected).toEqual([]);
});

test.each(formats)('CSV has quotes, semicolons and a header, which is line 0 of a file (%s)', async (format) => {
  const plain = await runLines(
    [
      'timestamp,value',
      '2026-01-05T12:00:00Z,40.1,cpu',
      '1767614460,41,cpu',
      '{"timestamp":1767614520000,"value":40.16,"name":"cpu"}',
      'timestamp,value',
    ],
    { format },
  );
  expect(reasons(plain)).toEqual(['4 no-value']);
  const bare = await runLines(['2026-01-05T12:00:00Z,40.1,cpu', '1767614460,41,cpu', 'timestamp,value'], { format });
  expect(pointsOf(bare)).toEqual([
    `{series="cpu",service="app"} ${ms} 40.1`,
    `{series="cpu",service="app"} ${ms + 60_000} 41`,
  ]);
  expect(reasons(bare)).toEqual(['2 not-metric']);
  const named = await runLines(['time;host;"value";note', `${second};web1;"1,5";"a ""b""; c"`, `${second};web2;2;`], {
    format,
  });
  expect(pointsOf(named)).toEqual([
    `{host="web1",note="a \\"b\\"; c",service="app"} ${ms} 1.5`,
    `{host="web2",service="app"} ${ms} 2`,
  ]);
  const wide = await runLines(['date,cpu,mem', `2026-01-05 12:00:00,1,2`], { format: 'metric' });
  expect(pointsOf(wide)).toEqual([`{series="cpu",service="app"} ${ms} 1`, `{series="mem",service="app"} ${ms} 2`]);
});

test('a header of a Kafka partition is a line like any other, and lines of logs are no points', async () => {
  const got = await runLines(
    [{ text: 'timestamp,value', timestamp: ms }, `INFO starting`, '2026-01-05 12:00:00 ERROR no', 'a,b,c,d'],
    { format: 'metric' },
  );
  expect(reasons(got)).toEqual(['0 not-metric', '1 not-metric', '2 not-metric', '3 not-metric']);
  for (const line of [
    '2026-01-05T12:00:00Z INFO a',
    `${second} 5 things`,
    'key=value other=3',
    '{"ts":1767614400,"msg":"v","value":3,"name":"x"}',
    '2026-01-05T12:00:00Z,INFO,x',
  ])
    expect(pointsOf(await runLines([line], { format: 'auto' }))).toEqual([]);
});

const { root } = protobuf.parse(`syntax = "proto3";
message Label { string name = 1; string value = 2; }
message Sample { double value = 1; int64 timestamp = 2; }
message Histogram { uint64 count_int = 1; double sum = 3; int64 timestamp = 15; }
message Series1 { repeated Label labels = 1; repeated Sample samples = 2; repeated Histogram histograms = 4; }
message Meta { uint32 type = 1; string name = 2; }
message Write1 { repeated Series1 timeseries = 1; repeated Meta metadata = 3; }
message Series2 { repeated uint32 labels_refs = 1; repeated Sample samples = 2; repeated Histogram histograms = 3; }
message Write2 { repeated string symbols = 4; repeated Series2 timeseries = 5; }`);
const encoded = (type: string, message: object): Buffer => {
  const found = root.lookupType(type);
  return Buffer.from(found.encode(found.fromObject(message)).finish());
};
const first = encoded('Write1', {
  timeseries: [
    {
      labels: [
        { name: '__name__', value: 'up' },
        { name: 'job', value: 'node' },
      ],
      samples: [
        { value: 1, timestamp: ms },
        { value: NaN, timestamp: ms },
      ],
    },
    { labels: [{ name: '__name__', value: 'h' }], histograms: [{ countInt: 3, sum: 4.5, timestamp: ms }] },
  ],
  metadata: [{ type: 2, name: 'up' }],
});
const other = encoded('Write2', {
  symbols: ['', '__name__', 'up', 'job', 'node', 'h'],
  timeseries: [
    {
      labelsRefs: [1, 2, 3, 4],
      samples: [
        { value: 1, timestamp: ms },
        { value: NaN, timestamp: ms },
      ],
    },
    { labelsRefs: [1, 5], histograms: [{ countInt: 3, sum: 4.5, timestamp: ms }] },
  ],
});

test.each(formats)('remote write, version 1 and 2, is read packed and unpacked (%s)', async (format) => {
  for (const text of [compressSync(first), compressSync(other), first]) {
    const got = await runLines([{ text, timestamp: ms }], { format });
    expect(pointsOf(got)).toEqual(
      [
        `{job="node",series="up",service="node"} ${ms} 1`,
        `{series="h_count",service="app"} ${ms} 3`,
        `{series="h_sum",service="app"} ${ms} 4.5`,
      ].sort(),
    );
    expect(got.rejected.map(({ reason, part }) => [reason, part?.index])).toEqual([['no-value', 1]]);
  }
  expect(
    reasons(await runLines([{ text: compressSync(first).subarray(0, -4), timestamp: ms }], { format: 'metric' })),
  ).toEqual(['0 not-metric']);
});

test('what is nested deeper than anything that is meant is refused', async () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  for (const text of [deep, `{"name":"a","value":1,"timestamp":${second},"labels":{"x":${deep}}}`])
    expect(reasons(await runLines([text], { format: 'metric' }))).toEqual(['0 not-json']);
  expect(reasons(await runLines([`{"resourceLogs":[${deep}]}`]))).toEqual(['0 bad-payload']);
});

test('every line of a metric source is read, refused or says that it is a comment, at any cuts and over restarts', async () => {
  const number = fc.oneof(fc.double({ noNaN: false }).map(String), fc.integer().map(String), fc.constant('x'));
  const time = fc.integer({ min: second, max: second + 600 });
  const line = fc.oneof(
    fc.tuple(time, number).map(([at, value]) => `${at},${value},cpu`),
    fc.tuple(time, number).map(([at, value]) => `cpu,host=a idle=${value} ${at}000000000`),
    fc.tuple(time, number).map(([at, value]) => `cpu{a="b"} ${value} ${at}000`),
    fc.tuple(time, number).map(([at, value]) => JSON.stringify({ name: 'cpu', timestamp: at, value })),
    number.map((value) => `cpu:${value}|g`),
    fc.constant('# a comment'),
    fc.constant('time,value,host'),
    fc.string({ maxLength: 20 }).filter((text) => !text.includes('\n')),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 20 }),
      fc.array(fc.nat(), { maxLength: 3 }),
      async (lines, cuts) => {
        let comments = 0;
        const parts: Partial<IngestParts> = {
          format: 'metric',
          jump: 1e12,
          lateness: 1e9,
          count: (what, n) => (comments += what === 'without-records' ? n : 0),
        };
        const all = [...records(lines), endOfSource];
        const once = await run([all], parts);
        const read = pointsOf(once).length;
        expect(logs(once)).toBe(0);
        expect(read + once.rejected.length + comments).toBe(lines.length);
        expect((await run(cutAt(all, cuts), parts, true)).bytes).toBe(once.bytes);
      },
    ),
    { numRuns: 100 },
  );
});
