/**
 * Exact Shapley values of trees: how much each feature moves a row's sum of leaves away from its mean over the training
 * rows; they and the mean add up to the sum. S. M. Lundberg, G. G. Erion, S.-I. Lee, Consistent Individualized Feature
 * Attribution for Tree Ensembles (2018), algorithm 2: every subset of the features on a path is weighed at once.
 */
import type { SearchTree } from './tree-ensemble.js';

/** What each feature of a row adds to its score; with `base` they sum to it. */
export interface Contributions {
  /** Mean of the sum over the training rows. */
  readonly base: number;
  /** By column. */
  readonly values: Float64Array;
}

/** A feature on the way to a node: shares of subsets without it and with it that go this way, and weight by size. */
interface PathStep {
  readonly feature: number;
  readonly zero: number;
  readonly one: number;
  weight: number;
}

const extended = (path: readonly PathStep[], zero: number, one: number, feature: number): PathStep[] => {
  const size = path.length;
  const next = path.map((step) => ({ ...step }));
  next.push({ feature, zero, one, weight: size === 0 ? 1 : 0 });
  for (let i = size - 1; i >= 0; i--) {
    next[i + 1]!.weight += (one * next[i]!.weight * (i + 1)) / (size + 1);
    next[i]!.weight = (zero * next[i]!.weight * (size - i)) / (size + 1);
  }
  return next;
};

const unwound = (path: readonly PathStep[], at: number): PathStep[] => {
  const last = path.length - 1;
  const { zero, one } = path[at]!;
  const weights = path.map(({ weight }) => weight);
  let next = weights[last]!;
  for (let i = last - 1; i >= 0; i--) {
    if (one !== 0) {
      const own = weights[i]!;
      weights[i] = (next * (last + 1)) / ((i + 1) * one);
      next = own - (weights[i]! * zero * (last - i)) / (last + 1);
    } else weights[i] = (weights[i]! * (last + 1)) / (zero * (last - i));
  }
  return path.filter((_, i) => i !== at).map((step, i) => ({ ...step, weight: weights[i]! }));
};

const weightWithout = (path: readonly PathStep[], at: number): number =>
  unwound(path, at).reduce((sum, { weight }) => sum + weight, 0);

/** Contributions of each column to the sum of the leaves of a row. */
export function contributions(trees: readonly SearchTree[], row: Float64Array): Contributions {
  const values = new Float64Array(row.length);
  let base = 0;
  for (const tree of trees) {
    base += meanOf(tree);
    const walk = (node: number, before: readonly PathStep[], zero: number, one: number, feature: number): void => {
      const path = extended(before, zero, one, feature);
      const column = tree.feature[node]!;
      if (column < 0) {
        for (let i = 1; i < path.length; i++)
          values[path[i]!.feature]! += weightWithout(path, i) * (path[i]!.one - path[i]!.zero) * tree.value[node]!;
        return;
      }
      const isLeft = row[column]! <= tree.threshold[node]!;
      const [hot, cold] = isLeft ? [tree.left[node], tree.right[node]] : [tree.right[node], tree.left[node]];
      // A feature that is met again is taken out first.
      const known = path.findIndex((step, i) => i > 0 && step.feature === column);
      const [inZero, inOne] = known < 0 ? [1, 1] : [path[known]!.zero, path[known]!.one];
      const rest = known < 0 ? path : unwound(path, known);
      const share = (child: number): number => tree.cover[child]! / tree.cover[node]!;
      walk(hot!, rest, inZero * share(hot!), inOne, column);
      walk(cold!, rest, inZero * share(cold!), 0, column);
    };
    walk(0, [], 1, 1, -1);
  }
  return { base, values };
}

function meanOf(tree: SearchTree): number {
  let sum = 0;
  tree.feature.forEach((feature, node) => {
    if (feature < 0) sum += tree.cover[node]! * tree.value[node]!;
  });
  return sum / tree.cover[0]!;
}
