/** Fills the missing values of a set of metrics, row by row: what is filled follows from earlier rows alone. */

/** Fills gaps, in the order of time. */
export interface Imputer {
  /**
   * The row without gaps; the row as it came is learnt then.
   *
   * @param row a value a column, NaN where it is missing
   * @returns NaN where nothing is known of a column yet
   */
  fill(row: readonly number[]): number[];
}
