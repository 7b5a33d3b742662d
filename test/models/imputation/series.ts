/** Metrics of one service: a few causes behind many columns, with noise that remembers, and gaps. */
import { chance } from '../../builders/windows.js';

export interface Masked {
  readonly truth: readonly (readonly number[])[];
  /** NaN where it is missing. */
  readonly rows: readonly (readonly number[])[];
}

/** @param share of the cells that are missing */
export function maskedMetrics(n: number, columns: number, share: number, seed: number): Masked {
  const random = chance(seed);
  /** About normal. */
  const noise = (): number => Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);
  const causes = [0, 0, 0];
  const mix = Array.from({ length: columns }, () => causes.map(noise));
  const own = new Array<number>(columns).fill(0);
  const truth = Array.from({ length: n }, (_, i) => {
    causes.forEach((value, at) => (causes[at] = 0.9 * value + 0.4 * noise()));
    const day = Math.sin((2 * Math.PI * i) / 144);
    return mix.map((weights, column) => {
      own[column] = 0.7 * own[column]! + 0.3 * noise();
      return 10 * column + day + own[column] + weights.reduce((sum, weight, at) => sum + weight * causes[at]!, 0);
    });
  });
  return { truth, rows: truth.map((row) => row.map((value) => (random() < share ? NaN : value))) };
}

/** Root mean square error of what was filled, from a row on. */
export function errorOf({ truth, rows }: Masked, filled: readonly (readonly number[])[], from: number): number {
  let [sum, count] = [0, 0];
  for (let i = from; i < rows.length; i++)
    rows[i]!.forEach((value, column) => {
      if (!Number.isNaN(value)) return;
      sum += (filled[i]![column]! - truth[i]![column]!) ** 2;
      count++;
    });
  return Math.sqrt(sum / count);
}
