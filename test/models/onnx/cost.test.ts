import { Graph, type Attribute } from '../../../models/onnx/graph.js';
import { operationsPerRow } from '../../../models/onnx/cost.js';
import { readModel } from '../../../models/onnx/read.js';

/** Cost of a graph over three features. */
function costOf(body: (graph: Graph, x: string) => string): number {
  const graph = new Graph('cost');
  const x = graph.input('x', 'float64', ['n', 3]);
  graph.output(body(graph, x), 'float64', ['n', 1]);
  return operationsPerRow(readModel(graph.bytes({})), 3);
}

const weights = (graph: Graph, rows: number, columns: number): string =>
  graph.constant(`w${rows}x${columns}`, [rows, columns], new Float64Array(rows * columns));

test('a matrix costs its elements, and what follows is as wide as it made the row', () => {
  expect(costOf((graph, x) => graph.node('Abs', [x]))).toBe(3);
  expect(costOf((graph, x) => graph.node('Abs', [graph.node('MatMul', [x, weights(graph, 3, 8)])]))).toBe(24 + 8);
  const turned = { transB: { int: 1 } };
  expect(costOf((graph, x) => graph.node('Abs', [graph.node('Gemm', [x, weights(graph, 8, 3)], turned)]))).toBe(24 + 8);
});

test('what is joined is as wide as its parts, what is reduced costs them all and is one', () => {
  const joined = (graph: Graph, x: string): string => graph.node('Concat', [x, x], { axis: { int: 1 } });
  expect(costOf(joined)).toBe(6);
  expect(costOf((graph, x) => graph.node('Sqrt', [graph.node('ReduceMax', [joined(graph, x)])]))).toBe(6 + 6 + 1);
});

test('trees cost the longest path of each', () => {
  // A tree with three splits in a row, and one that is a leaf.
  const attributes: Record<string, Attribute> = {
    nodes_treeids: { ints: [0, 0, 0, 0, 0, 0, 0, 1] },
    nodes_nodeids: { ints: [0, 1, 2, 3, 4, 5, 6, 0] },
    nodes_modes: { texts: ['BRANCH_LEQ', 'LEAF', 'BRANCH_LEQ', 'LEAF', 'BRANCH_LEQ', 'LEAF', 'LEAF', 'LEAF'] },
    nodes_truenodeids: { ints: [1, 0, 3, 0, 5, 0, 0, 0] },
    nodes_falsenodeids: { ints: [2, 0, 4, 0, 6, 0, 0, 0] },
    n_targets: { int: 1 },
  };
  const trees = (graph: Graph, x: string): string =>
    graph.node('TreeEnsembleRegressor', [x], attributes, { domain: 'ai.onnx.ml' });
  expect(costOf(trees)).toBe(3);
});
