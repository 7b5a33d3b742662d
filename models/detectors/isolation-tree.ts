/** One tree of an isolation forest: splits at random places until a row is alone. A leaf's value is its path length. */
import type { FeatureMatrix } from './detector.js';
import { FEATURE_STEPS, onFeatureGrid, onGrid } from './feature-grid.js';
import type { Seeded } from './seeded.js';
import { addNode, emptyTree, LEAF_STEPS, type SearchTree } from './tree-ensemble.js';

/** Mean path length of an unsuccessful search in a binary search tree of n rows: c(n) of the paper, by exact sums. */
export function meanPath(n: number): number {
  if (n < 2) return 0;
  let harmonic = 0;
  for (let i = 1; i < n; i++) harmonic += 1 / i;
  return 2 * harmonic - (2 * (n - 1)) / n;
}

/** Grows a tree over rows of the matrix, not deeper than `deepest`. */
export function growTree(matrix: FeatureMatrix, rows: readonly number[], deepest: number, chance: Seeded): SearchTree {
  const tree = emptyTree();
  const value = (row: number, column: number): number => onFeatureGrid(matrix.data[row * matrix.columns + column]!);

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
    const node = addNode(tree, inside.length);
    const open = depth < deepest && inside.length > 1 ? ranges(inside) : [];
    if (!open.length) {
      // With what a tree over its rows would add.
      tree.value[node] = onGrid(depth + meanPath(inside.length), LEAF_STEPS);
      return node;
    }
    const [column, low, high] = open[chance.below(open.length)]!;
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

/** Mean path length of the training rows below each node. */
export function expectedLengths(tree: SearchTree): number[] {
  const expected = [...tree.value];
  for (let node = tree.feature.length - 1; node >= 0; node--) {
    if (tree.feature[node]! < 0) continue;
    const [left, right] = [tree.left[node]!, tree.right[node]!];
    expected[node] = (expected[left]! * tree.cover[left]! + expected[right]! * tree.cover[right]!) / tree.cover[node]!;
  }
  return expected;
}
