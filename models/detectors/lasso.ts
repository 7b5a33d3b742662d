/**
 * Logistic regression with an L1 penalty on what people answered: which few features tell anomalies from false alerts, the
 * others at exactly 0. R. Tibshirani, Regression Shrinkage and Selection via the Lasso (JRSS B 1996); by accelerated
 * proximal gradient steps (A. Beck, M. Teboulle, SIAM Journal on Imaging Sciences 2009).
 */
import { sigmoid } from '../policies/firing.js';
import type { AnsweredRows } from './importance.js';

/** Share of the least penalty at which all coefficients are 0. */
const PENALTY = 0.15;
const STEPS = 3000;

/** A fitted regression. */
export interface Lasso {
  /** Log odds by a standard deviation of each column; 0 where it is not needed. */
  readonly coefficients: Float64Array;
  readonly intercept: number;
  readonly penalty: number;
}

/** Columns as they are fitted: with mean 0 and standard deviation 1, a constant one with 0 throughout. */
export function standardised({ rows, columns, data }: AnsweredRows['matrix']): Float64Array {
  const z = new Float64Array(data.length);
  for (let j = 0; j < columns; j++) {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < rows; i++) sum += data[i * columns + j]!;
    const mean = sum / rows;
    for (let i = 0; i < rows; i++) squares += (data[i * columns + j]! - mean) ** 2;
    const sd = Math.sqrt(squares / rows);
    if (sd > 0) for (let i = 0; i < rows; i++) z[i * columns + j] = (data[i * columns + j]! - mean) / sd;
  }
  return z;
}

/** Mean gradient of the log loss: by coefficient, and last by intercept. */
export function slopes(
  z: Float64Array,
  isTrue: readonly boolean[],
  columns: number,
  coefficients: Float64Array,
  intercept: number,
): Float64Array {
  const gradient = new Float64Array(columns + 1);
  isTrue.forEach((truth, i) => {
    let sum = intercept;
    for (let j = 0; j < columns; j++) sum += coefficients[j]! * z[i * columns + j]!;
    const miss = (sigmoid(sum) - (truth ? 1 : 0)) / isTrue.length;
    for (let j = 0; j < columns; j++) gradient[j]! += miss * z[i * columns + j]!;
    gradient[columns]! += miss;
  });
  return gradient;
}

/** Fits answers of both kinds. */
export function lasso({ matrix, isTrue }: AnsweredRows): Lasso {
  const { rows, columns } = matrix;
  const z = standardised(matrix);
  const share = isTrue.filter(Boolean).length / rows;
  // All coefficients 0, the intercept at the share of anomalies.
  const none = new Float64Array(columns);
  isTrue.forEach((truth, i) => {
    for (let j = 0; j < columns; j++) none[j]! += ((share - (truth ? 1 : 0)) * z[i * columns + j]!) / rows;
  });
  const penalty = PENALTY * none.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let norm = 1;
  for (const value of z) norm += (value * value) / rows;
  const step = 4 / norm;
  let [at, ahead] = [new Float64Array(columns + 1), new Float64Array(columns + 1)];
  let pace = 1;
  for (let i = 0; i < STEPS; i++) {
    const gradient = slopes(z, isTrue, columns, ahead.subarray(0, columns), ahead[columns]!);
    const next = ahead.map((value, j) => {
      const moved = value - step * gradient[j]!;
      return j === columns ? moved : Math.sign(moved) * Math.max(0, Math.abs(moved) - step * penalty);
    });
    const faster = (1 + Math.sqrt(1 + 4 * pace * pace)) / 2;
    const before = at;
    ahead = next.map((value, j) => value + ((pace - 1) / faster) * (value - before[j]!));
    [at, pace] = [next, faster];
  }
  return { coefficients: at.slice(0, columns), intercept: at[columns]!, penalty };
}
