/**
 * The common first step of most detectors: chosen columns, centred at their median, divided by a robust scale, clipped.
 *
 * Bits: |x - centre| < 2^10 on 2^-12, weight < 2^3 on 2^-20, product on 2^-32 within 46 bits: exact. The result is
 * clipped to ±32 and put back on 2^-12 (17 bits).
 */
import type { Graph } from '../onnx/graph.js';
import type { ReadModel } from '../onnx/read.js';
import type { FeatureMatrix } from './detector.js';
import { constantOf } from './family.js';
import { clip, emitGrid, FEATURE_STEPS, onFeatureGrid, onGrid } from './feature-grid.js';

/** Standardised values are clipped here: beyond, more says nothing. */
export const Z_LIMIT = 32;
/** Where shapes are fitted, values are clipped closer than where they are scored: a few outliers must not be the shape. */
export const TRAINING_LIMIT = 6;
const WEIGHT_STEPS = 1048576;
/** Smallest scale: rows are residuals whose usual spread is about 1, and weights must stay below 8. */
const SMALLEST_SCALE = 0.126;

/** Centres and scales of columns. */
export interface Standard {
  /** Columns of the matrix. */
  readonly used: readonly number[];
  /** A chosen column's centre, on 2^-12. */
  readonly centre: Float64Array;
  /** One over a chosen column's scale, on 2^-20, below 8. */
  readonly weight: Float64Array;
  /** Lower clip: -32, or 0 where only large values are anomalous. */
  readonly low: number;
}

/** Value of a sorted array at a fraction in [0, 1], lower neighbour. */
const quantile = (sorted: Float64Array, fraction: number): number =>
  sorted[Math.floor(fraction * (sorted.length - 1))]!;

/** Consistency factors that make each measure estimate the standard deviation of a normal distribution. */
const MAD_TO_SIGMA = 1.4826;
const CENTRAL_98_IN_SIGMAS = 4.653;

/** Median and scale of the chosen columns: the larger of the median absolute deviation and the central 98 %. */
export function fitStandard(matrix: FeatureMatrix, used: readonly number[], low = -Z_LIMIT): Standard {
  const centre = new Float64Array(used.length);
  const weight = new Float64Array(used.length);
  used.forEach((column, j) => {
    const values = Float64Array.from({ length: matrix.rows }, (_, i) =>
      onFeatureGrid(matrix.data[i * matrix.columns + column]!),
    ).sort();
    const median = quantile(values, 0.5);
    const deviations = values.map((value) => Math.abs(value - median)).sort();
    const scale = Math.max(
      MAD_TO_SIGMA * quantile(deviations, 0.5),
      (quantile(values, 0.99) - quantile(values, 0.01)) / CENTRAL_98_IN_SIGMAS,
      SMALLEST_SCALE,
    );
    centre[j] = median;
    weight[j] = onGrid(1 / scale, WEIGHT_STEPS);
  });
  return { used, centre, weight, low };
}

/** Adds the nodes; gives rows x used.length. */
export function emitStandard(graph: Graph, input: string, { used, centre, weight, low }: Standard): string {
  const columns = graph.node(
    'Gather',
    [input, graph.constant('used', [used.length], BigInt64Array.from(used.map(BigInt)))],
    { axis: { int: 1 } },
  );
  const centred = graph.node('Sub', [columns, graph.constant('centre', [used.length], centre)]);
  const scaled = graph.node('Mul', [centred, graph.constant('weight', [used.length], weight)]);
  return emitGrid(graph, scaled, low, Z_LIMIT, 'z');
}

/** Reads them back from a model. */
export function readStandard(model: ReadModel): Standard {
  return {
    used: [...constantOf(model, 'used').values],
    centre: constantOf(model, 'centre').values,
    weight: constantOf(model, 'weight').values,
    low: constantOf(model, 'z_low').values[0]!,
  };
}

/** The same of one row in TypeScript. */
export function standardise({ used, centre, weight, low }: Standard, row: Float64Array): Float64Array {
  return Float64Array.from(used, (column, j) =>
    onGrid(clip((row[column]! - centre[j]!) * weight[j]!, low, Z_LIMIT), FEATURE_STEPS),
  );
}

/** Values of the used columns spread over all columns of the row. */
export function spread({ used }: Standard, values: Float64Array, columns: number): Float64Array {
  const parts = new Float64Array(columns);
  used.forEach((column, j) => (parts[column] = values[j]!));
  return parts;
}
