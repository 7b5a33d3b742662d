import fc from 'fast-check';
import { createImputer, fillMethods, type FillMethod } from '../../../models/imputation/methods.js';
import { errorOf, maskedMetrics } from './series.js';

const filledBy = (method: FillMethod, rows: readonly (readonly number[])[]): number[][] => {
  const imputer = createImputer(method, rows[0]!.length);
  return rows.map((row) => imputer.fill(row));
};

test('each rule fills with what it says, and with nothing where nothing came before', () => {
  const rows = [[NaN], [3], [NaN], [1], [8], [NaN]];
  const gaps = (method: FillMethod): number[] => [0, 2, 5].map((at) => filledBy(method, rows)[at]![0]!);
  expect(gaps('none')).toEqual([NaN, NaN, NaN]);
  expect(gaps('zero')).toEqual([0, 0, 0]);
  expect(gaps('last')).toEqual([NaN, 3, 8]);
  expect(gaps('mean')).toEqual([NaN, 3, 4]);
  expect(gaps('median')).toEqual([NaN, 3, 3]);
});

test.each(fillMethods)(
  '%s changes no value that is there, and what it fills does not follow from later rows',
  (method) => {
    const { rows } = maskedMetrics(160, 5, 0.2, 3);
    const whole = filledBy(method, rows);
    whole.forEach((row, i) =>
      row.forEach((value, column) => {
        if (!Number.isNaN(rows[i]![column])) expect(value).toBe(rows[i]![column]);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: rows.length }), (n) => {
        expect(filledBy(method, rows.slice(0, n))).toEqual(whole.slice(0, n));
      }),
      { numRuns: 10 },
    );
  },
);

test('columns that follow from each other are filled: nearer by KNN than by the median, nearer still by MICE', () => {
  const set = maskedMetrics(800, 8, 0.1, 5);
  const error = (method: FillMethod): number => errorOf(set, filledBy(method, set.rows), 400);
  expect(error('knn')).toBeLessThan(0.8 * error('median'));
  expect(error('mice')).toBeLessThan(error('knn'));
});

test('a column that has never had a value stays unknown, and takes nothing from the others', () => {
  const set = maskedMetrics(400, 5, 0.1, 8);
  const wider = set.rows.map((row) => [...row, NaN]);
  const filled = filledBy('mice', wider);
  expect(filled.every((row) => Number.isNaN(row[5]))).toBe(true);
  expect(errorOf(set, filled, 200)).toBeCloseTo(errorOf(set, filledBy('mice', set.rows), 200), 6);
});

test('a column that is constant, one that is empty and one that stands alone break nothing', () => {
  for (const method of fillMethods) {
    const rows = Array.from({ length: 60 }, (_, i) => [7, NaN, i % 9 === 0 ? NaN : i % 4]);
    const last = filledBy(method, rows)[54]!;
    expect(last[0]).toBe(7);
    if (method !== 'zero') expect(last[1]).toBeNaN();
    if (method !== 'none') expect(Number.isFinite(last[2])).toBe(true);
    expect(filledBy(method, [[1], [NaN]])[1]).toHaveLength(1);
  }
});
