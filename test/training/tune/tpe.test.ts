/** The search: pure, within its space, better than chance; densities that are densities. */
import { Seeded } from '../../../models/detectors/seeded.js';
import { normalBelow, normalQuantile } from '../../../training/tune/normal.js';
import { Parzen } from '../../../training/tune/parzen.js';
import type { TrialOutcome, SearchPoint, Space } from '../../../training/tune/space.js';
import { suggest } from '../../../training/tune/tpe.js';

const space: Space = {
  x: { kind: 'real', low: -5, high: 5 },
  rate: { kind: 'real', low: 1e-5, high: 1, log: true },
  size: { kind: 'whole', low: 1, high: 20 },
  kind: { kind: 'choice', choices: ['a', 'b', 'c'] },
};
const worth = ({ x, rate, size, kind }: SearchPoint): number =>
  -((x! - 2) ** 2) - (Math.log10(rate!) + 3) ** 2 - ((size! - 7) / 5) ** 2 - (kind === 1 ? 0 : 1);

function run(seed: number, isRandom = false, trials = 50): TrialOutcome[] {
  const history: TrialOutcome[] = [];
  for (let number = 0; number < trials; number++) {
    const point = suggest(space, isRandom ? [] : history, [], seed, number);
    history.push({ point, state: 'complete', step: 2, value: worth(point) });
  }
  return history;
}

test('the same seed, history and number give the same point; every point is in the space', () => {
  const trials = run(3);
  expect(run(3)).toEqual(trials);
  expect(run(4)).not.toEqual(trials);
  for (const { point } of trials) {
    expect(point['x']).toBeGreaterThanOrEqual(-5);
    expect(point['x']).toBeLessThanOrEqual(5);
    expect(point['rate']).toBeGreaterThanOrEqual(1e-5);
    expect(point['rate']).toBeLessThanOrEqual(1);
    expect(Number.isInteger(point['size']) && point['size']! >= 1 && point['size']! <= 20).toBe(true);
    expect([0, 1, 2]).toContain(point['kind']);
  }
});

test('it is better than chance in most of 20 runs', () => {
  const best = (trials: readonly TrialOutcome[]): number => Math.max(...trials.map(({ value }) => value));
  const wins = Array.from({ length: 20 }, (_, seed) => best(run(seed)) > best(run(seed, true))).filter(Boolean);
  expect(wins.length).toBeGreaterThanOrEqual(16);
});

test('trials that were ended early and points that run count as worse than the best; failed ones do not count', () => {
  const history = run(1, true, 30);
  const point = suggest(space, history, [], 1, 30);
  const failed = history.map((one, i) => (i % 2 === 0 ? one : { ...one, state: 'failed' as const, value: Number.NaN }));
  expect(suggest(space, [...history, { ...failed[1]! }], [], 1, 30)).toEqual(point);
  expect(suggest(space, history, [point], 1, 30)).not.toEqual(point);
});

test('a density over whole numbers and choices sums to 1, over reals its integral does', () => {
  const points = Array.from({ length: 12 }, (_, i) => ({ size: 1 + ((i * 7) % 20), kind: i % 3 }));
  const discrete = new Parzen({ size: space['size']!, kind: space['kind']! }, points);
  let sum = 0;
  for (let size = 1; size <= 20; size++)
    for (let kind = 0; kind < 3; kind++) sum += Math.exp(discrete.logDensity({ size, kind }));
  expect(sum).toBeCloseTo(1, 5);
  const real = new Parzen({ x: space['x']! }, [{ x: -4.9 }, { x: 0 }, { x: 0.1 }, { x: 5 }]);
  let integral = 0;
  const steps = 20_000;
  for (let i = 0; i < steps; i++)
    integral += (Math.exp(real.logDensity({ x: -5 + (10 * (i + 0.5)) / steps })) * 10) / steps;
  expect(integral).toBeCloseTo(1, 4);
  const chance = new Seeded(1);
  for (let i = 0; i < 100; i++) expect(Math.abs(real.sample(chance)['x']!)).toBeLessThanOrEqual(5);
});

test('the quantile of the normal distribution is the inverse of its chance', () => {
  for (const p of [1e-6, 0.001, 0.02, 0.3, 0.5, 0.77, 0.99, 1 - 1e-6])
    expect(normalBelow(normalQuantile(p))).toBeCloseTo(p, 6);
});
