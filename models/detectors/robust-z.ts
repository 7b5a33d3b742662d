/**
 * Robust z: the length of the vector of clipped robust z-values, sqrt(sum z²). Finds windows in which several features
 * stand out a little or one stands out much. B. Iglewicz, D. Hoaglin, How to Detect and Handle Outliers (1993).
 *
 * Bits: z² within 34 bits on 2^-24; a sum of up to 2^12 columns stays below 53. Sqrt is correctly rounded by IEEE 754.
 */
import { areSeries, type Family } from './family.js';
import { emitStandard, fitStandard, readStandard, spread, standardise, type Standard } from './standardise.js';

/** The detector. */
export const robustZ: Family<Standard> = {
  kind: 'robust-z',
  version: '1',
  description: 'Length of the vector of robust z-values over all features.',
  applies: (columns) => (columns.length && !areSeries(columns) ? columns.map((_, i) => i) : undefined),
  train: (matrix, used) => fitStandard(matrix, used),
  write(graph, input, parameters) {
    const z = emitStandard(graph, input, parameters);
    const ones = graph.constant('ones', [parameters.used.length, 1], new Float64Array(parameters.used.length).fill(1));
    return graph.node('Sqrt', [graph.node('MatMul', [graph.node('Mul', [z, z]), ones])]);
  },
  read: readStandard,
  oracle: (parameters, row) => Math.sqrt(standardise(parameters, row).reduce((sum, z) => sum + z * z, 0)),
  parts: (parameters, row) =>
    spread(
      parameters,
      standardise(parameters, row).map((z) => z * z),
      row.length,
    ),
};
