import fc from 'fast-check';
import { decodeTime, encodeTime, encodeValue, entityKey, featureField } from '../../../connectors/feast/layout.js';
import { murmur3 } from '../../../connectors/feast/murmur3.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test.each([
  ['', 0, 0],
  ['', 1, 0x514e28b7],
  ['a', 0x9747b28c, 0x7fa09ea6],
  ['aa', 0x9747b28c, 0x5d211726],
  ['aaa', 0x9747b28c, 0x283e0130],
  ['aaaa', 0x9747b28c, 0x5a97808a],
  ['Hello, world!', 0x9747b28c, 0x24884cba],
  ['ππππππππ', 0x9747b28c, 0xd58063c1],
])('murmur3 of %j with the seed %d is the published one', (text, seed, hash) => {
  expect(murmur3(Buffer.from(text), seed)).toBe(hash);
});

test('a key is the count of join keys, name and value with type and length, and the project', () => {
  expect(hex(entityKey('entity', 'é', 'shop'))).toBe(
    ['01000000', '02000000', '06000000', hex(Buffer.from('entity'))].join('') +
      ['02000000', '02000000', 'c3a9', hex(Buffer.from('shop'))].join(''),
  );
  expect(featureField('view', 'feature')).toHaveLength(4);
});

test('values have the fields of feast.types.Value; zero, false and the empty text are values, null is none', () => {
  expect(hex(encodeValue('float', 1))).toBe('350000803f');
  expect(hex(encodeValue('float', 0))).toBe('3500000000');
  expect(hex(encodeValue('double', 1))).toBe('29000000000000f03f');
  expect(hex(encodeValue('string', ''))).toBe('1200');
  expect(hex(encodeValue('int32', -1))).toBe('18ffffffffffffffffff01');
  expect(hex(encodeValue('bool', false))).toBe('3800');
  expect(hex(encodeValue('double', null))).toBe('');
});

test('times come back, before 1970 too; bytes of another kind are no time', () => {
  fc.assert(fc.property(fc.integer({ min: -1e13, max: 1e13 }), (ms) => decodeTime(encodeTime(ms)) === ms));
  expect(decodeTime(Uint8Array.of(0x1a, 0))).toBeUndefined();
});
