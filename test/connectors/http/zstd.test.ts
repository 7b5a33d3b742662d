/** Bodies of Zstandard: read, or refused before they cost anything. */
import fc from 'fast-check';
import { unzstd, ZstdRefused } from '../../../connectors/http/zstd.js';

const magic = [0x28, 0xb5, 0x2f, 0xfd];
const block = (kind: 0 | 1, size: number, content: Uint8Array, isLast: boolean): Buffer => {
  const head = Buffer.alloc(3);
  head.writeUIntLE((size << 3) | (kind << 1) | (isLast ? 1 : 0), 0, 3);
  return Buffer.concat([head, content]);
};
/** A frame of blocks that are stored as they are, with a window of 1 KiB. */
const frame = (...parts: readonly string[]): Buffer =>
  Buffer.concat([
    Buffer.from([...magic, 0, 0]),
    ...parts.map((part, i) => block(0, Buffer.byteLength(part), Buffer.from(part), i === parts.length - 1)),
  ]);
const refusal = (packed: Buffer, most = 1000): ZstdRefused => {
  try {
    unzstd(packed, most);
  } catch (error) {
    return error as ZstdRefused;
  }
  throw new Error('was taken');
};

test('frames, one behind the other, and those that are passed over, are read', () => {
  const passedOver = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9]);
  expect(unzstd(Buffer.concat([frame('one\n', 'two\n'), passedOver, frame('three')]), 100).toString()).toBe(
    'one\ntwo\nthree',
  );
});

test('content above the limit is refused as large, however little was sent', () => {
  // Each block of four bytes is 128 KiB of one letter.
  const blocks = Array.from({ length: 64 }, (_, i) => block(1, 131_072, Buffer.from('x'), i === 63));
  const bomb = Buffer.concat([Buffer.from([...magic, 0, 0x38]), ...blocks]);
  expect(refusal(bomb)).toMatchObject({ isLarge: true, message: 'the body has more than 1000 bytes unpacked' });
});

test('a window above the limit is refused before it is reserved, in a later frame, too', () => {
  const wide = Buffer.concat([Buffer.from([...magic, 0, 0xa0]), block(0, 1, Buffer.from('x'), true)]);
  for (const packed of [wide, Buffer.concat([frame('x'), wide])])
    expect(refusal(packed)).toMatchObject({
      isLarge: true,
      message: expect.stringMatching(/^the body asks for a window of/),
    });
});

test('whatever else comes is read within the limit, or refused', () => {
  const damaged = fc
    .tuple(fc.string({ minLength: 1 }), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat())
    .map(([text, changes, cut]) => {
      const packed = frame(text, text);
      for (const [at, byte] of changes) packed[at % packed.length] = byte;
      return packed.subarray(0, 1 + (cut % packed.length));
    });
  fc.assert(
    fc.property(
      fc.oneof(
        damaged,
        fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
      ),
      (packed) => {
        try {
          expect(unzstd(packed, 200).length).toBeLessThanOrEqual(200);
        } catch (error) {
          expect(error).toBeInstanceOf(ZstdRefused);
        }
      },
    ),
  );
});
