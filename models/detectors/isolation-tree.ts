/** One tree of an isolation forest as parallel arrays: splits at random places until a row is alone. */
import type { FeatureMatrix } from './detector.js';
import { FEATURE_STEPS, onFeatureGrid, onGrid } from './feature-grid.js';
import type { Seeded } from './seeded.js';

const LEAF_STEPS = 256;

/** Node 0 is the root. A row goes left where its value is at most the threshold. */
export interface IsolationTree {
  /** Column that the node splits on; -1 at a leaf. */
  readonly feature: number[];
  /** On 2^-12. */
  readonly threshold: number[];
  readonly left: number[];
  readonly right: number[];
  /** Training rows that passed the node. */
  readonly cover: number[];
  /** At a leaf: path length on 2^-8, with what a tree over its rows would add. 0 elsewhere. */
  readonly length: number[];
}

/** Mean path length of an unsuccessful search in a binary search tree of n rows: c(n) of the paper, by exact sums. */
export function meanPath(n: number): number {
  if (n < 2) return 0;
  let harmonic = 0;
  for (let i = 1; i < n; i++) harmonic += 1 / i;
  return 2 * harmonic - (2 * (n - 1)) / n;
}

/** Grows a tree over rows of the matrix, not deeper than `deepest`. */
export function growTree(
  matrix: FeatureMatrix,
  rows: readonly number[],
  deepest: number,
  chance: Seeded,
): IsolationTree {
  const tree: IsolationTree = { feature: [], threshold: [], left: [], right: [], cover: [], length: [] };
  const value = (row: number, column: number): number => onFeatureGrid(matrix.data[row * matrix.columns + column]);

  /** Columns in which the rows differ, with their range. */
  function ranges(inside: readonly number[]): (readonly [number, number, number])[] {
    const found: [number, number, number][] = [];
    for (let column = 0; column < matrix.columns; column++) {
      let low = Infinity;
      let high = -Infinity;
      for (const row of inside) {
        const at = value(row, column);
        low = Math.min(low, at);
        high = Math.max(high, at);
      }
      if (low < high) found.push([column, low, high]);
    }
    return found;
  }

  function grow(inside: readonly number[], depth: number): number {
    const node = tree.feature.length;
    tree.feature.push(-1);
    tree.threshold.push(0);
    tree.left.push(0);
    tree.right.push(0);
    tree.cover.push(inside.length);
    tree.length.push(0);
    const open = depth < deepest && inside.length > 1 ? ranges(inside) : [];
    if (!open.length) {
      tree.length[node] = onGrid(depth + meanPath(inside.length), LEAF_STEPS);
      return node;
    }
    const [column, low, high] = open[chance.below(open.length)];
    // Rounded down, the threshold stays below the highest value, so that neither side is empty.
    const threshold = Math.floor((low + chance.uniform() * (high - low)) * FEATURE_STEPS) / FEATURE_STEPS;
    tree.feature[node] = column;
    tree.threshold[node] = threshold;
    tree.left[node] = grow(
      inside.filter((row) => value(row, column) <= threshold),
      depth + 1,
    );
    tree.right[node] = grow(
      inside.filter((row) => value(row, column) > threshold),
      depth + 1,
    );
    return node;
  }

  grow(rows, 0);
  return tree;
}

/** The leaf of a row. */
export function leafOf(tree: IsolationTree, row: Float64Array): number {
  let node = 0;
  while (tree.feature[node] >= 0)
    node = row[tree.feature[node]] <= tree.threshold[node] ? tree.left[node] : tree.right[node];
  return node;
}

/** Mean path length of the training rows below each node. */
export function expectedLengths(tree: IsolationTree): number[] {
  const expected = [...tree.length];
  // Children have higher numbers than their parent.
  for (let node = tree.feature.length - 1; node >= 0; node--) {
    if (tree.feature[node] < 0) continue;
    const [left, right] = [tree.left[node], tree.right[node]];
    expected[node] = (expected[left] * tree.cover[left] + expected[right] * tree.cover[right]) / tree.cover[node];
  }
  return expected;
}
