/**
 * Seasonal residual: the largest robust z among the residuals against the time of day and week (columns `seasonal_*`),
 * in either direction. Says nothing about features that have no seasonal residual.
 */
import type { Family } from './family.js';
import { emitStandard, fitStandard, readStandard, spread, standardise, type Standard } from './standardise.js';

export const seasonalResidual: Family<Standard> = {
  kind: 'seasonal-residual',
  version: '1',
  description: 'Largest robust z among the residuals against time of day and week.',
  applies(columns) {
    const used = columns.flatMap((name, i) => (name.startsWith('seasonal_') ? [i] : []));
    return used.length ? used : undefined;
  },
  train: (matrix, used) => fitStandard(matrix, used),
  write(graph, input, parameters) {
    const size = graph.node('Abs', [emitStandard(graph, input, parameters)]);
    return graph.node('ReduceMax', [size], { axes: { ints: [1] }, keepdims: { int: 1 } });
  },
  read: readStandard,
  oracle: (parameters, row) => standardise(parameters, row).reduce((largest, z) => Math.max(largest, Math.abs(z)), 0),
  parts(parameters, row) {
    const sizes = standardise(parameters, row).map(Math.abs);
    const largest = Math.max(...sizes);
    return spread(
      parameters,
      sizes.map((size) => (size === largest ? size : 0)),
      row.length,
    );
  },
};
