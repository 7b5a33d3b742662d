/**
 * The mean of the nearest earlier rows that have the value. Distances are over the columns that both rows have, scaled up to
 * all of them, as scikit-learn's `KNNImputer` has it (Troyanskaya et al., 2001).
 */
import type { Imputer } from './imputer.js';

const neighbours = 5;
/** Earlier rows that are kept. */
const maxRows = 2000;

/** An imputer by nearest rows. */
export class Nearest implements Imputer {
  /** The newest rows, in a ring. */
  private readonly rows: (readonly number[])[] = [];
  private next = 0;
  private readonly sums: number[];
  private readonly counts: number[];

  constructor(columns: number) {
    this.sums = new Array<number>(columns).fill(0);
    this.counts = new Array<number>(columns).fill(0);
  }

  fill(row: readonly number[]): number[] {
    const filled = row.some(Number.isNaN) ? this.filled(row) : [...row];
    this.rows[this.next] = [...row];
    this.next = (this.next + 1) % maxRows;
    row.forEach((value, column) => {
      if (Number.isNaN(value)) return;
      this.sums[column]! += value;
      this.counts[column]!++;
    });
    return filled;
  }

  private filled(row: readonly number[]): number[] {
    const near = this.rows
      .map((other, at) => ({ other, at, distance: distanceOf(row, other) }))
      .filter(({ distance }) => !Number.isNaN(distance))
      // Equal distances in the order of their place, so that the same rows give the same bits.
      .sort((a, b) => a.distance - b.distance || a.at - b.at);
    return row.map((value, column) => {
      if (!Number.isNaN(value)) return value;
      let [sum, count] = [0, 0];
      for (const { other } of near) {
        if (Number.isNaN(other[column])) continue;
        sum += other[column]!;
        if (++count === neighbours) break;
      }
      if (count > 0) return sum / count;
      return this.counts[column] === 0 ? NaN : this.sums[column]! / this.counts[column]!;
    });
  }
}

/** Square of it; NaN where the rows have no column in common. */
function distanceOf(a: readonly number[], b: readonly number[]): number {
  let [sum, count] = [0, 0];
  for (let column = 0; column < a.length; column++) {
    const difference = a[column]! - b[column]!;
    if (Number.isNaN(difference)) continue;
    sum += difference * difference;
    count++;
  }
  return count === 0 ? NaN : (sum * a.length) / count;
}
