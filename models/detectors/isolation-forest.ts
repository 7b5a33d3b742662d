/**
 * Isolation forest: rows that random splits isolate early are anomalous. F. T. Liu, K. M. Ting, Z.-H. Zhou, Isolation
 * Forest (ICDM 2008). The graph gives the sum of path lengths over the trees, which TypeScript maps to the paper's score
 * 2^(-mean/c), in (0, 1).
 *
 * Bits: values and thresholds within 22 bits on 2^-12, exact in float32; leaf weights on 2^-8 below 2^5, the sum over
 * 64 trees within 19 bits, exact in float32 in any order.
 */
import { exp } from '../exact/exp.js';
import type { Attribute, Graph } from '../onnx/graph.js';
import type { ReadModel } from '../onnx/read.js';
import type { FeatureMatrix } from './detector.js';
import type { Family } from './family.js';
import { expectedLengths, growTree, leafOf, meanPath, type IsolationTree } from './isolation-tree.js';
import { Seeded } from './seeded.js';

export const TREES = 64;
export const SAMPLE = 256;

export interface Forest {
  readonly trees: readonly IsolationTree[];
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

function write(graph: Graph, input: string, { trees }: Forest): string {
  const inner = (tree: IsolationTree, of: readonly number[]): number[] =>
    of.map((value, node) => (tree.feature[node] < 0 ? 0 : value));
  const flat = (values: (tree: IsolationTree, index: number) => readonly number[]): number[] => trees.flatMap(values);
  const leaves = (values: (tree: IsolationTree, node: number, index: number) => number): number[] =>
    trees.flatMap((tree, index) =>
      tree.feature.flatMap((feature, node) => (feature < 0 ? [values(tree, node, index)] : [])),
    );
  const attributes: Record<string, Attribute> = {
    n_targets: { int: 1 },
    aggregate_function: { text: 'SUM' },
    nodes_treeids: { ints: flat((tree, index) => tree.feature.map(() => index)) },
    nodes_nodeids: { ints: flat((tree) => tree.feature.map((_, node) => node)) },
    nodes_featureids: { ints: flat((tree) => inner(tree, tree.feature)) },
    nodes_values: { floats: flat((tree) => tree.threshold) },
    nodes_modes: {
      texts: trees.flatMap((tree) => tree.feature.map((feature) => (feature < 0 ? 'LEAF' : 'BRANCH_LEQ'))),
    },
    nodes_truenodeids: { ints: flat((tree) => tree.left) },
    nodes_falsenodeids: { ints: flat((tree) => tree.right) },
    nodes_missing_value_tracks_true: { ints: flat((tree) => tree.feature.map(() => 0)) },
    // ONNX keeps here how often training passed a node; the attribution reads it.
    nodes_hitrates: { floats: flat((tree) => tree.cover) },
    target_treeids: { ints: leaves((_tree, _node, index) => index) },
    target_nodeids: { ints: leaves((_tree, node) => node) },
    target_ids: { ints: leaves(() => 0) },
    target_weights: { floats: leaves((tree, node) => tree.length[node]) },
  };
  const single = graph.node('Cast', [input], { to: { int: 1 } });
  const lengths = graph.node('TreeEnsembleRegressor', [single], attributes, {
    output: 'path_length',
    domain: 'ai.onnx.ml',
  });
  return graph.node('Cast', [lengths], { to: { int: 11 } });
}

function read(model: ReadModel): Forest {
  const node = model.graph.nodes.find(({ operator }) => operator === 'TreeEnsembleRegressor');
  const ints = (name: string): readonly number[] => node?.attributes.get(name)?.ints ?? [];
  const floats = (name: string): readonly number[] => node?.attributes.get(name)?.floats ?? [];
  const ids = ints('nodes_treeids');
  const modes = node?.attributes.get('nodes_modes')?.texts ?? [];
  const trees = Array.from({ length: TREES }, (): IsolationTree => ({
    feature: [],
    threshold: [],
    left: [],
    right: [],
    cover: [],
    length: [],
  }));
  const columns: [keyof IsolationTree, readonly number[]][] = [
    ['feature', ints('nodes_featureids').map((feature, i) => (modes[i] === 'LEAF' ? -1 : feature))],
    ['threshold', floats('nodes_values')],
    ['left', ints('nodes_truenodeids')],
    ['right', ints('nodes_falsenodeids')],
    ['cover', floats('nodes_hitrates')],
    ['length', ids.map(() => 0)],
  ];
  for (const [name, values] of columns) ids.forEach((tree, i) => trees[tree]?.[name].push(values[i]));
  const weights = floats('target_weights');
  const owners = ints('target_treeids');
  ints('target_nodeids').forEach((at, i) => (trees[owners[i]].length[at] = weights[i]));
  return { trees };
}

/** Credit of each column: how much shorter its splits made the path than was to be expected at that node. */
function parts({ trees }: Forest, row: Float64Array): Float64Array {
  const credit = new Float64Array(row.length);
  for (const tree of trees) {
    const expected = expectedLengths(tree);
    let node = 0;
    while (tree.feature[node] >= 0) {
      const column = tree.feature[node];
      const next = row[column] <= tree.threshold[node] ? tree.left[node] : tree.right[node];
      credit[column] += expected[node] - expected[next];
      node = next;
    }
  }
  return credit.map((value) => Math.max(0, value));
}

export const isolationForest: Family<Forest> = {
  kind: 'isolation-forest',
  version: '1',
  description: `Isolation forest of ${TREES} trees over ${SAMPLE} rows each.`,
  applies: (columns) => (columns.length ? columns.map((_, i) => i) : undefined),
  train,
  write,
  read,
  oracle: ({ trees }, row) => trees.reduce((sum, tree) => sum + tree.length[leafOf(tree, row)], 0),
  finish(raw, { trees }) {
    const sample = trees[0].cover[0];
    return sample < 2 ? 0 : exp((-Math.LN2 * raw) / (trees.length * meanPath(sample)));
  },
  parts,
};
