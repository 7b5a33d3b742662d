/** Can two policies be told apart by what they did on the same cases? */

/**
 * Two-sided sign test over the cases on which exactly one of two policies was right.
 *
 * @param better cases on which only the first was right
 * @param worse cases on which only the second was
 * @returns p-value: how likely a split at least as uneven is between equal policies; 1 without any such case
 */
export function signTest(better: number, worse: number): number {
  const cases = better + worse;
  let term = 0.5 ** cases;
  let tail = 0;
  for (let k = 0; k <= Math.min(better, worse); k++) {
    tail += term;
    term *= (cases - k) / (k + 1);
  }
  return Math.min(1, 2 * tail);
}
