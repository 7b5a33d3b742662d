/**
 * Isolation forest: rows that random splits isolate early are anomalous. F. T. Liu, K. M. Ting, Z.-H. Zhou, Isolation
 * Forest (ICDM 2008). The graph gives the sum of path lengths over the trees, which TypeScript maps to the paper's score
 * 2^(-mean/c), in (0, 1).
 */
import { exp } from '../exact/exp.js';
import type { FeatureMatrix } from './detector.js';
import type { Family } from './family.js';
import { expectedLengths, growTree, meanPath } from './isolation-tree.js';
import { Seeded } from './seeded.js';
import { emitTrees, readTrees, sumOfLeaves, type SearchTree } from './tree-ensemble.js';

/** Trees of a forest, of the 100 in the paper. */
export const TREES = 64;
/** Rows of a tree, as in the paper. */
export const SAMPLE = 256;

/** A trained forest. */
export interface Forest {
  readonly trees: readonly SearchTree[];
}

function train(matrix: FeatureMatrix, _used: readonly number[], seed: number): Forest {
  const chance = new Seeded(seed);
  const sample = Math.min(SAMPLE, matrix.rows);
  let deepest = 0;
  while (2 ** deepest < sample) deepest++;
  const trees = Array.from({ length: TREES }, () =>
    growTree(matrix, chance.sample(matrix.rows, sample), deepest, chance),
  );
  return { trees };
}

/** Credit of each column: how much shorter its splits made the path than was to be expected at that node. */
function parts({ trees }: Forest, row: Float64Array): Float64Array {
  const credit = new Float64Array(row.length);
  for (const tree of trees) {
    const expected = expectedLengths(tree);
    let node = 0;
    while (tree.feature[node]! >= 0) {
      const column = tree.feature[node]!;
      const next = row[column]! <= tree.threshold[node]! ? tree.left[node]! : tree.right[node]!;
      credit[column]! += expected[node]! - expected[next]!;
      node = next;
    }
  }
  return credit.map((value) => Math.max(0, value));
}

/** The detector, offered as an extra. */
export const isolationForest: Family<Forest> = {
  kind: 'isolation-forest',
  version: '1',
  extra: true,
  description: `Isolation forest of ${TREES} trees over ${SAMPLE} rows each.`,
  applies: (columns) => (columns.length ? columns.map((_, i) => i) : undefined),
  train,
  write: (graph, input, { trees }) => emitTrees(graph, input, trees, 'path_length'),
  read: (model) => ({ trees: readTrees(model) }),
  oracle: ({ trees }, row) => sumOfLeaves(trees, row),
  finish(raw, { trees }) {
    const sample = trees[0]!.cover[0]!;
    return sample < 2 ? 0 : exp((-Math.LN2 * raw) / (trees.length * meanPath(sample)));
  },
  parts,
};
