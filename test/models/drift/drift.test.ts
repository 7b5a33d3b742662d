import fc from 'fast-check';
import { adwinCodec, createAdwin, observeValue, windowMean, type Adwin } from '../../../models/drift/adwin.js';
import {
  binEdges,
  binShares,
  jensenShannon,
  kolmogorovSmirnov,
  kolmogorovSmirnovIn,
  sorted,
  stabilityIndex,
  wasserstein,
} from '../../../models/drift/distances.js';
import { discoveries } from '../../../models/drift/false-discoveries.js';
import { driftOf, referenceOf } from '../../../models/drift/reference.js';
import { decode, encode } from '../../../records/wire/codec.js';
import { autoregressive, normal } from './series.js';

const a = sorted(Array.from({ length: 60 }, (_, i) => ((i * 37) % 101) / 10));
const b = sorted(Array.from({ length: 45 }, (_, i) => ((i * 53 + 11) % 97) / 9 + 0.5));
const ties = [sorted([1, 2, 2, 3, 3, 3, 4]), sorted([2, 3, 3, 5])] as const;

/** The values beside them are those of scipy 1.17.1. */
describe('distances are those of scipy', () => {
  it('ks_2samp', () => {
    expect(kolmogorovSmirnov(a, b)).toBeCloseTo(0.14444444444444443, 12);
    expect(kolmogorovSmirnov(...ties)).toBeCloseTo(0.25, 12);
  });
  it('wasserstein_distance', () => {
    expect(wasserstein(a, b)).toBeCloseTo(0.8248765432098765, 10);
    expect(wasserstein(...ties)).toBeCloseTo(0.6785714285714285, 12);
  });
  it('jensenshannon', () => {
    expect(jensenShannon([0.1, 0.2, 0.3, 0.4, 0], [0.25, 0.25, 0.2, 0.2, 0.1])).toBeCloseTo(0.2732699774625262, 12);
  });
  it('rel_entr of both ways: the stability index', () => {
    expect(stabilityIndex([0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.3, 0.2])).toBeCloseTo(0.28723022345882276, 12);
  });
  it('false_discovery_control: adjusted p-values up to the rate', () => {
    const p = [0.001, 0.013, 0.02, 0.5, 0.04, 0.9, 0.008];
    const adjusted = [0.007, 0.0303333, 0.035, 0.5833333, 0.056, 0.9, 0.028];
    for (const rate of [0.001, 0.01, 0.03, 0.05, 0.2, 0.6])
      expect(discoveries(p, rate)).toEqual(adjusted.map((one) => one <= rate));
  });
});

const values = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 60 }).map(sorted);
test('distances are symmetric and 0 of equal samples; one that looks up in the larger sample is the same', () => {
  fc.assert(
    fc.property(values, values, (x, y) => {
      expect(kolmogorovSmirnov(x, x)).toBe(0);
      expect(wasserstein(x, x)).toBe(0);
      expect(kolmogorovSmirnov(x, y)).toBe(kolmogorovSmirnov(y, x));
      expect(wasserstein(x, y)).toBeCloseTo(wasserstein(y, x), 9);
      expect(kolmogorovSmirnovIn(x, y)).toBeCloseTo(kolmogorovSmirnov(x, y), 12);
      const edges = binEdges(x);
      expect(binShares(x, edges).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
      expect(jensenShannon(binShares(x, edges), binShares(y, edges))).toBeLessThanOrEqual(Math.sqrt(Math.LN2) + 1e-12);
    }),
  );
});

describe('a reference', () => {
  const size = 288;
  it('knows what a day of a series that remembers is worth', () => {
    for (const memory of [0, 0.5, 0.9]) {
      const { worth, block } = referenceOf(autoregressive(28 * size, memory, 3), size, 1)!;
      const expected = (size * (1 - memory)) / (1 + memory);
      expect(worth.mean / expected).toBeGreaterThan(0.6);
      expect(worth.mean / expected).toBeLessThan(1.6);
      expect(block).toBeGreaterThanOrEqual(memory === 0 ? 1 : 10);
    }
  });
  it('gives the same for the same values, and nothing for less than a week', () => {
    const series = autoregressive(10 * size, 0.8, 5);
    expect(referenceOf(series, size, 9)).toEqual(referenceOf(series, size, 9));
    expect(referenceOf(series.subarray(0, 6 * size), size, 9)).toBeUndefined();
  });
  it('of a constant feature: the same is no drift, anything else is one', () => {
    const reference = referenceOf(new Float64Array(10 * size).fill(2), size, 1)!;
    expect(driftOf(reference, new Float64Array(size).fill(2))).toMatchObject({ p: 1, ks: 0, shift: 0 });
    expect(driftOf(reference, new Float64Array(size).fill(2.5)).p).toBeLessThan(1e-6);
  });
});

test('a shift of one standard deviation is found within a day of minutes', () => {
  const size = 1440;
  for (const memory of [0, 0.9]) {
    const series = autoregressive(15 * size, memory, 50);
    const reference = referenceOf(series.subarray(0, 14 * size), size, 1)!;
    const day = series.subarray(14 * size);
    expect([memory, driftOf(reference, day).p > 1 / 700]).toEqual([memory, true]);
    expect([
      memory,
      driftOf(
        reference,
        day.map((value) => value + 1),
      ).p <=
        1 / 700,
    ]).toEqual([memory, true]);
  }
});

describe('ADWIN', () => {
  const run = (state: Adwin, stream: Iterable<number>): number[] => {
    const cuts: number[] = [];
    let at = 0;
    for (const value of stream) {
      at++;
      if (observeValue(state, value)) cuts.push(at);
    }
    return cuts;
  };
  const stream = (n: number, shift: number, seed: number): number[] => {
    const next = normal(seed);
    return Array.from({ length: n }, () => next() + shift);
  };
  it('leaves a steady stream alone, and follows a shift', () => {
    const state = createAdwin();
    expect(run(state, stream(4000, 0, 1))).toEqual([]);
    expect(Math.abs(windowMean(state))).toBeLessThan(0.1);
    const cuts = run(state, stream(1000, 1, 2));
    expect(cuts[0]).toBeLessThan(150);
    expect(windowMean(state)).toBeGreaterThan(0.8);
    expect(state.buckets.length).toBeLessThan(60);
  });
  it('goes on from its stored state as if nothing had been', () => {
    const whole = createAdwin();
    const values = [...stream(500, 0, 4), ...stream(300, 0.7, 5)];
    const expected = run(whole, values);
    let state = createAdwin();
    const cuts: number[] = [];
    values.forEach((value, i) => {
      if (observeValue(state, value)) cuts.push(i + 1);
      if (i % 97 === 0) state = decode(adwinCodec, encode(adwinCodec, state));
    });
    expect(cuts).toEqual(expected);
    expect(state).toEqual(whole);
  });
});
