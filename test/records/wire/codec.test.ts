/** What is read can be written again. */
import fc from 'fast-check';
import { ascending, decode, encode, list, map, text, uint } from '../../../records/wire/codec.js';

test('ascending numbers are written as differences, and what they come to is a safe integer', () => {
  const values = [0, 3, 3, 1000, Number.MAX_SAFE_INTEGER];
  expect(decode(ascending, encode(ascending, values))).toEqual(values);
  expect(decode(list(uint), encode(ascending, values)).slice(0, 4)).toEqual([0, 3, 0, 997]);
  expect(() => encode(ascending, [3, 2])).toThrow('-1 is not an unsigned safe integer');
  const beyond = encode(list(uint), [Number.MAX_SAFE_INTEGER, 1]);
  expect(() => decode(ascending, beyond)).toThrow('is not an unsigned safe integer');
});

test('a number is its LEB128 at any size, and a text its UTF-8 behind its size at any length', () => {
  const leb = (value: bigint): number[] =>
    value < 128n ? [Number(value)] : [Number(value % 128n) | 128, ...leb(value / 128n)];
  fc.assert(
    fc.property(fc.oneof(fc.maxSafeNat(), fc.nat(0x20000000), fc.nat(300)), (value) => {
      const bytes = encode(uint, value);
      expect([...bytes]).toEqual(leb(BigInt(value)));
      expect(decode(uint, bytes)).toBe(value);
    }),
  );
  for (let bit = 0; bit < 53; bit++)
    for (const value of [2 ** bit - 1, 2 ** bit]) expect([...encode(uint, value)]).toEqual(leb(BigInt(value)));
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (value) => {
      const utf8 = Buffer.from(value);
      expect([...encode(text, value)]).toEqual([...leb(BigInt(utf8.length)), ...utf8]);
    }),
  );
});

test('a map is written in the order of its keys, whatever order it has', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), fc.nat())), (entries) => {
      const ordered = new Map(entries.toSorted(([a], [b]) => a - b));
      const some = new Map([...ordered].reverse());
      const other = [...ordered].flatMap(([key, value]) => [key, value]);
      expect([...encode(map(uint, uint), some)]).toEqual([...encode(list(uint), [ordered.size, ...other])].slice(1));
    }),
  );
});
