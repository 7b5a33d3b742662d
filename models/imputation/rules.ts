/** Stated rules for a missing value: the last one, the median or the mean of the past, zero, or none. */
import type { Imputer } from './imputer.js';

/** Ways to fill a gap from its own column alone. */
export const fillRules = ['none', 'zero', 'last', 'mean', 'median'] as const;
/** One of `fillRules`. */
export type FillRule = (typeof fillRules)[number];

/** Values of a column that a median is taken of. */
const kept = 1001;

interface ColumnPast {
  last: number;
  sum: number;
  count: number;
  /** The newest ones, in a ring. */
  readonly newest: number[];
}

/** An imputer by one of the rules. */
export class ByRule implements Imputer {
  private readonly pasts: readonly ColumnPast[];

  constructor(
    private readonly rule: FillRule,
    columns: number,
  ) {
    this.pasts = Array.from({ length: columns }, () => ({ last: NaN, sum: 0, count: 0, newest: [] }));
  }

  fill(row: readonly number[]): number[] {
    const filled = row.map((value, column) => (Number.isNaN(value) ? this.usual(this.pasts[column]!) : value));
    row.forEach((value, column) => {
      if (Number.isNaN(value)) return;
      const past = this.pasts[column]!;
      past.newest[past.count % kept] = past.last = value;
      past.sum += value;
      past.count++;
    });
    return filled;
  }

  private usual({ last, sum, count, newest }: ColumnPast): number {
    switch (this.rule) {
      case 'none':
        return NaN;
      case 'zero':
        return 0;
      case 'last':
        return last;
      case 'mean':
        return count === 0 ? NaN : sum / count;
      case 'median':
        return medianOf(newest);
    }
  }
}

function medianOf(values: readonly number[]): number {
  if (values.length === 0) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
