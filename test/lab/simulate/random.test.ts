import { Alias, Random } from '../../../lab/simulate/random.js';

const draw = (count: number, next: () => number): number[] => Array.from({ length: count }, next);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('Random', () => {
  it('repeats for a seed and a name, and differs for another of either', () => {
    const numbers = (seed: number, name: string) => {
      const random = new Random(seed, name);
      return draw(4, () => random.next());
    };
    expect(numbers(1, 'a')).toEqual(numbers(1, 'a'));
    expect(numbers(1, 'a')).not.toEqual(numbers(2, 'a'));
    expect(numbers(1, 'a')).not.toEqual(numbers(1, 'b'));
  });

  it.each([0.3, 4, 29, 31, 400])('counts Poisson with mean and variance %d', (rate) => {
    const random = new Random(1, 'poisson');
    const counts = draw(20_000, () => random.poisson(rate));
    const variance = mean(counts.map((count) => (count - rate) ** 2));
    expect(Math.abs(mean(counts) / rate - 1)).toBeLessThan(0.03);
    expect(Math.abs(variance / rate - 1)).toBeLessThan(0.06);
  });

  it.each(['normal', 'bell'] as const)('draws %s with mean 0 and variance 1', (kind) => {
    const random = new Random(1, kind);
    const values = draw(20_000, () => random[kind]());
    expect(Math.abs(mean(values))).toBeLessThan(0.03);
    expect(Math.abs(mean(values.map((value) => value * value)) - 1)).toBeLessThan(0.04);
  });
});

describe('Alias', () => {
  it('draws by the weights, never one of weight 0', () => {
    const random = new Random(2, 'alias');
    const weights = [5, 0, 1, 14];
    const alias = new Alias(weights);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 20_000; i++) counts[alias.draw(random)]!++;
    expect(counts[1]).toBe(0);
    counts.forEach((count, i) => expect(Math.abs(count / 20_000 - weights[i]! / 20)).toBeLessThan(0.015));
  });
});
