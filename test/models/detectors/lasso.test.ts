/** The L1 regression is at its optimum: the conditions of Karush, Kuhn and Tucker hold. */
import { lasso, slopes, standardised } from '../../../models/detectors/lasso.js';
import { reductionOf } from '../../../offline/importance/reduction.js';
import { residuals } from '../../conformance/detector.js';

const columns = 8;
const matrix = residuals(300, columns, 12, 0);
const isTrue = Array.from(
  { length: matrix.rows },
  (_, i) => matrix.data[i * columns + 3]! + 0.3 * matrix.data[i * columns]! > 0.5,
);
const names = Array.from({ length: columns }, (_, i) => `feature_${i}`);

test('where a coefficient is 0 the slope is within the penalty, elsewhere it equals it', () => {
  const { coefficients, intercept, penalty } = lasso({ matrix, isTrue });
  const gradient = slopes(standardised(matrix), isTrue, columns, coefficients, intercept);
  coefficients.forEach((value, j) => {
    if (value === 0) expect(Math.abs(gradient[j]!)).toBeLessThanOrEqual(penalty + 1e-6);
    else expect(gradient[j]).toBeCloseTo(-Math.sign(value) * penalty, 5);
  });
  expect(gradient[columns]).toBeCloseTo(0, 5);
  expect(coefficients[3]).toBeGreaterThan(coefficients[0]!);
  expect([...coefficients].filter((value) => value === 0).length).toBeGreaterThanOrEqual(4);
});

test('a feature that nobody needs can go, and so can one that says what another says', () => {
  const data = matrix.data.slice();
  for (let i = 0; i < matrix.rows; i++) data[i * columns + 7] = 2 * data[i * columns + 3]!;
  const found = reductionOf(names, { matrix: { ...matrix, data }, isTrue }, [], undefined)!;
  expect(found.twins).toEqual([{ feature: 'feature_7', as: 'feature_3', correlation: expect.closeTo(1, 6) }]);
  expect(found.canGo).toContain('feature_7');
  expect(found.canGo).not.toContain('feature_3');
  expect(found.components.for99).toBe(7);
  expect(reductionOf(names, { matrix, isTrue: isTrue.map(() => false) }, [], undefined)).toBeUndefined();
});
