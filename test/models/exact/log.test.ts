import fc from 'fast-check';
import { ln, log10 } from '../../../models/exact/log.js';

/** Difference in units of the last place of the larger value. */
const apart = (a: number, b: number) =>
  a === b ? 0 : Math.abs(a - b) / (Math.max(Math.abs(a), Math.abs(b)) * 2 ** -53);

const positive = fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true });

test('ln is within two units in the last place of the platform', () => {
  fc.assert(
    fc.property(positive, (x) => expect(apart(ln(x), Math.log(x))).toBeLessThanOrEqual(4)),
    { numRuns: 5000 },
  );
  fc.assert(
    fc.property(fc.double({ min: 0.5, max: 2, noNaN: true }), (x) =>
      expect(apart(ln(x), Math.log(x))).toBeLessThanOrEqual(4),
    ),
    { numRuns: 5000 },
  );
});

test('log10 is within 1e-15 of the platform, relative to the value or to 1', () => {
  const near = (x: number) =>
    expect(Math.abs(log10(x) - Math.log10(x))).toBeLessThanOrEqual(1e-15 * Math.max(1, Math.abs(Math.log10(x))));
  fc.assert(fc.property(positive, near), { numRuns: 5000 });
  fc.assert(fc.property(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), near), { numRuns: 5000 });
});

test('decimal logarithms of the powers of ten are integers', () => {
  for (let k = 0; k <= 22; k++) expect(log10(10 ** k)).toBe(k);
});

test('the edges are those of IEEE 754', () => {
  expect([ln(1), ln(0), ln(-0), ln(-1), ln(NaN), ln(Infinity)]).toEqual([0, -Infinity, -Infinity, NaN, NaN, Infinity]);
  expect([log10(1), log10(0), log10(-1), log10(Infinity)]).toEqual([0, -Infinity, NaN, Infinity]);
});

test('known bits, which no platform may change', () => {
  expect([ln(2), ln(10), ln(1e-9), log10(2), log10(1e-9)]).toEqual([
    0.6931471805599453, 2.302585092994046, -20.72326583694641, 0.3010299956639812, -9,
  ]);
});
