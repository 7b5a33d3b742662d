/** Addresses that are not public, from the IANA registries: each row of the table, in each form that an address has. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { addressGuard } from '../../../connectors/webhook/address.js';

interface Row {
  readonly range: string;
  readonly name: string;
}

const script = "import { rows, generated } from './scripts/addresses/ranges.mjs';";
const printed = spawnSync(
  process.execPath,
  ['--input-type=module', '--eval', `${script} console.log(JSON.stringify({ rows: rows(), text: generated() }))`],
  { encoding: 'utf8' },
).stdout;
const { rows, text } = JSON.parse(printed) as { rows: readonly Row[]; text: string };
const isPublic = addressGuard([]);

const groups = (value: bigint): string =>
  Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(':');
const dotted = (value: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
const valueOf = (address: string): bigint => {
  if (!address.includes(':')) return address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  const [head = [], tail = []] = address.split('::').map((side) => side.split(':').filter(Boolean));
  const zeros = Array.from({ length: address.includes('::') ? 8 - head.length - tail.length : 0 }, () => '0');
  return [...head, ...zeros, ...tail].reduce((sum, part) => (sum << 16n) | BigInt(`0x${part}`), 0n);
};
const sizeOf = (range: string): [first: bigint, size: bigint, isV6: boolean] => {
  const [address, prefix] = range.split('/');
  const isV6 = address!.includes(':');
  return [valueOf(address!), 1n << BigInt((isV6 ? 128 : 32) - Number(prefix)), isV6];
};
/** Any address of a range, its first and its last among them. */
const within = (range: string): fc.Arbitrary<bigint> => {
  const [first, size] = sizeOf(range);
  return fc.oneof(fc.constant(first), fc.constant(first + size - 1n), fc.bigInt(first, first + size - 1n));
};
/** The forms of IPv6 in which an IPv4 address may come: mapped, compatible, translated, NAT64 twice, 6to4, Teredo. */
const embedded = (v4: bigint): readonly string[] => [
  `::ffff:${dotted(v4)}`,
  groups((0xffffn << 32n) | v4),
  `::${dotted(v4)}`,
  groups((0xffff0000n << 32n) | v4),
  `64:ff9b::${dotted(v4)}`,
  groups((0x64ff9b0001n << 80n) | v4),
  groups((0x2002n << 112n) | (v4 << 80n)),
  groups((0x20010000n << 96n) | (v4 ^ 0xffffffffn)),
];

test('the ranges in force are those of the table', () => {
  expect(readFileSync('connectors/webhook/special-ranges.ts', 'utf8')).toBe(text);
});

test.each(rows.filter(({ name }) => name !== 'IPv4-mapped').map(({ range, name }) => [range, name]))(
  '%s (%s) is refused, in every form',
  (range) => {
    const [, , isV6] = sizeOf(range);
    fc.assert(
      fc.property(within(range), (address) => {
        const forms = isV6 ? [groups(address), `${groups(address)}%eth0`] : [dotted(address), ...embedded(address)];
        expect(forms.filter(isPublic)).toEqual([]);
      }),
      { numRuns: 20 },
    );
  },
);

test('an address in no range of the table is public, and so is its mapped form alone', () => {
  const ranges = rows.map(({ range }) => sizeOf(range));
  const isSpecial = (address: bigint, v6: boolean): boolean =>
    ranges.some(([first, size, isV6]) => isV6 === v6 && address >= first && address < first + size);
  fc.assert(
    fc.property(fc.bigInt(0n, 0xffffffffn), fc.bigInt(0x2000n << 112n, (0x4000n << 112n) - 1n), (v4, v6) => {
      expect(isPublic(groups(v6))).toBe(!isSpecial(v6, true));
      expect(isPublic(dotted(v4))).toBe(!isSpecial(v4, false));
      const allowed = isSpecial(v4, false) ? [] : embedded(v4).slice(0, 2);
      expect(embedded(v4).filter(isPublic)).toEqual(allowed);
    }),
  );
});

test('a name for this machine with a dot at its end is no way around', () => {
  for (const host of ['localhost.', '127.0.0.1.', '']) expect(isPublic(host)).toBe(false);
});

test('an IPv6 address outside of 2000::/3 is not public', () => {
  const start = valueOf('2000::');
  const outside = fc.bigInt(0n, (1n << 128n) - 1n).filter((address) => address >> 125n !== start >> 125n);
  fc.assert(
    fc.property(outside, (address) => {
      const v4 = /^(?:0:){5}ffff:/.test(groups(address));
      expect(!v4 && isPublic(groups(address))).toBe(false);
    }),
  );
  expect(['200::1', '1fff:ffff::1', '4000::1', 'fe00::1'].filter(isPublic)).toEqual([]);
});

test.each(['0:5efe', '200:5efe'])('an IPv4 address behind %s is one in any prefix (ISATAP)', (marker) => {
  fc.assert(
    fc.property(fc.bigInt(0n, 0xffffffffn), (v4) => {
      const tail = `${marker}:${groups(v4).split(':').slice(-2).join(':')}`;
      const dottedTail = `${marker}:${dotted(v4)}`;
      expect([`2606:4700:0:1:${tail}`, `2606:4700::${dottedTail}`, `2606:4700::${tail}%1`].filter(isPublic)).toEqual(
        [],
      );
    }),
  );
});
