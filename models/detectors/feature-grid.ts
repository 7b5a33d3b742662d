/**
 * The grid of feature values: steps of 2^-12, clipped to ±512. Numbers on power-of-two grids add and multiply without
 * rounding while their bits fit in 53, so that no order of summation, batch size or processor can change a result.
 */
import type { Graph } from '../onnx/graph.js';
import { ScoringError } from '../onnx/session.js';
import type { FeatureMatrix } from './detector.js';

/** The largest feature value, up and down. */
export const FEATURE_LIMIT = 512;
/** Steps in 1. */
export const FEATURE_STEPS = 4096;

/** 1.5 * 2^52: adding it pushes the fraction out of the mantissa. */
const PUSH = 6755399441055744;

/** Rounds half to even, as ONNX's Round does; for |x| below 2^51. */
export const roundEven = (x: number): number => x + PUSH - PUSH;

/** The nearest multiple of 1/steps; steps is a power of two. */
export const onGrid = (x: number, steps: number): number => roundEven(x * steps) / steps;

/** `x` within `[low, high]`; NaN stays NaN. */
export const clip = (x: number, low: number, high: number): number => (x < low ? low : x > high ? high : x);

/** A feature value as detectors see it. NaN stays NaN. */
export const onFeatureGrid = (x: number): number => onGrid(clip(x, -FEATURE_LIMIT, FEATURE_LIMIT), FEATURE_STEPS);

/** Adds nodes that clip `value` to [low, high] and put it on the grid of 1/FEATURE_STEPS. */
export function emitGrid(graph: Graph, value: string, low: number, high: number, prefix: string): string {
  const clipped = graph.node('Clip', [value, graph.scalar(`${prefix}_low`, low), graph.scalar(`${prefix}_high`, high)]);
  const steps = graph.node('Round', [graph.node('Mul', [clipped, graph.scalar(`${prefix}_steps`, FEATURE_STEPS)])]);
  return graph.node('Mul', [steps, graph.scalar(`${prefix}_step`, 1 / FEATURE_STEPS)]);
}

/**
 * Refuses what no detector may score.
 *
 * @throws ScoringError where the shape does not fit or a value is NaN, naming row and feature
 */
export function checkMatrix(matrix: FeatureMatrix, columns: readonly string[], model: string): void {
  if (matrix.columns !== columns.length || matrix.data.length !== matrix.rows * matrix.columns) {
    throw new ScoringError(
      `model ${model} takes ${columns.length} features; got ${matrix.rows} rows of ${matrix.columns} in ${matrix.data.length} numbers`,
    );
  }
  const { data } = matrix;
  let nan = 0;
  // A closure a number would cost more than many a model.
  while (nan < data.length && !Number.isNaN(data[nan])) nan++;
  if (nan < data.length) {
    throw new ScoringError(
      `row ${Math.floor(nan / matrix.columns)}: the feature ${columns[nan % matrix.columns]} is not a number; features without a value are 0, the baseline`,
    );
  }
}
