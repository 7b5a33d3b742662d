/** Binary search trees as parallel arrays, and their way into and out of an ONNX tree ensemble that sums over them. */
import type { Attribute, Graph } from '../onnx/graph.js';
import type { ReadModel } from '../onnx/read.js';

/** Node 0 is the root, children have higher numbers than their parent. A row goes left where its value is at most the threshold. */
export interface SearchTree {
  /** Column that the node splits on; -1 at a leaf. */
  readonly feature: number[];
  /** On 2^-12. */
  readonly threshold: number[];
  readonly left: number[];
  readonly right: number[];
  /** Training rows that passed the node. */
  readonly cover: number[];
  /** What a leaf adds to the sum, on 2^-8. 0 elsewhere. */
  readonly value: number[];
}

/** Steps in 1 of a leaf's value. */
export const LEAF_STEPS = 256;

/** A tree without nodes. */
export const emptyTree = (): SearchTree => ({
  feature: [],
  threshold: [],
  left: [],
  right: [],
  cover: [],
  value: [],
});

/** Adds a leaf that may become a branch; gives its number. */
export function addNode(tree: SearchTree, cover: number): number {
  tree.left.push(0);
  tree.right.push(0);
  tree.threshold.push(0);
  tree.value.push(0);
  tree.cover.push(cover);
  return tree.feature.push(-1) - 1;
}

/** The leaf of a row. */
export function leafOf(tree: SearchTree, row: Float64Array): number {
  let node = 0;
  while (tree.feature[node]! >= 0)
    node = row[tree.feature[node]!]! <= tree.threshold[node]! ? tree.left[node]! : tree.right[node]!;
  return node;
}

/** Sum of the leaves of a row. */
export const sumOfLeaves = (trees: readonly SearchTree[], row: Float64Array): number =>
  trees.reduce((sum, tree) => sum + tree.value[leafOf(tree, row)]!, 0);

/**
 * Adds the nodes; gives rows x 1, float64.
 *
 * Bits: values and thresholds within 22 bits on 2^-12, exact in float32; leaves on 2^-8 below 2^5, the sum over up to
 * 2048 trees within 24 bits: exact in float32 in any order.
 *
 * @param output name of the sum
 */
export function emitTrees(graph: Graph, input: string, trees: readonly SearchTree[], output: string): string {
  const attributes: Record<string, Attribute> = {
    n_targets: { int: 1 },
    aggregate_function: { text: 'SUM' },
    ...nodesOf(trees),
    ...leavesOf(trees, 'target'),
  };
  const single = graph.node('Cast', [input], { to: { int: 1 } });
  const sum = graph.node('TreeEnsembleRegressor', [single], attributes, { output, domain: 'ai.onnx.ml' });
  return graph.node('Cast', [sum], { to: { int: 11 } });
}

/**
 * The same as a classifier of two classes, which is what other tools know such trees as; gives the sum for the second
 * class, rows x 1, float64: its log odds. Bits as in `emitTrees`.
 */
export function emitClassifier(graph: Graph, input: string, trees: readonly SearchTree[], output: string): string {
  const attributes: Record<string, Attribute> = {
    classlabels_int64s: { ints: [0, 1] },
    post_transform: { text: 'NONE' },
    ...nodesOf(trees),
    ...leavesOf(trees, 'class'),
  };
  const single = graph.node('Cast', [input], { to: { int: 1 } });
  graph.node('TreeEnsembleClassifier', [single], attributes, {
    output: 'label',
    more: [output],
    domain: 'ai.onnx.ml',
  });
  const second = graph.constant('second', [1], BigInt64Array.of(1n));
  const sum = graph.node('Gather', [output, second], { axis: { int: 1 } });
  return graph.node('Cast', [sum], { to: { int: 11 } });
}

function nodesOf(trees: readonly SearchTree[]): Record<string, Attribute> {
  const flat = <T>(values: (tree: SearchTree, index: number) => readonly T[]): T[] => trees.flatMap(values);
  return {
    nodes_treeids: { ints: flat((tree, index) => tree.feature.map(() => index)) },
    nodes_nodeids: { ints: flat((tree) => tree.feature.map((_, node) => node)) },
    nodes_featureids: { ints: flat((tree) => tree.feature.map((feature) => Math.max(0, feature))) },
    nodes_values: { floats: flat((tree) => tree.threshold) },
    nodes_modes: { texts: flat((tree) => tree.feature.map((feature) => (feature < 0 ? 'LEAF' : 'BRANCH_LEQ'))) },
    nodes_truenodeids: { ints: flat((tree) => tree.left) },
    nodes_falsenodeids: { ints: flat((tree) => tree.right) },
    nodes_missing_value_tracks_true: { ints: flat((tree) => tree.feature.map(() => 0)) },
    // ONNX keeps here how often training passed a node; the attribution reads it.
    nodes_hitrates: { floats: flat((tree) => tree.cover) },
  };
}

function leavesOf(trees: readonly SearchTree[], of: 'target' | 'class'): Record<string, Attribute> {
  const leaves = (values: (tree: SearchTree, node: number, index: number) => number): number[] =>
    trees.flatMap((tree, index) =>
      tree.feature.flatMap((feature, node) => (feature < 0 ? [values(tree, node, index)] : [])),
    );
  return {
    [`${of}_treeids`]: { ints: leaves((_tree, _node, index) => index) },
    [`${of}_nodeids`]: { ints: leaves((_tree, node) => node) },
    [`${of}_ids`]: { ints: leaves(() => 0) },
    [`${of}_weights`]: { floats: leaves((tree, node) => tree.value[node]!) },
  };
}

/** The trees of a file that `emitTrees` or `emitClassifier` made. */
export function readTrees(model: ReadModel): SearchTree[] {
  const node = model.graph.nodes.find(({ operator }) => operator.startsWith('TreeEnsemble'));
  const of = node?.operator === 'TreeEnsembleClassifier' ? 'class' : 'target';
  const ints = (name: string): readonly number[] => node?.attributes.get(name)?.ints ?? [];
  const floats = (name: string): readonly number[] => node?.attributes.get(name)?.floats ?? [];
  const ids = ints('nodes_treeids');
  const modes = node?.attributes.get('nodes_modes')?.texts ?? [];
  const trees: SearchTree[] = [];
  for (const id of ids) while (trees.length <= id) trees.push(emptyTree());
  const columns: [keyof SearchTree, readonly number[]][] = [
    ['feature', ints('nodes_featureids').map((feature, i) => (modes[i] === 'LEAF' ? -1 : feature))],
    ['threshold', floats('nodes_values')],
    ['left', ints('nodes_truenodeids')],
    ['right', ints('nodes_falsenodeids')],
    ['cover', floats('nodes_hitrates')],
    ['value', ids.map(() => 0)],
  ];
  for (const [name, values] of columns) ids.forEach((tree, i) => trees[tree]![name].push(values[i]!));
  const weights = floats(`${of}_weights`);
  const owners = ints(`${of}_treeids`);
  ints(`${of}_nodeids`).forEach((at, i) => {
    const tree = trees[owners[i]!];
    if (tree) tree.value[at] = weights[i]!;
  });
  return trees;
}
