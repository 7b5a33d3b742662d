import avsc from 'avsc';
import { from, lastValueFrom, toArray } from 'rxjs';
import { decode, type DecodeParts } from '../../operators/decode.js';
import { levels, type DecodedRecord } from '../../records/log-record.js';
import type { SchemaDocument } from '../../records/schema.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { TaskState } from '../../runtime/state.js';
import { avro, document, frame, proto } from '../builders/frames.js';

const at = 1_767_616_496_250;

interface Read {
  readonly records: readonly DecodedRecord[];
  readonly reasons: readonly string[];
  readonly details: readonly string[];
}

/** Decodes values by the schemas, whose ids count from 1. */
async function read(
  schemas: readonly SchemaDocument[],
  values: readonly Uint8Array[],
  parts: Partial<DecodeParts> & { readonly readerSchema?: unknown; readonly kind?: 'log' | 'metric' } = {},
): Promise<Read> {
  const { readerSchema, kind = 'log', ...rest } = parts;
  const stores = await TaskState.restore(new MemoryBackend(), 'ingest/logs', 1);
  const items = values.map((bytes, i) => ({
    bytes,
    start: 0,
    end: bytes.length,
    offset: i,
    timestamp: at,
    topic: 'logs',
  }));
  const operator = decode({
    source: 'logs/0',
    stores,
    format: 'registry',
    registry: {
      kind,
      schemas: (id) => schemas[id - 1],
      ...(readerSchema === undefined ? {} : { readerSchema: JSON.stringify(readerSchema) }),
    },
    ...rest,
  });
  const batch = (await lastValueFrom(operator(from([{ items, rejected: [] }])).pipe(toArray()))).at(0)!;
  return {
    records: batch.items.filter((item): item is DecodedRecord => item.type === 'log' || item.type === 'point'),
    reasons: batch.rejected.map(({ reason }) => reason),
    details: batch.rejected.map(({ detail }) => detail),
  };
}

/** What of a log record can be compared. */
const shown = (record: DecodedRecord): unknown =>
  record.type === 'point'
    ? { time: record.time, value: record.value, labels: record.entity.labels }
    : {
        time: record.time,
        level: levels[record.level],
        message: Buffer.from(record.bytes.subarray(record.start, record.end)).toString(),
        labels: record.entity.labels,
        ...(Number.isNaN(record.value) ? {} : { value: record.value }),
      };

const line = {
  type: 'record',
  name: 'Line',
  namespace: 'logs',
  fields: [
    { name: 'time', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'level', type: { type: 'enum', name: 'Level', symbols: ['INFO', 'WARN', 'ERROR'] } },
    { name: 'message', type: 'string' },
    { name: 'service', type: ['null', 'string'], default: null },
  ],
};
const value = { time: at, level: 'ERROR', message: 'disk full on sda1', service: 'cart' };

describe('avro', () => {
  test('gives time, level, message and service of a record', async () => {
    const { records } = await read([document('AVRO', line)], [frame(1, avro(line, value))]);
    expect(records.map(shown)).toEqual([
      { time: at, level: 'error', message: 'disk full on sda1', labels: { service: 'cart' } },
    ]);
  });

  test.each([
    ['seconds', 1_767_616_496n, 1_767_616_496_000],
    ['microseconds', 1_767_616_496_250_001n, at],
    ['nanoseconds, beyond 2^53', 1_767_616_496_250_000_001n, at],
  ])('takes times in %s', async (_, time, expected) => {
    const { records } = await read([document('AVRO', line)], [frame(1, avro(line, { ...value, time }))]);
    expect(records[0]!.time).toBe(expected);
  });

  test('finds fields by paths through records, unions and maps; a backslash in a label stays one', async () => {
    const nested = {
      type: 'record',
      name: 'Envelope',
      fields: [
        {
          name: 'meta',
          type: [
            'null',
            {
              type: 'record',
              name: 'Meta',
              fields: [
                { name: 'at', type: 'string' },
                { name: 'took', type: ['null', 'int', 'double'] },
              ],
            },
          ],
        },
        { name: 'attributes', type: { type: 'map', values: 'string' } },
        { name: 'body', type: 'bytes' },
      ],
    };
    const payload = avro(nested, {
      meta: { at: '2026-01-05T12:34:56.250Z', took: { double: 12.5 } },
      attributes: { app: 'shop\\cart', level: 'warn' },
      body: Buffer.from('took long'),
    });
    const { records } = await read([document('AVRO', nested)], [frame(1, payload)], {
      fields: { time: 'meta.at', level: 'attributes.level', value: 'meta.took', labels: { service: 'attributes.app' } },
    });
    expect(records.map(shown)).toEqual([
      { time: at, level: 'warn', message: 'took long', labels: { service: 'shop\\cart' }, value: 12.5 },
    ]);
  });

  test('takes the whole record for the message where it has none', async () => {
    const bare = { type: 'record', name: 'Bare', fields: line.fields.slice(0, 2) };
    const { records } = await read([document('AVRO', bare)], [frame(1, avro(bare, value))]);
    expect(shown(records[0]!)).toMatchObject({ message: `{"time":${at},"level":"ERROR"}`, level: 'error' });
  });

  test('resolves records of older and newer writers to the reader schema', async () => {
    const older = { ...line, fields: line.fields.slice(0, 3) };
    const newer = {
      ...line,
      fields: [
        { name: 'host', type: 'string' },
        line.fields[0],
        line.fields[1],
        { name: 'text', type: 'string' },
        { name: 'tags', type: { type: 'array', items: 'string' } },
        line.fields[3],
      ],
    };
    const reader = {
      ...line,
      fields: [
        line.fields[0],
        line.fields[1],
        { name: 'message', aliases: ['text'], type: 'string' },
        { name: 'service', type: ['string', 'null'], default: 'unnamed' },
      ],
    };
    const { records } = await read(
      [document('AVRO', older), document('AVRO', newer)],
      [
        frame(1, avro(older, value)),
        frame(2, avro(newer, { ...value, host: 'a', text: 'renamed field', tags: ['x', 'y'] })),
      ],
      { readerSchema: reader },
    );
    expect(records.map(shown)).toEqual([
      { time: at, level: 'error', message: 'disk full on sda1', labels: { service: 'unnamed' } },
      { time: at, level: 'error', message: 'renamed field', labels: { service: 'cart' } },
    ]);
  });

  test('makes type and resolver of a writer once, however many of its records come', async () => {
    const forSchema = jest.spyOn(avsc.Type, 'forSchema');
    const createResolver = jest.spyOn(avsc.Type.prototype, 'createResolver');
    const older = { ...line, fields: line.fields.slice(0, 3) };
    const made = async (count: number): Promise<readonly number[]> => {
      const values = Array.from({ length: count }, () => frame(1, avro(older, value)));
      forSchema.mockClear();
      createResolver.mockClear();
      const { records } = await read([document('AVRO', older)], values, { readerSchema: line });
      expect(records).toHaveLength(count);
      return [forSchema.mock.calls.length, createResolver.mock.calls.length];
    };
    const forOne = await made(1);
    expect(await made(500)).toEqual(forOne);
    jest.restoreAllMocks();
  });

  test('knows types of other schemas that it refers to', async () => {
    const level = line.fields[1]!.type;
    const refers = { ...line, fields: line.fields.map((f) => (f.name === 'level' ? { ...f, type: 'logs.Level' } : f)) };
    const reference = { name: 'logs.Level', text: JSON.stringify({ ...(level as object), namespace: 'logs' }) };
    const { records } = await read([document('AVRO', refers, [reference])], [frame(1, avro(line, value))]);
    expect(shown(records[0]!)).toMatchObject({ level: 'error', labels: { service: 'cart' } });
  });
});

describe('protobuf', () => {
  const text = `syntax = "proto3";
    package shop.logs;
    import "google/protobuf/timestamp.proto";
    import "google/protobuf/wrappers.proto";
    enum Level { LEVEL_UNSPECIFIED = 0; LEVEL_INFO = 1; LEVEL_ERROR = 2; }
    message Other { string note = 1; }
    message Batch {
      message Head { int32 n = 1; }
      message Entry {
        google.protobuf.Timestamp at = 1;
        Level level = 2;
        string msg = 3;
        google.protobuf.StringValue service_name = 4;
        map<string, string> tags = 5;
        uint64 took = 6;
      }
    }`;
  const entry = {
    at: { seconds: 1_767_616_496, nanos: 250_000_000 },
    level: 2,
    msg: 'no space',
    service_name: { value: 'cart' },
    tags: { zone: 'b' },
    took: 7,
  };
  const fields = { time: 'at', labels: { zone: 'tags.zone' } };

  test('reads the message that its indexes name, in a file that begins with an enum', async () => {
    const { records } = await read(
      [document('PROTOBUF', text)],
      [frame(1, proto(text, 'shop.logs.Batch.Entry', [1, 1], entry))],
      { fields },
    );
    expect(records.map(shown)).toEqual([
      { time: at, level: 'error', message: 'no space', labels: { service: 'cart', zone: 'b' }, value: 7 },
    ]);
  });

  test('takes one zero byte for the first message', async () => {
    const simple = 'syntax = "proto3"; message Line { fixed64 ts = 1; string message = 2; double latency = 3; }';
    const { records } = await read(
      [document('PROTOBUF', simple)],
      [frame(1, proto(simple, 'Line', [0], { ts: at, message: 'started' }))],
    );
    expect(records.map(shown)).toEqual([
      { time: at, level: 'unknown', message: 'started', labels: { service: 'logs' } },
    ]);
  });

  test('knows messages of imported files', async () => {
    const imported = {
      name: 'level.proto',
      text: 'syntax = "proto3"; package shop; enum Level { WARN = 0; FATAL = 1; }',
    };
    const main = `syntax = "proto3"; package shop; import "level.proto";
      message Line { int64 time = 1; Level severity = 2; string message = 3; }`;
    const whole = main.replace('import "level.proto";', 'enum Level { WARN = 0; FATAL = 1; }');
    const payload = proto(whole, 'shop.Line', [0], { time: at, message: 'x' });
    const { records } = await read([document('PROTOBUF', main, [imported])], [frame(1, payload)]);
    expect(shown(records[0]!)).toMatchObject({ level: 'warn', time: at });
  });
});

test('JSON payloads are read as JSON lines are', async () => {
  const payload = Buffer.from(JSON.stringify({ timestamp: at, level: 'warn', msg: 'low\non disk', app: 'a\\b' }));
  const { records } = await read([document('JSON', { type: 'object' })], [frame(1, payload)]);
  expect(records.map(shown)).toEqual([
    { time: at, level: 'warn', message: 'low\non disk', labels: { service: 'a\\b' } },
  ]);
});

describe('metric points', () => {
  const point = {
    type: 'record',
    name: 'Point',
    fields: [
      { name: 'timestamp', type: 'long' },
      { name: 'value', type: ['null', 'double'] },
      { name: 'series', type: 'string' },
    ],
  };
  const text = 'syntax = "proto3"; message Point { int64 timestamp = 1; double value = 2; string name = 3; }';
  const json = Buffer.from(JSON.stringify({ timestamp: at, value: 1.5, series: 'cpu' }));

  test('are read of all three kinds of schema; a Protobuf value that was not sent is 0', async () => {
    const { records, reasons } = await read(
      [document('AVRO', point), document('PROTOBUF', text), document('JSON', {})],
      [
        frame(1, avro(point, { timestamp: at, value: 0.25, series: 'cpu' })),
        frame(2, proto(text, 'Point', [0], { timestamp: at, name: 'cpu' })),
        frame(3, json),
        frame(1, avro(point, { timestamp: at, value: null, series: 'cpu' })),
      ],
      { kind: 'metric' },
    );
    const labels = { series: 'cpu', service: 'logs' };
    expect(records.map(shown)).toEqual([0.25, 0, 1.5].map((number) => ({ time: at, value: number, labels })));
    expect(reasons).toEqual(['no-value']);
  });
});

describe('what cannot be read is rejected with its reason', () => {
  const good = avro(line, value);

  test.each([
    ['nothing', Buffer.alloc(0), 'bad-frame'],
    ['a wrong magic byte', Buffer.from([1, 0, 0, 0, 1, 2]), 'bad-frame'],
    ['plain text', Buffer.from('2026-01-05 12:34:56 INFO up'), 'bad-frame'],
    ['a negative id', Buffer.from([0, 0xff, 0, 0, 1, 2]), 'bad-frame'],
    ['a payload cut short', frame(1, good.subarray(0, good.length - 3)), 'bad-payload'],
    ['no payload', frame(1, Buffer.alloc(0)), 'bad-payload'],
    ['a payload with more behind it', frame(1, Buffer.concat([good, good])), 'bad-payload'],
    ['an unknown branch', frame(1, Buffer.concat([good.subarray(0, 25), Buffer.from([9])])), 'bad-payload'],
  ])('%s', async (_, bytes, reason) => {
    const { reasons, details, records } = await read([document('AVRO', line)], [bytes]);
    expect(reasons).toEqual([reason]);
    expect(details[0]!.length).toBeGreaterThan(20);
    expect(records).toEqual([]);
  });

  const counted = (items: unknown): object => ({
    type: 'record',
    name: 'Many',
    fields: [
      { name: 'time', type: 'long' },
      { name: 'many', type: { type: 'array', items } },
    ],
  });
  const varint = (n: bigint): number[] => (n < 128n ? [Number(n)] : [Number(n % 128n) | 128, ...varint(n / 128n)]);
  const long = (n: bigint): number[] => varint(n < 0n ? -2n * n - 1n : 2n * n);
  const bytesOf = (...longs: bigint[]): Buffer => Buffer.from(longs.flatMap(long));

  test.each([
    ['items that take no bytes', counted('null'), bytesOf(1n, 2n ** 40n, 0n)],
    ['items that are not there', counted('int'), bytesOf(1n, 2n ** 40n, 5n, 0n)],
    ['a block whose size leads backwards', counted('int'), bytesOf(1n, -1n, -7n, 5n, 0n)],
    ['a block whose size leads to where it is not counted', counted('int'), bytesOf(1n, -1n, -1n, 5n, 0n)],
    ['a text of negative length', line, bytesOf(1n, 0n, -5n, 0n)],
  ])('%s', async (_, schema, payload) => {
    // The reader leaves the field out: avsc would skip it by the sizes that the payload claims.
    const reader = { type: 'record', name: 'Many', aliases: ['logs.Line'], fields: [{ name: 'time', type: 'long' }] };
    for (const readerSchema of [undefined, reader]) {
      const { reasons } = await read([document('AVRO', schema)], [frame(1, payload)], { readerSchema });
      expect(reasons).toEqual(['bad-payload']);
    }
  });

  test('records in records without end', async () => {
    const list = {
      type: 'record',
      name: 'List',
      fields: [
        { name: 'time', type: 'long' },
        { name: 'next', type: ['null', 'List'] },
      ],
    };
    const deep = Buffer.concat([...Array<Buffer>(100_000).fill(bytesOf(1n, 1n)), bytesOf(1n, 0n)]);
    const text = 'syntax = "proto3"; message List { List next = 1; int64 time = 2; }';
    let nested = Buffer.alloc(0);
    for (let i = 0; i < 3000; i++) {
      const head = Buffer.from([0x0a, ...varint(BigInt(nested.length))]);
      nested = Buffer.concat([head, nested]);
    }
    const json = Buffer.from(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`);
    const { reasons } = await read(
      [document('AVRO', list), document('PROTOBUF', text), document('JSON', {})],
      [frame(1, deep), frame(2, Buffer.concat([Buffer.from([0]), nested])), frame(3, json)],
    );
    expect(reasons).toEqual(['bad-payload', 'bad-payload', 'bad-payload']);
  });

  test.each<[string, SchemaDocument]>([
    ['no JSON', document('AVRO', '{"type":')],
    ['no Avro', document('AVRO', { type: 'recrod' })],
    ['nested without end', document('AVRO', `${'{"type":"array","items":'.repeat(40_000)}"int"${'}'.repeat(40_000)}`)],
    ['too long', document('AVRO', { ...line, doc: 'x'.repeat(1_100_000) })],
    [
      'a recursion that has no end',
      document('AVRO', { type: 'record', name: 'A', fields: [{ name: 'a', type: 'B' }] }),
    ],
    ['of a type that nobody knows', document('XML', '<a/>')],
    ['no Protobuf', document('PROTOBUF', 'message {')],
    ['an import that is not there', document('PROTOBUF', 'syntax = "proto3"; message A { Missing a = 1; }')],
    ['braces without end', document('PROTOBUF', `syntax = "proto3"; ${'message A {'.repeat(20_000)}`)],
  ])('a hostile schema: %s', async (_, schema) => {
    const { reasons } = await read([schema], [frame(1, good)]);
    expect(reasons).toEqual(['bad-schema']);
  });

  test('a schema from which the reader schema cannot be made', async () => {
    const { reasons, details } = await read([document('AVRO', line)], [frame(1, good)], {
      readerSchema: { ...line, fields: [...line.fields, { name: 'host', type: 'string' }] },
    });
    expect(reasons).toEqual(['bad-schema']);
    expect(details[0]).toContain('host');
  });

  test('message indexes that lead nowhere', async () => {
    const text = 'syntax = "proto3"; message A { string message = 1; }';
    const frames = [[2], [2, 10], [4, 0, 0], [200, 200, 200, 200, 1], [255]].map((head) => frame(1, Buffer.from(head)));
    const { reasons } = await read([document('PROTOBUF', text)], frames);
    expect(reasons).toEqual(frames.map(() => 'bad-payload'));
  });

  test('a schema that was not resolved before the pass is a fault of the program', async () => {
    await expect(read([], [frame(1, good)])).rejects.toThrow('schema 1 was not handed in');
  });
});
