import fc from 'fast-check';
import { exp } from '../../../models/exact/exp.js';
import { ln } from '../../../models/exact/log.js';

test('exp is within two units in the last place of the platform', () => {
  fc.assert(
    fc.property(fc.double({ min: -700, max: 709, noNaN: true }), (x) => {
      expect(Math.abs(exp(x) - Math.exp(x))).toBeLessThanOrEqual(Math.exp(x) * 2 ** -51);
    }),
    { numRuns: 10000 },
  );
});

test('the edges are those of IEEE 754, subnormal results included', () => {
  expect([exp(0), exp(-0), exp(-Infinity), exp(Infinity), exp(NaN), exp(710), exp(-746)]).toEqual([
    1,
    1,
    0,
    Infinity,
    NaN,
    Infinity,
    0,
  ]);
  expect(exp(-745)).toBe(5e-324);
  expect(Math.abs(exp(709.7) / Math.exp(709.7) - 1)).toBeLessThan(1e-15);
});

test('known bits, which no platform may change', () => {
  expect([exp(1), exp(-1), exp(10), exp(0.5)]).toEqual([
    2.7182818284590455, 0.36787944117144233, 22026.465794806718, 1.6487212707001282,
  ]);
});

test('ln undoes exp', () => {
  fc.assert(
    fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) =>
      expect(Math.abs(ln(exp(x)) - x)).toBeLessThanOrEqual(1e-15 * Math.max(1, Math.abs(x)) * 2),
    ),
  );
});
