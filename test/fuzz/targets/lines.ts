/** Lines and framed values through the whole of `ingest`, in every format. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { SourceItem } from '../../../records/raw.js';
import type { SchemaDocument } from '../../../records/schema.js';
import { decodeWindowsRecord, encodeWindowsRecord, type IngestRecord } from '../../../records/windows.js';
import { encodeDeadLetter } from '../../../records/dead-letter.js';
import { MemoryBackend } from '../../../runtime/memory-backend.js';
import { Pass } from '../../../runtime/pass.js';
import { TaskState } from '../../../runtime/state.js';
import { ingest, type IngestParts } from '../../../topologies/ingest.js';
import { lineForms } from '../../builders/line-forms.js';
import { avro, document, frame, proto } from '../../builders/frames.js';
import { anyOf, attributes, logsRequest, metricsRequest, otlpBytes } from '../../builders/otlp.js';
import { Finding, type Target } from '../target.js';

/** Slices after which a task is restored from its checkpoint, and after which it begins anew. */
const slicesPerCheckpoint = 16;
const slicesPerTask = 128;

type Format = IngestParts['format'];

const kindsFolder = join('test', 'formats', 'kinds');

/** Runs slices of one source, with what other formats need beside the bytes. */
function ingesting(
  name: string,
  parts: Partial<IngestParts> & { readonly format: Format },
  corpus: readonly Uint8Array[],
  dictionary: readonly string[],
): Target {
  let backend = new MemoryBackend();
  let task: { state: TaskState; pass: Pass<SourceItem, IngestRecord> } | undefined;
  let slices = 0;
  let offset = 0;
  const start = async (): Promise<{ state: TaskState; pass: Pass<SourceItem, IngestRecord> }> => {
    const state = await TaskState.restore(backend, 'ingest/fuzz', slices);
    const sessions = [{ class: 'jobs', pattern: 'job-([0-9a-f]+)' }];
    const topology = ingest({ source: 'a/0', incarnation: 0, epoch: 1, stores: state, sessions, ...parts });
    return { state, pass: new Pass(topology) };
  };
  return {
    name,
    corpus,
    dictionary: dictionary.map((text) => Buffer.from(text, 'latin1')),
    batch: 64,
    async take(inputs, random) {
      task ??= await start();
      const timestamp = random.fraction() < 0.5 ? -1 : 1_767_616_496_000 + random.integer(0, 600_000);
      // Neighbours share their buffer, as the lines of a file do.
      const shared = Buffer.concat(inputs);
      let at = 0;
      const items = inputs.map(({ length }): SourceItem => {
        const start = at;
        at += length;
        return { bytes: shared, start, end: at, offset: offset++, timestamp, topic: 'app' };
      });
      const position = { source: 'a/0', offset };
      for await (const batch of task.pass.run({ items, rejected: [], position })) {
        for (const record of batch.items) {
          const bytes = encodeWindowsRecord(record);
          if (!encodeWindowsRecord(decodeWindowsRecord(bytes)).equals(bytes))
            throw new Finding(`a ${record.type} does not come back from its bytes`);
        }
        for (const rejected of batch.rejected) encodeDeadLetter({ ...rejected, at: 1 });
      }
      slices++;
      if (slices % slicesPerCheckpoint !== 0) return;
      await task.state.checkpoint(position);
      task.pass.close();
      task.state.close();
      task = undefined;
      if (slices % slicesPerTask === 0) backend = new MemoryBackend();
    },
  };
}

const bytes = (...lines: readonly string[]): Buffer[] => lines.map((line) => Buffer.from(line));
const time = 1_767_616_496_250;

const plainLines = bytes(
  '2026-01-05T12:34:56.789Z INFO checkout - order 17 for user=u9 placed in 3.2ms from 10.0.0.1:5000 job-1a2b',
  '2026-01-05 12:34:56,789 ERROR [worker-3] com.shop.Cart - "quoted text" failed: /var/log/a.b code=0xdeadbeef',
  '<34>1 2026-01-05T12:34:56+02:00 host app 12 - - message with [brackets] and {braces}',
  'Jan  5 12:34:56 host sshd[411]: Failed password for root from fe80::1 port 22',
  '081109 203518 143 INFO dfs.DataNode: Receiving block blk_-1608999687919862906 src: /10.250.19.102:54106',
  '17/06/09 20:10:40 WARN storage.BlockManager: took 12 ms, 99.5 % of 3 GiB',
  'Mon Jan 05 12:34:56.123456 2026 [notice] jk2_init() Found child 6725',
  `${time} epoch milliseconds password=hunter2 Authorization: Bearer abc.def.ghi`,
  '    at com.shop.Cart.add(Cart.java:17)',
);
const jsonLines = [
  { '@timestamp': '2026-01-05T12:34:56.789Z', level: 'error', message: 'could not pay order 7', service: 'pay' },
  { time, lvl: 40, msg: 'slow\nquery "x" \u20ac job-12', log: { level: 'warn' }, duration_ms: 12.5, app: 'db\\1' },
  { ts: 1_767_616_496.25, body: { nested: [1, [2, { a: null }]] }, severity: 3, k: { app: 'deep' } },
].map((line) => Buffer.from(JSON.stringify(line)));
const points = [
  ...bytes('timestamp,value,series', `${time},0.25,cpu`, '2026-01-05T12:34:56Z,-1e3', `${time / 1000},NaN,x`),
  Buffer.from(JSON.stringify({ timestamp: time, value: 17, series: 'mem' })),
  ...bytes(
    `cpu{a="b\\"c",d="e"} 1.5 ${time}`,
    '# TYPE cpu gauge',
    `cpu,host=a\\ b idle=1.5,n=3i,t="x, y" ${time}000000`,
    'api.latency:320:5|ms|@0.1|#env:prod,x',
    `a.b;c=d 5 ${time / 1000}`,
    `"${time}";"1,5";"a ""b"""`,
    '{"fields":{"a":1},"name":"cpu","tags":{"h":"x"},"timestamp":1767614400}',
    '[{"values":[1,null],"dsnames":["a","b"],"time":1767614400.5,"host":"h","plugin":"p","type":"t"}]',
  ),
  // Remote write, version 1: up 1.
  Buffer.from('0a1d0a0e0a085f5f6e616d655f5f12027570120b09000000000000f03f1001', 'hex'),
];
const words = [
  '\\u0000',
  '"\\ud800"',
  '1e999',
  '-0',
  '9007199254740993',
  '2026-02-30',
  'password=',
  '\ufeff',
  '\xff\xfe',
  '<*>',
];

const line = {
  type: 'record',
  name: 'Line',
  fields: [
    { name: 'time', type: 'long' },
    { name: 'level', type: { type: 'enum', name: 'Level', symbols: ['INFO', 'ERROR'] } },
    { name: 'message', type: 'string' },
    { name: 'service', type: ['null', 'string', 'bytes'] },
    { name: 'tags', type: { type: 'array', items: ['null', 'string'] } },
    { name: 'attributes', type: { type: 'map', values: ['null', 'double', 'Line'] } },
  ],
};
const reader = {
  ...line,
  fields: [...line.fields.slice(0, 4).reverse(), { name: 'host', type: 'string', default: 'none' }],
};
const text = `syntax = "proto3"; package x; import "google/protobuf/timestamp.proto";
  message Other { int32 a = 1; } message Line { google.protobuf.Timestamp time = 1; string message = 2;
  map<string, Line> below = 3; repeated sint64 many = 4; oneof which { double value = 5; bytes raw = 6; } }`;
const documents: readonly SchemaDocument[] = [
  document('AVRO', line),
  document('PROTOBUF', text),
  document('JSON', { type: 'object' }),
  document('AVRO', { type: 'record', name: 'Line', fields: [{ name: 'a', type: { type: 'array', items: 'null' } }] }),
];
const value = {
  time,
  level: 'ERROR',
  message: 'disk full job-7',
  service: 'cart',
  tags: [null, 'a', 'b'],
  attributes: { n: 1.5, x: null },
};
const inner = { ...value, service: null, tags: [], attributes: {} };
const entry = { time: { seconds: 1_767_616_496, nanos: 5 }, message: 'no space', many: [1, -5], value: 2 };
const frames = [
  frame(1, avro(line, value)),
  frame(1, avro(line, { ...inner, attributes: { deep: inner } })),
  frame(2, proto(text, 'x.Line', [1], { ...entry, below: { a: entry } })),
  frame(2, proto(text, 'x.Other', [0], { a: 1 })),
  ...jsonLines.map((json) => frame(3, json)),
  frame(4, Buffer.from([8, 0])),
];

/** Mutated ids lead to one of the schemas or, as the driver sees to it, are not handed in. */
function framed(name: string, kind: 'log' | 'metric', readerSchema?: object): Target {
  const schemas = (id: number): SchemaDocument => documents[(id + documents.length - 1) % documents.length]!;
  const registry = { kind, schemas, ...(readerSchema ? { readerSchema: JSON.stringify(readerSchema) } : {}) };
  return ingesting(name, { format: 'registry', registry }, frames, [...words, '\x00\x00\x00\x00\x01']);
}

/** Schemas themselves: each input is the text of one, under which a valid payload is read. */
function schemaTexts(): Target {
  const texts = [line, reader, { type: 'array', items: 'null' }].map((one) => Buffer.from(JSON.stringify(one)));
  let current: SchemaDocument = documents[0]!;
  const target = ingesting(
    'schemas',
    { format: 'registry', registry: { kind: 'log', schemas: () => current, readerSchema: JSON.stringify(reader) } },
    [...texts, Buffer.from(text)],
    [
      '"type"',
      '"record"',
      '"Line"',
      '"long"',
      '["null","Line"]',
      '{"type":"fixed","size":1e9,"name":"F"}',
      'message A {',
      'import "google/protobuf/any.proto";',
      'map<string, Line> m = 9;',
      '__proto__',
      'constructor',
      'oneof a {',
      'extensions 1 to max;',
    ],
  );
  return {
    ...target,
    batch: 1,
    async take([one], random) {
      const type = one![0] === 0x73 || random.fraction() < 0.2 ? 'PROTOBUF' : 'AVRO';
      current = { type, text: Buffer.from(one!).toString('latin1'), references: [] };
      await target.take(frames.slice(0, 4), random);
    },
  };
}

const nanos = `${time}000000`;
const otlpLogs = logsRequest({ 'service.name': 'cart', 'k8s.pod.name': 'cart-1' }, [
  {
    timeUnixNano: nanos,
    severityNumber: 17,
    body: anyOf('could not pay order 7 job-1a'),
    traceId: Buffer.alloc(16, 7),
  },
  { observedTimeUnixNano: nanos, severityText: 'warn', body: anyOf({ msg: 'deep', list: [1, [2.5, { a: true }]] }) },
  { timeUnixNano: nanos, body: anyOf(''), attributes: attributes({ 'http.status_code': 503, 'exception.type': 'E' }) },
]);
const otlpMetrics = metricsRequest({ 'service.name': 'cart' }, [
  { name: 'a', gauge: { dataPoints: [{ timeUnixNano: nanos, asInt: '5', attributes: attributes({ x: 'y' }) }] } },
  { name: 'b', histogram: { dataPoints: [{ timeUnixNano: nanos, count: '3', sum: 1.5, bucketCounts: ['1', '2'] }] } },
  {
    name: 'c',
    summary: { dataPoints: [{ timeUnixNano: nanos, count: '3', quantileValues: [{ quantile: 1, value: 2 }] }] },
  },
]);
const otlpValues = [
  otlpBytes('Logs', otlpLogs),
  otlpBytes('Metrics', otlpMetrics),
  ...[otlpLogs, otlpMetrics].map((request) => Buffer.from(JSON.stringify(request))),
];
/** Values of several lines. */
const values = bytes(
  lineForms.slice(0, 8).join('\n'),
  lineForms.slice(-8).join('\r\n'),
  `${lineForms[7]}\n\n\tat a.B\n`,
);
const relabel = [{ source_labels: ['host', 'stream'], regex: '(.+);.*', target_label: 'node', replacement: '$1' }];

/** The lines of the table of kinds, each alone. */
const kinds = readdirSync(kindsFolder)
  .filter((name) => name !== 'metrics.txt')
  .flatMap((name) => readFileSync(join(kindsFolder, name), 'utf8').split('\n'))
  .filter((row) => row.startsWith('> '))
  .map((row) => Buffer.from(row.slice(2)));
const wrapped = [
  ...bytes(
    '{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"/aws/lambda/x","logStream":"s","logEvents":[{"id":"1","timestamp":1767616496250,"message":"ERROR a"}]}',
    '[{"time":"2026-01-05T12:34:56Z","msg":"a]}"},"2026-01-05T12:34:56Z b",7]',
    '{"streams":[{"stream":{"app":"x"},"values":[["1767616496250000000","a"]]}]}',
    '__REALTIME_TIMESTAMP=1767616496250000\nPRIORITY=3\nMESSAGE\n\x05\0\0\0\0\0\0\0a\n\nbc\n_COMM=x\n\n',
    '#Fields: date time cs-method cs-uri-stem sc-status time-taken\n2026-01-05 12:34:56 GET /x 503 12',
  ),
  gzipSync('2026-01-05T12:34:56Z INFO packed'),
];
const ownForms = {
  pattern: '^<(?P<time>[^>]+)> (?P<level>\\w+) (?P<service>\\S+) (?P<message>.*)$',
  timeFormat: '%d.%m.%y %H-%M-%S%.f',
  recordStart: '^(?:<|[0-9{#_])',
};

export const lineTargets = (): Target[] => [
  ingesting('lines-kinds', { format: 'auto', records: 'lines', year: 2026 }, [...kinds, ...wrapped], words),
  ingesting(
    'lines-wrapped',
    { format: 'auto', records: 'values' },
    [...wrapped, ...kinds.slice(0, 50)],
    [...words, '"logEvents":[', '[{"', '\n\n', '\x1f\x8b\x08', '#Fields: '],
  ),
  ingesting(
    'lines-own',
    { format: 'auto', records: 'lines', ...ownForms },
    [...bytes('<05.01.26 12-34-56.789> WARN shop a message', 'and more of it'), ...kinds.slice(0, 80)],
    words,
  ),
  ingesting('lines-auto', { format: 'auto' }, [...plainLines, ...jsonLines], words),
  ingesting('lines-json', { format: 'json' }, jsonLines, words),
  ingesting(
    'lines-file',
    { format: 'auto', records: 'lines', year: 2026, timezone: 'Europe/Berlin' },
    bytes(...lineForms),
    words,
  ),
  ingesting('lines-values', { format: 'auto', records: 'values', relabel }, [...bytes(...lineForms), ...values], words),
  ingesting('lines-plain', { format: 'plain', year: 2026 }, plainLines, words),
  ingesting('points', { format: 'metric' }, points, [...words, '|#', ':1|c', '{a="', ';', '[{']),
  ingesting('otlp', { format: 'otlp' }, otlpValues, [...words, '\x0a\x04', 'stringValue', '{"resourceLogs":[']),
  ingesting('otlp-auto', { format: 'auto' }, [...otlpValues, ...plainLines], [...words, '\x0a\x04']),
  framed('registry-log', 'log'),
  framed('registry-reader', 'log', reader),
  framed('registry-metric', 'metric'),
  schemaTexts(),
];
