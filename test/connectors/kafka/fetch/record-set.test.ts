/** The record decoder beside that of kafkajs, on batches that kafkajs and hand-made bytes give. */
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { crc32c } from '../../../../connectors/kafka/fetch/crc32c.js';
import { varint, type FetchedMessage } from '../../../../connectors/kafka/fetch/fetched-message.js';
import { messagesDecoder } from '../../../../connectors/kafka/fetch/install.js';
import { decodeRecordSet, isRecordBatch } from '../../../../connectors/kafka/fetch/record-set.js';

const load = createRequire(__filename);
const Decoder = load('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => { buffer: Buffer; offset: number };
type Stock = (decoder: unknown) => Promise<Record<string, unknown>[]>;
const stock = load('kafkajs/src/protocol/requests/fetch/v4/decodeMessages') as Stock;

const zigzag = (value: number): number[] => {
  let rest = value >= 0 ? BigInt(value) * 2n : BigInt(-value) * 2n - 1n;
  const out: number[] = [];
  for (; rest >= 128n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  return [...out, Number(rest)];
};
const field = (bytes: Buffer | null): Buffer =>
  bytes ? Buffer.concat([Buffer.from(zigzag(bytes.length)), bytes]) : Buffer.from(zigzag(-1));

interface Written {
  readonly timestampDelta?: number;
  readonly offsetDelta?: number;
  readonly key?: Buffer | null | undefined;
  readonly value?: Buffer | null | undefined;
  readonly headers?: readonly (readonly [string, Buffer | null])[];
}

/** One record batch as a broker sends it (Kafka protocol, magic 2). */
function batchOf(
  records: readonly Written[],
  {
    attributes = 0,
    firstOffset = 100,
    firstTimestamp = 1767600000000,
    maxTimestamp = 1767600009999,
    producer = 77,
  } = {},
): Buffer {
  const body = Buffer.concat(
    records.map(({ timestampDelta = 0, offsetDelta = 0, key = null, value = null, headers = [] }) => {
      const parts = Buffer.concat([
        Buffer.from([0, ...zigzag(timestampDelta), ...zigzag(offsetDelta)]),
        field(key),
        field(value),
        Buffer.from(zigzag(headers.length)),
        ...headers.flatMap(([name, content]) => [field(Buffer.from(name)), field(content)]),
      ]);
      return field(parts);
    }),
  );
  const packed = (attributes & 7) === 1 ? gzipSync(body) : body;
  const head = Buffer.alloc(61);
  head.writeBigInt64BE(BigInt(firstOffset), 0);
  head.writeInt32BE(49 + packed.length, 8);
  head.writeInt32BE(5, 12);
  head[16] = 2;
  head.writeInt16BE(attributes, 21);
  head.writeInt32BE(records.at(-1)?.offsetDelta ?? 0, 23);
  head.writeBigInt64BE(BigInt(firstTimestamp), 27);
  head.writeBigInt64BE(BigInt(maxTimestamp), 35);
  head.writeBigInt64BE(BigInt(producer), 43);
  head.writeInt16BE(3, 51);
  head.writeInt32BE(9, 53);
  head.writeInt32BE(records.length, 57);
  const batch = Buffer.concat([head, packed]);
  batch.writeInt32BE(crc32c(batch, 21, batch.length), 17);
  return batch;
}

const none = (): Promise<Buffer> => Promise.reject(new Error('no such codec'));
const answer = (set: Buffer): Buffer => {
  const size = Buffer.alloc(4);
  size.writeInt32BE(set.length);
  return Buffer.concat([size, set, Buffer.from('what follows')]);
};
const plain = (message: Record<string, unknown>) => {
  const { magicByte, attributes, timestamp, offset, key, value, headers, isControlRecord, batchContext } = message;
  const context = { ...(batchContext as Record<string, unknown>) };
  return { magicByte, attributes, timestamp, offset, key, value, headers, isControlRecord, context };
};
/** What both make of a set, and where they are in the answer then. */
async function both(set: Buffer) {
  const [one, two] = [new Decoder(answer(set)), new Decoder(answer(set))];
  const theirs = (await stock(one)).map(plain);
  const ours = ((await messagesDecoder(stock as never, none)(two as never)) as Record<string, unknown>[]).map(plain);
  return { theirs: [theirs, one.offset], ours: [ours, two.offset] };
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each));
const written: fc.Arbitrary<Written> = fc.record({
  timestampDelta: fc.oneof(fc.integer({ min: -100, max: 5000 }), fc.integer({ min: -(2 ** 40), max: 2 ** 40 })),
  offsetDelta: fc.nat({ max: 2_000_000_000 }),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(fc.tuple(fc.string({ maxLength: 8 }), bytes), { maxLength: 4 }),
});

test('any batches are read as kafkajs reads them, plain and packed, to the same place of the answer', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          records: fc.array(written, { minLength: 1, maxLength: 12 }),
          attributes: fc.constantFrom(0, 1, 8, 9, 0x10, 0x11, 0x30),
          firstOffset: fc.nat({ max: 2 ** 50 }),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      fc.nat({ max: 80 }),
      async (batches, cut) => {
        const whole = Buffer.concat(batches.map(({ records, ...more }) => batchOf(records, more)));
        const tail = batchOf([{ value: Buffer.from('cut off') }]).subarray(0, cut);
        const { ours, theirs } = await both(Buffer.concat([whole, tail]));
        expect(ours).toEqual(theirs);
      },
    ),
    { numRuns: 300 },
  );
});

test('a set of an older format, an empty one and one that is cut in its first bytes are left to kafkajs', async () => {
  expect(isRecordBatch(Buffer.alloc(10))).toBe(false);
  for (const set of [Buffer.alloc(0), Buffer.from('short')]) {
    const size = Buffer.alloc(4);
    size.writeInt32BE(set.length);
    const reader = new Decoder(Buffer.concat([size, set]));
    await messagesDecoder(async () => [], none)(reader as never);
  }
});

test('a batch whose bytes were changed is refused with its offset', async () => {
  const batch = batchOf([{ value: Buffer.from('a line') }]);
  batch[batch.length - 3]! ^= 1;
  await expect(decodeRecordSet(batch, none)).rejects.toThrow(
    /the record batch at offset 100 is damaged: its checksum is [0-9a-f]{8}/,
  );
});

test('lengths that do not fit are errors, never a read beyond the batch', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(written, { minLength: 1, maxLength: 5 }),
      fc.nat(),
      fc.nat({ max: 255 }),
      async (records, at, byte) => {
        const batch = batchOf(records);
        batch[61 + (at % (batch.length - 61))] = byte;
        batch.writeInt32BE(crc32c(batch, 21, batch.length), 17);
        const read = await decodeRecordSet(batch, none).catch((error: unknown) => error as Error);
        if (read instanceof Error) expect(read.message).toMatch(/^the record batch at offset 100 is damaged/);
        else
          for (const { start, end } of read) expect([end <= batch.length, start < batch.length]).toEqual([true, true]);
      },
    ),
    { numRuns: 500 },
  );
});

test('the checksum is CRC-32C: the check value of the catalogue, and the vectors of RFC 3720', () => {
  expect(crc32c(Buffer.from('123456789'), 0, 9) >>> 0).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(32), 0, 32) >>> 0).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(32, 0xff), 0, 32) >>> 0).toBe(0x62a8ab43);
});

test('numbers of up to 53 bits are read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 52), max: 2 ** 52 }), (value) => {
      const reader = { at: 0 };
      const encoded = Buffer.from(zigzag(value));
      expect([varint(encoded, reader), reader.at]).toEqual([value, encoded.length]);
    }),
  );
});

test('a value is a view on the batch', async () => {
  const [message] = (await decodeRecordSet(batchOf([{ value: Buffer.from('a line') }]), none)) as [FetchedMessage];
  expect(message.bytes.toString('utf8', message.start, message.end)).toBe('a line');
});
