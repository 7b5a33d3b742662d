/** Missing values, beside scikit-learn's on the same gaps. */
import { createImputer } from '../../models/imputation/methods.js';
import { errorOf, maskedMetrics } from '../models/imputation/series.js';
import { runPython, testWith } from './services/python.js';

testWith('feast')('KNN and MICE are at most 5 % further from the truth than those of scikit-learn', async () => {
  for (const seed of [1, 2, 3]) {
    const set = maskedMetrics(1200, 10, 0.1, seed);
    const half = set.rows.length / 2;
    const input = set.rows.map((row) => row.map((value) => (Number.isNaN(value) ? null : value)));
    const theirs = (await runPython('feast', 'test/integration/services/impute_sklearn.py', [], input)) as Record<
      'knn' | 'mice',
      number[][]
    >;
    for (const method of ['knn', 'mice'] as const) {
      const imputer = createImputer(method, 10);
      const ours = errorOf(
        set,
        set.rows.map((row) => imputer.fill(row)),
        half,
      );
      const reference = errorOf(set, [...set.rows.slice(0, half), ...theirs[method]], half);
      expect(ours).toBeLessThanOrEqual(1.05 * reference);
    }
  }
});
