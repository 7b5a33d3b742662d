/**
 * PCA reconstruction error: how far a window lies from the subspace that holds 90 % of the usual variance, that is how
 * much its features disagree with the way in which they usually move together. M.-L. Shyu et al., A Novel Anomaly
 * Detection Scheme Based on Principal Component Classifier (2003); W. Xu et al., Detecting Large-Scale System Problems
 * by Mining Console Logs (SOSP 2009).
 *
 * Bits, for at most 256 columns: z 17 (on 2^-12), components 17 (on 2^-16), so z·V 42 on 2^-28; rounded to 2^-12 below
 * 2^10: 22; times V again 47; the residual is clipped to ±64 on 2^-12 (18), its squares sum within 44. All exact.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { FeatureMatrix } from './detector.js';
import { areSeries, constantOf, type DetectorSettings, type Family } from './family.js';
import { clip, emitGrid, FEATURE_STEPS, onGrid } from './feature-grid.js';
import {
  emitStandard,
  fitStandard,
  readStandard,
  spread,
  standardise,
  TRAINING_LIMIT,
  type Standard,
} from './standardise.js';

const COMPONENT_STEPS = 65536;
const RESIDUAL_LIMIT = 64;
const PROJECTION_LIMIT = 1024;
const MOST_COLUMNS = 256;

/** The subspace. */
export interface Components {
  readonly standard: Standard;
  /** used.length x kept, row-major, on 2^-16. */
  readonly vectors: Float64Array;
  readonly kept: number;
}

/** Second moments of the standardised rows about the medians. */
function moments(matrix: FeatureMatrix, standard: Standard): Matrix {
  const size = standard.used.length;
  const sums = new Float64Array(size * size);
  for (let i = 0; i < matrix.rows; i++) {
    const z = standardise(standard, matrix.data.subarray(i * matrix.columns, (i + 1) * matrix.columns));
    for (let a = 0; a < size; a++) {
      const left = clip(z[a]!, -TRAINING_LIMIT, TRAINING_LIMIT);
      for (let b = a; b < size; b++) sums[a * size + b]! += left * clip(z[b]!, -TRAINING_LIMIT, TRAINING_LIMIT);
    }
  }
  const result = Matrix.zeros(size, size);
  for (let a = 0; a < size; a++) {
    for (let b = a; b < size; b++) {
      result.set(a, b, sums[a * size + b]! / matrix.rows);
      result.set(b, a, sums[a * size + b]! / matrix.rows);
    }
  }
  return result;
}

function train(
  matrix: FeatureMatrix,
  used: readonly number[],
  _seed: number,
  { variance }: DetectorSettings,
): Components {
  const standard = fitStandard(matrix, used);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(moments(matrix, standard), {
    assumeSymmetric: true,
  });
  const order = realEigenvalues.map((_, i) => i).sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!);
  const total = realEigenvalues.reduce((sum, value) => sum + Math.max(0, value), 0);
  let kept = 0;
  for (let held = 0; kept < used.length - 1 && held < variance * total; kept++)
    held += Math.max(0, realEigenvalues[order[kept]!]!);
  kept = Math.max(1, kept);
  const vectors = Float64Array.from({ length: used.length * kept }, (_, i) =>
    onGrid(eigenvectorMatrix.get(Math.floor(i / kept), order[i % kept]!), COMPONENT_STEPS),
  );
  return { standard, vectors, kept };
}

/** What the components cannot explain of a row, by used column. */
function residual({ standard, vectors, kept }: Components, row: Float64Array): Float64Array {
  const z = standardise(standard, row);
  const projected = new Float64Array(kept);
  z.forEach((value, j) => {
    for (let k = 0; k < kept; k++) projected[k]! += value * vectors[j * kept + k]!;
  });
  const rounded = projected.map((value) => onGrid(clip(value, -PROJECTION_LIMIT, PROJECTION_LIMIT), FEATURE_STEPS));
  return z.map((value, j) => {
    let rebuilt = 0;
    for (let k = 0; k < kept; k++) rebuilt += rounded[k]! * vectors[j * kept + k]!;
    return onGrid(clip(value - rebuilt, -RESIDUAL_LIMIT, RESIDUAL_LIMIT), FEATURE_STEPS);
  });
}

/** The detector. */
export const pcaReconstruction: Family<Components> = {
  kind: 'pca-reconstruction',
  version: '1',
  description: 'Distance from the subspace in which the features usually move together.',
  applies: (columns) =>
    columns.length >= 3 && columns.length <= MOST_COLUMNS && !areSeries(columns) ? columns.map((_, i) => i) : undefined,
  train,
  write(graph, input, { standard, vectors, kept }) {
    const size = standard.used.length;
    const z = emitStandard(graph, input, standard);
    const transposed = Float64Array.from(vectors, (_, i) => vectors[(i % size) * kept + Math.floor(i / size)]!);
    const projected = graph.node('MatMul', [z, graph.constant('components', [size, kept], vectors)]);
    const rounded = emitGrid(graph, projected, -PROJECTION_LIMIT, PROJECTION_LIMIT, 'projection');
    const rebuilt = graph.node('MatMul', [rounded, graph.constant('components_transposed', [kept, size], transposed)]);
    const rest = emitGrid(graph, graph.node('Sub', [z, rebuilt]), -RESIDUAL_LIMIT, RESIDUAL_LIMIT, 'residual');
    const ones = graph.constant('ones', [size, 1], new Float64Array(size).fill(1));
    return graph.node('Sqrt', [graph.node('MatMul', [graph.node('Mul', [rest, rest]), ones])]);
  },
  read(model) {
    const { dims, values } = constantOf(model, 'components');
    return { standard: readStandard(model), vectors: values, kept: dims[1]! };
  },
  oracle: (parameters, row) => Math.sqrt(residual(parameters, row).reduce((sum, value) => sum + value * value, 0)),
  parts: (parameters, row) =>
    spread(
      parameters.standard,
      residual(parameters, row).map((value) => value * value),
      row.length,
    ),
};
