/**
 * Multiple imputation by chained equations, one draw of it (van Buuren, 2011): each column is regressed on the others, in
 * rounds, over the rows of the past; a row is filled by the same equations in the same order. Ridge regression whose
 * strength is chosen by the data stands where scikit-learn's `IterativeImputer` has its Bayesian ridge.
 */
import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import type { Imputer } from './imputer.js';

const rounds = 8;
/** Earlier rows that are kept. */
const maxRows = 2000;
/** The equations are fitted again when the past has grown by this share. */
const growth = 0.25;
/** Rows before there are equations: for each column, and at least. */
const rowsOfColumn = 3;
const minRows = 20;
/** Share of a column's variance that is added to its diagonal: columns that say the same can be told apart. */
const ridge = 1e-6;

/** `value of column = intercept + sum(weights x others)`. */
interface Equation {
  readonly column: number;
  readonly intercept: number;
  /** A weight a column; that of its own is zero. */
  readonly weights: readonly number[];
}

/** An imputer by chained equations. */
export class Chained implements Imputer {
  private readonly rows: (readonly number[])[] = [];
  private next = 0;
  private seen = 0;
  private fitAt: number;
  private means: readonly number[] = [];
  private equations: readonly Equation[] = [];

  constructor(private readonly columns: number) {
    this.fitAt = Math.max(minRows, rowsOfColumn * columns);
  }

  fill(row: readonly number[]): number[] {
    const filled = row.some(Number.isNaN) ? this.filled(row) : [...row];
    this.rows[this.next] = [...row];
    this.next = (this.next + 1) % maxRows;
    if (++this.seen >= this.fitAt) {
      this.fit();
      this.fitAt = Math.ceil(this.seen * (1 + growth));
    }
    return filled;
  }

  private filled(row: readonly number[]): number[] {
    const means = this.equations.length > 0 ? this.means : meansOf(this.rows, this.columns);
    const filled = row.map((value, column) => (Number.isNaN(value) ? means[column]! : value));
    const known = filled.map((value) => (Number.isNaN(value) ? 0 : value));
    for (const { column, intercept, weights } of this.equations)
      if (Number.isNaN(row[column])) filled[column] = known[column] = intercept + dot(weights, known);
    return filled;
  }

  private fit(): void {
    this.means = meansOf(this.rows, this.columns);
    // Of a column without a value nothing can be learnt: it stands for nothing in the equations of others.
    const usual = this.means.map((mean) => (Number.isNaN(mean) ? 0 : mean));
    const rows = this.rows.map((row) => row.map((value, column) => (Number.isNaN(value) ? usual[column]! : value)));
    const missing = (column: number): number => this.rows.filter((row) => Number.isNaN(row[column])).length;
    const order = Array.from({ length: this.columns }, (_, column) => column)
      .filter((column) => !Number.isNaN(this.means[column]))
      .sort((a, b) => missing(a) - missing(b) || a - b);
    const equations: Equation[] = [];
    for (let round = 0; round < rounds; round++)
      for (const column of order) {
        const known = rows.filter((_, at) => !Number.isNaN(this.rows[at]![column]!));
        const equation = regress(known, column, this.columns);
        equations.push(equation);
        rows.forEach((row, at) => {
          if (Number.isNaN(this.rows[at]![column])) row[column] = equation.intercept + dot(equation.weights, row);
        });
      }
    this.equations = equations;
  }
}

function meansOf(rows: readonly (readonly number[])[], columns: number): number[] {
  return Array.from({ length: columns }, (_, column) => {
    let [sum, count] = [0, 0];
    for (const row of rows) {
      if (Number.isNaN(row[column])) continue;
      sum += row[column]!;
      count++;
    }
    return count === 0 ? NaN : sum / count;
  });
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** Least squares of one column on the others, over rows without gaps. */
function regress(rows: readonly (readonly number[])[], column: number, columns: number): Equation {
  const others = Array.from({ length: columns }, (_, i) => i).filter((i) => i !== column);
  const means = meansOf(rows, columns);
  const weights = new Array<number>(columns).fill(0);
  if (others.length === 0) return { column, intercept: means[column]!, weights };
  const products = Matrix.zeros(others.length, others.length);
  const target = Matrix.zeros(others.length, 1);
  for (const row of rows)
    others.forEach((a, i) => {
      const centred = row[a]! - means[a]!;
      target.set(i, 0, target.get(i, 0) + centred * (row[column]! - means[column]!));
      for (let j = 0; j <= i; j++)
        products.set(i, j, products.get(i, j) + centred * (row[others[j]!]! - means[others[j]!]!));
    });
  for (let i = 0; i < others.length; i++) {
    for (let j = 0; j < i; j++) products.set(j, i, products.get(i, j));
    // A constant column has weight zero.
    products.set(i, i, products.get(i, i) * (1 + ridge) || 1);
  }
  const solved = new CholeskyDecomposition(products).solve(target);
  others.forEach((other, i) => (weights[other] = solved.get(i, 0)));
  return { column, intercept: means[column]! - dot(weights, means), weights };
}
