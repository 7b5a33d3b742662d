import fc from 'fast-check';
import type { Detector } from '../../../models/detectors/detector.js';
import { permutationImportance, separationOf } from '../../../models/detectors/importance.js';
import { residuals } from '../../conformance/detector.js';

/** Scores a row by a weighted sum of its absolute values. */
function summing(weights: readonly number[]): Detector {
  const columns = weights.map((_, i) => `f${i}`);
  return {
    card: {
      name: 'sum',
      version: '1',
      kind: 'sum',
      schema: 's',
      columns,
      trainedFrom: 0,
      trainedTo: 0,
      exact: true,
      rows: 0,
      description: '',
    },
    score: async ({ rows, columns: width, data }) =>
      Float64Array.from({ length: rows }, (_, i) =>
        weights.reduce((sum, weight, j) => sum + weight * Math.abs(data[i * width + j]!), 0),
      ),
    cost: 1,
    attribute: () => [],
  };
}

/** Usual rows of which the first `right` are far out in column 0. */
function answered(rows: number, right: number) {
  const matrix = residuals(rows, 3, 4, 0);
  for (let i = 0; i < right; i++) matrix.data[i * 3] = 8 + (i % 3);
  return { matrix, isTrue: Array.from({ length: rows }, (_, i) => i < right) };
}

test('what tells true from false is what the detector loses, and what it does not look at costs nothing', async () => {
  const found = (await permutationImportance(summing([1, 1, 0]), answered(60, 20), 3))!;
  expect(found.separation).toBe(1);
  expect(found.features.map(({ feature }) => feature)).toEqual(['f0', 'f1', 'f2']);
  // Dealt anew, the column tells nothing: what is left is the half that chance gets.
  expect(found.features[0]!.drop).toBeGreaterThan(0.3);
  expect(Math.abs(found.features[1]!.drop)).toBeLessThan(0.05);
  expect(found.features[2]!.drop).toBe(0);
});

test('the same seed gives the same figures', async () => {
  const rows = answered(40, 10);
  const detector = summing([1, 2, 1]);
  expect(await permutationImportance(detector, rows, 1)).toEqual(await permutationImportance(detector, rows, 1));
  expect(await permutationImportance(detector, rows, 1)).not.toEqual(await permutationImportance(detector, rows, 2));
});

test.each([
  [30, 4],
  [30, 26],
])('of %d answers %d of which are anomalies nothing is said', async (rows, right) => {
  expect(await permutationImportance(summing([1, 1, 1]), answered(rows, right), 1)).toBeUndefined();
});

test('separation is the share of pairs in the right order, ties counted half', () => {
  const scored = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.boolean()), { minLength: 2, maxLength: 30 });
  fc.assert(
    fc.property(scored, (rows) => {
      const [right, wrong] = [true, false].map((truth) =>
        rows.filter(([, is]) => is === truth).map(([score]) => score),
      );
      fc.pre(right!.length > 0 && wrong!.length > 0);
      const pairs = right!.flatMap((a) => wrong!.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
      const share = pairs.reduce<number>((sum, value) => sum + value, 0) / pairs.length;
      const scores = rows.map(([score]) => score);
      expect(
        separationOf(
          scores,
          rows.map(([, is]) => is),
        ),
      ).toBeCloseTo(share, 12);
    }),
  );
});
