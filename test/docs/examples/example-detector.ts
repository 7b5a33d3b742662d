/** Largest z: how far the feature that stands out most is from its usual value, in either direction. */
import type { Family } from '../../../models/detectors/family.js';
import {
  emitStandard,
  fitStandard,
  readStandard,
  spread,
  standardise,
  type Standard,
} from '../../../models/detectors/standardise.js';

export const largestZ: Family<Standard> = {
  kind: 'largest-z',
  version: '1',
  description: 'Largest robust z of any feature.',
  applies: (columns) => (columns.length > 0 ? columns.map((_, i) => i) : undefined),
  train: (matrix, used) => fitStandard(matrix, used),
  // The ONNX graph, on grids where every step is exact...
  write(graph, input, parameters) {
    const size = graph.node('Abs', [emitStandard(graph, input, parameters)]);
    return graph.node('ReduceMax', [size], { axes: { ints: [1] }, keepdims: { int: 1 } });
  },
  read: readStandard,
  // ...and the same in TypeScript, to the bit.
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
