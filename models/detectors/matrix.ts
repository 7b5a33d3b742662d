/** Rows as detectors take them. */
import type { FeatureMatrix } from './detector.js';

/** Vectors of `columns` values each, one row behind the other. */
export function matrixOf(vectors: readonly Float64Array[], columns: number): FeatureMatrix {
  const data = new Float64Array(vectors.length * columns);
  vectors.forEach((vector, i) => data.set(vector, i * columns));
  return { rows: vectors.length, columns, data };
}
