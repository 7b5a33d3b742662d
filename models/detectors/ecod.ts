/**
 * ECOD: how far out in the tails of their columns the values of a row lie. Z. Li, Y. Zhao, X. Hu, N. Botta, C. Ionescu,
 * G. Chen, ECOD: Unsupervised Outlier Detection Using Empirical Cumulative Distribution Functions (IEEE TKDE 2022).
 * The score is the sum over columns of -ln of the smaller tail, column by column as in the authors' own implementation.
 *
 * A column is a search tree whose cells are half an octave of tail probability wide; a cell counts as what is least
 * extreme in it. Beyond all that was seen the tail is half a training row.
 */
import { ln } from '../exact/log.js';
import type { FeatureMatrix } from './detector.js';
import type { Family } from './family.js';
import { FEATURE_STEPS, onFeatureGrid, onGrid } from './feature-grid.js';
import {
  addNode,
  emitTrees,
  emptyTree,
  LEAF_STEPS,
  leafOf,
  readTrees,
  sumOfLeaves,
  type SearchTree,
} from './tree-ensemble.js';

/** Two cuts an octave of tail probability. */
const CELL = Math.SQRT1_2;

/** How many of the sorted values are at most x. */
function rank(sorted: Float64Array, x: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Ascending values at which a cell ends and the next begins, for both tails. */
function cutsOf(sorted: Float64Array): number[] {
  const n = sorted.length;
  const cuts = new Set([sorted[0]! - 1 / FEATURE_STEPS, sorted[n - 1]!]);
  for (let tail = 0.5; tail * n >= 1; tail *= CELL) {
    const rows = Math.floor(tail * n);
    // The greatest value that no more rows lie at or below, and the least that no more lie above.
    const below = rank(sorted, sorted[rows]! - 1 / FEATURE_STEPS);
    if (below > 0) cuts.add(sorted[below - 1]!);
    cuts.add(sorted[n - 1 - rows]!);
  }
  return [...cuts].sort((a, b) => a - b);
}

/** -ln of the smaller tail of the cell (after, upTo]. */
function surprise(sorted: Float64Array, after: number, upTo: number): number {
  const n = sorted.length;
  const left = Math.max(rank(sorted, upTo), 0.5);
  const right = Math.max(n - rank(sorted, after), 0.5);
  return onGrid(Math.max(-ln(Math.min(left, n) / n), -ln(Math.min(right, n) / n)) + 0, LEAF_STEPS);
}

/** The search tree of one column, as flat as can be. */
function treeOf({ rows, columns, data }: FeatureMatrix, column: number): SearchTree {
  const sorted = Float64Array.from({ length: rows }, (_, i) => onFeatureGrid(data[i * columns + column]!)).sort();
  const cuts = cutsOf(sorted);
  const tree = emptyTree();
  const edge = (i: number): number => (i < 0 ? -Infinity : i < cuts.length ? cuts[i]! : Infinity);
  /** Cells `from` to `to`, where cell i lies between cuts i - 1 and i. */
  function grow(from: number, to: number): number {
    const cover = rank(sorted, edge(to)) - rank(sorted, edge(from - 1));
    const node = addNode(tree, cover);
    if (from === to) {
      tree.value[node] = surprise(sorted, edge(from - 1), edge(from));
      return node;
    }
    const middle = (from + to) >>> 1;
    tree.feature[node] = column;
    tree.threshold[node] = cuts[middle]!;
    tree.left[node] = grow(from, middle);
    tree.right[node] = grow(middle + 1, to);
    return node;
  }
  grow(0, cuts.length);
  return tree;
}

interface Tails {
  /** One a column, in their order. */
  readonly trees: readonly SearchTree[];
}

/** The detector, offered as an extra. */
export const ecod: Family<Tails> = {
  kind: 'ecod',
  version: '1',
  extra: true,
  description: 'How far out in the tails of their columns the values lie.',
  applies: (columns) => (columns.length ? columns.map((_, i) => i) : undefined),
  train: (matrix, used) => ({ trees: used.map((column) => treeOf(matrix, column)) }),
  write: (graph, input, { trees }) => emitTrees(graph, input, trees, 'surprise'),
  read: (model) => ({ trees: readTrees(model) }),
  oracle: ({ trees }, row) => sumOfLeaves(trees, row),
  // What is usual for the column is no reason.
  parts: ({ trees }, row) =>
    Float64Array.from(trees, (tree) => {
      const least = Math.min(...tree.value.filter((_, node) => tree.feature[node]! < 0));
      return tree.value[leafOf(tree, row)]! - least;
    }),
};
