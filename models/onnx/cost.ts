/**
 * What a row costs: arithmetic operations and comparisons, counted over the graph. An estimate that is the same on every
 * machine: a time would not be, and belongs into a bench.
 */
import type { ReadModel, ReadNode } from './read.js';

/** Comparisons on the longest way through each tree; nodes stand before their children in what exporters write. */
function pathsOf({ attributes }: ReadNode): number {
  const ints = (name: string): readonly number[] => attributes.get(name)?.ints ?? [];
  const [trees, nodes, left, right] = ['treeids', 'nodeids', 'truenodeids', 'falsenodeids'].map((name) =>
    ints(`nodes_${name}`),
  );
  const modes = attributes.get('nodes_modes')?.texts ?? [];
  const depths = new Map<string, number>();
  const longest = new Map<number, number>();
  trees!.forEach((tree, i) => {
    const depth = depths.get(`${tree} ${nodes![i]}`) ?? 0;
    longest.set(tree, Math.max(longest.get(tree) ?? 0, depth));
    if (modes[i] === 'LEAF') return;
    for (const child of [left![i], right![i]]) depths.set(`${tree} ${child}`, depth + 1);
  });
  return [...longest.values()].reduce((sum, depth) => sum + depth, 0);
}

/**
 * Operations that the graph does for a row of `columns` features: a multiplication with a matrix counts its elements, a
 * tree its longest path, everything else one for each number that it makes or takes.
 */
export function operationsPerRow({ graph }: ReadModel, columns: number): number {
  /** Numbers a row in each value. */
  const widths = new Map(graph.inputs.map(({ name }) => [name, columns]));
  let total = 0;
  for (const node of graph.nodes) {
    const { operator, inputs, outputs, attributes } = node;
    const own = inputs.filter((name) => widths.has(name)).map((name) => widths.get(name)!);
    const matrix = graph.constants.get(inputs[1] ?? '');
    let width = Math.max(1, ...own);
    let cost = width;
    if ((operator === 'MatMul' || operator === 'Gemm') && matrix?.dims.length === 2) {
      const [rows, across] = matrix.dims;
      width = attributes.get('transB')?.ints[0] === 1 ? rows! : across!;
      cost = rows! * across!;
    } else if (operator.startsWith('TreeEnsemble')) {
      width = attributes.get('n_targets')?.ints[0] ?? 1;
      cost = pathsOf(node);
    } else if (operator === 'Gather' && matrix) cost = width = Math.max(1, matrix.stored);
    else if (operator === 'Concat') cost = width = own.reduce((sum, each) => sum + each, 0);
    else if (operator.startsWith('Reduce')) width = 1;
    total += cost;
    for (const name of outputs) widths.set(name, width);
  }
  return total;
}
