/**
 * What a built-in detector is made of. Parameters go into an ONNX file and are read back from it, so that the file is
 * the whole model; `oracle` computes in plain TypeScript what the graph computes, to the bit.
 */
import type { Graph } from '../onnx/graph.js';
import type { ReadModel } from '../onnx/read.js';
import type { Settings } from '../registry/settings.js';
import type { FeatureMatrix } from './detector.js';

/** Constants of detectors that a search may change. */
export interface DetectorSettings extends Pick<Settings, 'prototypes' | 'variance'> {
  /** What people answered, for those that learn from it. */
  readonly labels?: RowLabels;
}

/** For each row. */
export interface RowLabels {
  /** 1 for an anomaly, 0 for none. */
  readonly target: Float64Array;
  readonly weight: Float64Array;
}

/** What a detector is trained from. */
export interface Training {
  readonly schema: string;
  readonly columns: readonly string[];
  readonly matrix: FeatureMatrix;
  readonly seed: number;
  /** Event time of the rows, ms since 1970. */
  readonly from: number;
  readonly to: number;
  /** The usual ones where they are not given. */
  readonly settings?: DetectorSettings;
}

/** A kind of detector: how it is trained, written, read and scored. */
export interface Family<P> {
  readonly kind: string;
  /** Raised whenever the same rows would give other scores. */
  readonly version: string;
  readonly description: string | ((settings: DetectorSettings) => string);
  /** Trained only where it is asked for: by what was measured it adds nothing to the ensemble (docs/detection.md). */
  readonly extra?: true;
  /** Which columns it would look at; undefined where it has nothing to say about such features. */
  applies(columns: readonly string[]): readonly number[] | undefined;
  /** Fits parameters on their grids. Deterministic in the matrix and the seed. */
  train(matrix: FeatureMatrix, used: readonly number[], seed: number, settings: DetectorSettings): P;
  /** Adds the nodes that map `input` (rows x columns, on the feature grid) to rows x 1; gives the name of the result. */
  write(graph: Graph, input: string, parameters: P): string;
  /** The parameters of a file that `write` made. */
  read(model: ReadModel): P;
  /** What the graph gives for a row, to the bit. */
  oracle(parameters: P, row: Float64Array): number;
  /** Maps what the graph gives to a score, where ONNX has no exact operator for it. */
  finish?(raw: number, parameters: P): number;
  /** Each column's part in the row's score, not negative, in any unit. */
  parts(parameters: P, row: Float64Array): Float64Array;
}

/** A constant of a model by its name. Throws a TypeError where the file lacks it. */
export function constantOf(
  model: ReadModel,
  name: string,
): { readonly dims: readonly number[]; readonly values: Float64Array } {
  const found = model.graph.constants.get(name);
  if (!found) throw new TypeError(`the model has no constant ${name}`);
  return found;
}

/** Columns of metric series: there the sums of one kind of residual say more than all columns at once (docs/accuracy.md). */
export const areSeries = (columns: readonly string[]): boolean => columns.includes('level_60');
