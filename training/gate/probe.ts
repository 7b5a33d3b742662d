/**
 * Whether a set sees what is odd, without any answer: rows of stored windows are moved far out in one feature, and the
 * detectors have to rank them above the rows as they were.
 */
import { performance } from 'node:perf_hooks';
import type { Detector } from '../../models/detectors/detector.js';
import { separationOf } from '../../models/detectors/importance.js';
import { ranksOf } from './intervals.js';

export interface Probe {
  /** Chance that a moved row is ranked above one as it was, mean over the features: .5 knows nothing, 1 tells all apart. */
  readonly separation: number;
  /** Operations a row, over all detectors. */
  readonly operations: number;
  /** Detectors that give one number whatever is moved. */
  readonly stuck: readonly string[];
  /** Measured on this machine: median of scoring 256 rows by all detectors, ms. */
  readonly ms: number;
}

/** How far a row is moved, in robust standard deviations of its entity. */
const far = 10;
const timings = 5;

/** @param rows features, one array a row @throws what a detector throws */
export async function probe(detectors: readonly Detector[], rows: readonly (readonly number[])[]): Promise<Probe> {
  const operations = detectors.reduce((sum, { cost }) => sum + cost, 0);
  const columns = rows[0]!.length;
  const matrix = (of: readonly (readonly number[])[]) => ({
    rows: of.length,
    columns,
    data: Float64Array.from(of.flat()),
  });
  /** The one number of each detector so far; NaN once it gave another, which equals nothing. */
  const seen = new Map<string, number>();
  /** Mean rank over the detectors: what a combination makes of them. */
  const ranked = async (of: readonly (readonly number[])[]): Promise<Float64Array> => {
    const sum = new Float64Array(of.length);
    for (const detector of detectors) {
      const scores = await detector.score(matrix(of));
      const first = seen.get(detector.card.name) ?? scores[0]!;
      seen.set(detector.card.name, scores.every((score) => score === first) ? first : Number.NaN);
      ranksOf(scores).forEach((rank, i) => (sum[i]! += rank));
    }
    return sum;
  };
  const took: number[] = [];
  for (let i = 0; i < timings; i++) {
    const began = performance.now();
    for (const detector of detectors) await detector.score(matrix(rows));
    took.push(performance.now() - began);
  }
  const isMoved = [...rows.map(() => false), ...rows.map(() => true)];
  let total = 0;
  for (let column = 0; column < columns; column++) {
    const moved = rows.map((row) => row.map((value, i) => (i === column ? value + far : value)));
    total += separationOf(await ranked([...rows, ...moved]), isMoved);
  }
  const stuck = [...seen].flatMap(([name, one]) => (Number.isNaN(one) ? [] : [name]));
  return { separation: total / columns, operations, stuck, ms: took.sort((a, b) => a - b)[timings >> 1]! };
}
