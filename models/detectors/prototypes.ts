/**
 * Nearest prototypes: the distance of a row from the closest of a few typical rows, the centres of k-means. S. P. Lloyd,
 * Least Squares Quantization in PCM (IEEE Trans. Information Theory 1982), started as in D. Arthur, S. Vassilvitskii,
 * k-means++: The Advantages of Careful Seeding (SODA 2007). Finds rows between or away from the usual ways to be.
 *
 * Bits, for at most 256 columns: z and centres within 18 bits on 2^-12; squares and products within 36 on 2^-24, sums of
 * 256 of them, and |z|² - 2 z·c + |c|², within 47. All exact.
 */
import type { FeatureMatrix } from './detector.js';
import { areSeries, constantOf, type DetectorSettings, type Family } from './family.js';
import { clip, FEATURE_STEPS, onGrid } from './feature-grid.js';
import { Seeded } from './seeded.js';
import {
  emitStandard,
  fitStandard,
  readStandard,
  spread,
  standardise,
  TRAINING_LIMIT,
  type Standard,
} from './standardise.js';

/** Rows that are clustered: more move the centres by less than they are apart. */
const SAMPLE = 8192;
const ROUNDS = 20;
const MOST_COLUMNS = 256;

interface Prototypes {
  readonly standard: Standard;
  /** Centres x used.length, row-major, on 2^-12. */
  readonly centres: Float64Array;
}

function distance(rows: Float64Array, row: number, centres: Float64Array, centre: number, size: number): number {
  let sum = 0;
  for (let j = 0; j < size; j++) {
    const apart = rows[row * size + j]! - centres[centre * size + j]!;
    sum += apart * apart;
  }
  return sum;
}

/** The closest of the first `count` centres and the squared distance from it; the first of equally close ones. */
function closest(
  rows: Float64Array,
  row: number,
  centres: Float64Array,
  count: number,
  size: number,
): [number, number] {
  let best = 0;
  let least = Infinity;
  for (let k = 0; k < count; k++) {
    const away = distance(rows, row, centres, k, size);
    if (away < least) [best, least] = [k, away];
  }
  return [best, least];
}

/** k-means++: each further centre is a row, drawn with a chance as large as its squared distance from those before. */
function start(rows: Float64Array, size: number, prototypes: number, chance: Seeded): Float64Array {
  const count = rows.length / size;
  const centres = new Float64Array(prototypes * size);
  const take = (k: number, row: number): void => centres.set(rows.subarray(row * size, (row + 1) * size), k * size);
  take(0, chance.below(count));
  const least = new Float64Array(count).fill(Infinity);
  for (let k = 1; k < prototypes; k++) {
    let total = 0;
    for (let i = 0; i < count; i++) {
      least[i] = Math.min(least[i]!, distance(rows, i, centres, k - 1, size));
      total += least[i]!;
    }
    let left = chance.uniform() * total;
    let row = 0;
    while (row < count - 1 && (left -= least[row]!) >= 0) row++;
    take(k, row);
  }
  return centres;
}

/** Lloyd's rounds; a centre that no row is closest to stays where it is. */
function settle(rows: Float64Array, size: number, centres: Float64Array): void {
  const prototypes = centres.length / size;
  const count = rows.length / size;
  for (let round = 0; round < ROUNDS; round++) {
    const sums = new Float64Array(centres.length);
    const members = new Float64Array(prototypes);
    for (let i = 0; i < count; i++) {
      const [k] = closest(rows, i, centres, prototypes, size);
      members[k]!++;
      for (let j = 0; j < size; j++) sums[k * size + j]! += rows[i * size + j]!;
    }
    centres.forEach((_, at) => {
      const of = members[Math.floor(at / size)]!;
      if (of > 0) centres[at] = sums[at]! / of;
    });
  }
}

function train(
  matrix: FeatureMatrix,
  used: readonly number[],
  seed: number,
  { prototypes: count }: DetectorSettings,
): Prototypes {
  const standard = fitStandard(matrix, used);
  const chance = new Seeded(seed);
  const size = used.length;
  const sample = chance.sample(matrix.rows, SAMPLE);
  const rows = new Float64Array(sample.length * size);
  sample.forEach((row, i) => {
    const z = standardise(standard, matrix.data.subarray(row * matrix.columns, (row + 1) * matrix.columns));
    z.forEach((value, j) => (rows[i * size + j] = clip(value, -TRAINING_LIMIT, TRAINING_LIMIT)));
  });
  const centres = start(rows, size, count, chance);
  settle(rows, size, centres);
  return { standard, centres: centres.map((value) => onGrid(value, FEATURE_STEPS)) };
}

const countOf = (centres: Float64Array, { used }: Standard): number => centres.length / used.length;

/** The detector. */
export const prototypes: Family<Prototypes> = {
  kind: 'prototypes',
  version: '1',
  description: ({ prototypes: count }) => `Distance from the closest of ${count} typical windows.`,
  applies: (columns) =>
    columns.length >= 3 && columns.length <= MOST_COLUMNS && !areSeries(columns) ? columns.map((_, i) => i) : undefined,
  train,
  write(graph, input, { standard, centres }) {
    const size = standard.used.length;
    const count = centres.length / size;
    const z = emitStandard(graph, input, standard);
    const twice = Float64Array.from(centres, (_, i) => {
      const [column, k] = [Math.floor(i / count), i % count];
      return -2 * centres[k * size + column]! + 0;
    });
    const squares = Float64Array.from({ length: count }, (_, k) =>
      centres.subarray(k * size, (k + 1) * size).reduce((sum, value) => sum + value * value, 0),
    );
    graph.constant('centres', [count, size], centres);
    const products = graph.node('MatMul', [z, graph.constant('centres_twice', [size, count], twice)]);
    const ones = graph.constant('ones', [size, 1], new Float64Array(size).fill(1));
    const own = graph.node('MatMul', [graph.node('Mul', [z, z]), ones]);
    const all = graph.node('Add', [products, graph.constant('centres_squared', [1, count], squares)]);
    const least = graph.node('ReduceMin', [all], { axes: { ints: [1] }, keepdims: { int: 1 } });
    return graph.node('Sqrt', [graph.node('Add', [own, least])]);
  },
  read: (model) => ({ standard: readStandard(model), centres: constantOf(model, 'centres').values }),
  oracle({ standard, centres }, row) {
    return Math.sqrt(
      closest(standardise(standard, row), 0, centres, countOf(centres, standard), standard.used.length)[1],
    );
  },
  parts({ standard, centres }, row) {
    const z = standardise(standard, row);
    const [nearest] = closest(z, 0, centres, countOf(centres, standard), z.length);
    return spread(
      standard,
      z.map((value, j) => (value - centres[nearest * z.length + j]!) ** 2),
      row.length,
    );
  },
};
