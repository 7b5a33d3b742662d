/** What is read can be written again. */
import { ascending, decode, encode, list, uint } from '../../../records/wire/codec.js';

test('ascending numbers are written as differences, and what they come to is a safe integer', () => {
  const values = [0, 3, 3, 1000, Number.MAX_SAFE_INTEGER];
  expect(decode(ascending, encode(ascending, values))).toEqual(values);
  expect(decode(list(uint), encode(ascending, values)).slice(0, 4)).toEqual([0, 3, 0, 997]);
  expect(() => encode(ascending, [3, 2])).toThrow('-1 is not an unsigned safe integer');
  const beyond = encode(list(uint), [Number.MAX_SAFE_INTEGER, 1]);
  expect(() => decode(ascending, beyond)).toThrow('is not an unsigned safe integer');
});
