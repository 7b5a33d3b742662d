/**
 * Gradient-boosted trees on windows that people answered: what they call an anomaly here, and not what is unusual.
 * J. H. Friedman, Greedy Function Approximation: A Gradient Boosting Machine (Annals of Statistics 2001); second-order
 * leaves and gains as in T. Chen, C. Guestrin, XGBoost (KDD 2016). The score is the log odds of an anomaly, to the same
 * bits everywhere: see tree-ensemble.ts.
 */
import { sigmoid } from '../policies/firing.js';
import type { FeatureMatrix } from './detector.js';
import { constantOf, type DetectorSettings, type Family } from './family.js';
import { clip, FEATURE_STEPS, onFeatureGrid, onGrid } from './feature-grid.js';
import {
  addNode,
  emitClassifier,
  emptyTree,
  LEAF_STEPS,
  readTrees,
  sumOfLeaves,
  type SearchTree,
} from './tree-ensemble.js';
import { contributions } from './tree-shap.js';

const TREES = 48;
const DEPTH = 3;
const RATE = 0.2;
/** Of the leaves: with few answers a leaf says little. */
const RIDGE = 1;
/** A child has at least so much of the answers' certainty. */
const MIN_CHILD = 0.25;
const MIN_GAIN = 1e-6;
/** Log odds that one tree adds at most. */
const MOST_LEAF = 4;

/** Trained trees. */
export interface Boosted {
  readonly trees: readonly SearchTree[];
  /** What the splits on each column gained, in shares of all. */
  readonly gains: Float64Array;
}

interface Split {
  readonly column: number;
  readonly threshold: number;
  readonly gain: number;
}

class Booster {
  private readonly values: Float64Array;
  /** Rows by value, for each column. */
  private readonly orders: readonly Uint32Array[];
  private readonly margin: Float64Array;
  private readonly slope: Float64Array;
  private readonly curve: Float64Array;
  readonly gains: Float64Array;

  constructor(
    private readonly matrix: FeatureMatrix,
    private readonly labels: NonNullable<DetectorSettings['labels']>,
  ) {
    const { rows, columns, data } = matrix;
    this.values = data.map(onFeatureGrid);
    this.orders = Array.from({ length: columns }, (_, column) =>
      Uint32Array.from({ length: rows }, (_unused, row) => row).sort(
        (a, b) => this.values[a * columns + column]! - this.values[b * columns + column]! || a - b,
      ),
    );
    this.margin = new Float64Array(rows);
    this.slope = new Float64Array(rows);
    this.curve = new Float64Array(rows);
    this.gains = new Float64Array(columns);
  }

  grow(): SearchTree {
    const { rows } = this.matrix;
    for (let row = 0; row < rows; row++) {
      const p = sigmoid(this.margin[row]!);
      this.slope[row] = this.labels.weight[row]! * (p - this.labels.target[row]!);
      this.curve[row] = this.labels.weight[row]! * p * (1 - p);
    }
    const tree = emptyTree();
    this.node(tree, new Uint8Array(rows).fill(1), 0);
    const { columns } = this.matrix;
    for (let row = 0; row < rows; row++)
      this.margin[row]! += sumOfLeaves([tree], this.values.subarray(row * columns, (row + 1) * columns));
    return tree;
  }

  private node(tree: SearchTree, isIn: Uint8Array, depth: number): number {
    let [cover, g, h] = [0, 0, 0];
    for (let row = 0; row < isIn.length; row++) {
      if (isIn[row] === 0) continue;
      cover++;
      g += this.slope[row]!;
      h += this.curve[row]!;
    }
    const node = addNode(tree, cover);
    const split = depth < DEPTH ? this.bestSplit(isIn, g, h) : undefined;
    if (!split) {
      tree.value[node] = onGrid(clip((-RATE * g) / (h + RIDGE), -MOST_LEAF, MOST_LEAF), LEAF_STEPS);
      return node;
    }
    const { column, threshold, gain } = split;
    this.gains[column]! += gain;
    tree.feature[node] = column;
    tree.threshold[node] = threshold;
    const side = (isLeft: boolean): Uint8Array =>
      isIn.map((inside, row) =>
        inside === 1 && this.values[row * this.matrix.columns + column]! <= threshold === isLeft ? 1 : 0,
      );
    tree.left[node] = this.node(tree, side(true), depth + 1);
    tree.right[node] = this.node(tree, side(false), depth + 1);
    return node;
  }

  /** The first of equally good splits: columns in their order, thresholds ascending. */
  private bestSplit(isIn: Uint8Array, g: number, h: number): Split | undefined {
    const { columns } = this.matrix;
    const all = (g * g) / (h + RIDGE);
    let best: Split | undefined;
    for (let column = 0; column < columns; column++) {
      let [left, leftCurve] = [0, 0];
      let before = Number.NaN;
      for (const row of this.orders[column]!) {
        if (isIn[row] === 0) continue;
        const value = this.values[row * columns + column]!;
        if (value > before && leftCurve >= MIN_CHILD && h - leftCurve >= MIN_CHILD) {
          const right = g - left;
          const gain = (left * left) / (leftCurve + RIDGE) + (right * right) / (h - leftCurve + RIDGE) - all;
          if (gain > Math.max(MIN_GAIN, best?.gain ?? 0)) {
            // Rounded down, the threshold stays below the value that goes right.
            const threshold = Math.floor(((before + value) / 2) * FEATURE_STEPS) / FEATURE_STEPS;
            best = { column, threshold, gain };
          }
        }
        left += this.slope[row]!;
        leftCurve += this.curve[row]!;
        before = value;
      }
    }
    return best;
  }
}

function train(matrix: FeatureMatrix, _used: readonly number[], _seed: number, { labels }: DetectorSettings): Boosted {
  if (labels?.target.length !== matrix.rows || labels.weight.length !== matrix.rows)
    throw new RangeError('boosted trees learn from answers: give a label for each row');
  const booster = new Booster(matrix, labels);
  const trees = Array.from({ length: TREES }, () => booster.grow());
  const total = booster.gains.reduce((sum, gain) => sum + gain, 0);
  return { trees, gains: total > 0 ? booster.gains.map((gain) => gain / total) : booster.gains };
}

/** Not among the families that are always trained: it needs answers. */
export const boostedTrees: Family<Boosted> = {
  kind: 'boosted-trees',
  version: '1',
  description: ({ labels }) => {
    const weighed = [...(labels?.weight ?? [])];
    const anomalies = weighed.filter((_, i) => labels?.target[i] === 1).length;
    return `Gradient-boosted trees on ${weighed.length} windows, ${anomalies} of them called anomalies by people.`;
  },
  applies: (columns) => (columns.length ? columns.map((_, i) => i) : undefined),
  train,
  write(graph, input, { trees, gains }) {
    graph.constant('gains', [gains.length], gains);
    return emitClassifier(graph, input, trees, 'log_odds');
  },
  read: (model) => ({ trees: readTrees(model), gains: constantOf(model, 'gains').values }),
  oracle: ({ trees }, row) => sumOfLeaves(trees, row),
  // What speaks for an anomaly; what speaks against it explains no alert.
  parts: ({ trees }, row) => contributions(trees, row).values.map((value) => Math.max(0, value)),
};
