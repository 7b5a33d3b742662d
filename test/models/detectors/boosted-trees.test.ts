/** Trees that learn from answers: one ONNX classifier with the same bits everywhere, and Shapley values that add up to its score. */
import { boostedTrees, type Boosted } from '../../../models/detectors/boosted-trees.js';
import { openBuiltIn, trainBuiltIn, type BuiltIn } from '../../../models/detectors/built-in.js';
import { readTrees, sumOfLeaves, type SearchTree } from '../../../models/detectors/tree-ensemble.js';
import { contributions } from '../../../models/detectors/tree-shap.js';
import { separationOf } from '../../../models/detectors/importance.js';
import { Seeded } from '../../../models/detectors/seeded.js';
import { guard } from '../../../models/onnx/guard.js';
import { usualSettings } from '../../../models/registry/settings.js';
import { differences, detectorSuite, residuals } from '../../conformance/detector.js';

const names = Array.from({ length: 9 }, (_, i) => `feature_${i}`);
const matrix = residuals(2000, names.length, 5);

/** People call a window an anomaly where column 2 is high, unless column 5 is, too; one in twenty errs. */
const isOdd = (data: Float64Array, row: number): boolean =>
  data[row * names.length + 2]! > 1.5 && data[row * names.length + 5]! < 2;
const chance = new Seeded(9);
const target = Float64Array.from({ length: matrix.rows }, (_, row) =>
  isOdd(matrix.data, row) === chance.uniform() > 0.05 ? 1 : 0,
);
const odd = target.reduce((a, b) => a + b, 0);
const weight = target.map((one) => (one === 1 ? 1 : odd / (matrix.rows - odd)));
const training = {
  ...{ schema: 'logs-1', columns: names, matrix, seed: 1, from: 0, to: 1 },
  settings: { ...usualSettings, labels: { target, weight } },
};
const file = trainBuiltIn(boostedTrees, training)!;

/** An anomaly where the features are high together. */
const high = Float64Array.from({ length: matrix.rows }, (_, row) =>
  matrix.data.subarray(row * names.length, (row + 1) * names.length).reduce((a, b) => a + b, 0) > 10 ? 1 : 0,
);
const highFile = trainBuiltIn(boostedTrees, {
  ...training,
  settings: { ...usualSettings, labels: { target: high, weight: high.map((one) => (one === 1 ? 1 : 0.11)) } },
})!;

detectorSuite({
  name: boostedTrees.kind,
  open: () => openBuiltIn(boostedTrees, highFile),
  oracle: (detector, rows) => (detector as BuiltIn).oracle(rows),
});

test('what it learnt holds for windows that it never saw; ONNX Runtime and the oracle give the same bits', async () => {
  const detector = await openBuiltIn(boostedTrees, file);
  const fresh = residuals(3000, names.length, 77);
  const scores = await detector.score(fresh);
  const truth = Array.from({ length: fresh.rows }, (_, row) => isOdd(fresh.data, row));
  expect(separationOf(scores, truth)).toBeGreaterThan(0.97);
  expect(differences(scores, detector.oracle(fresh))).toEqual([]);
  await detector.close();
});

test('the same answers give the same file, a classifier; without answers it says what it lacks', () => {
  expect(trainBuiltIn(boostedTrees, training)!.equals(file)).toBe(true);
  const operators = guard(file).graph.nodes.map(({ operator }) => operator);
  expect(operators).toContain('TreeEnsembleClassifier');
  expect(() => trainBuiltIn(boostedTrees, { ...training, settings: usualSettings })).toThrow('learn from answers');
});

const trained = (): Boosted => boostedTrees.read(guard(file));

test('gains are shares, and the columns that people judge by have most of them', () => {
  const { gains } = trained();
  expect(gains.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
  expect(gains[2]! + gains[5]!).toBeGreaterThan(0.7);
});

/** By the definition: over all orders in which features become known. */
function shapley(tree: SearchTree, row: Float64Array): Float64Array {
  const expected = (known: number, node = 0): number => {
    const column = tree.feature[node]!;
    if (column < 0) return tree.value[node]!;
    const [left, right] = [tree.left[node]!, tree.right[node]];
    if ((known >> column) & 1) return expected(known, row[column]! <= tree.threshold[node]! ? left : right);
    const share = tree.cover[left]! / tree.cover[node]!;
    return share * expected(known, left) + (1 - share) * expected(known, right);
  };
  const n = row.length;
  const factorial = (k: number): number => (k <= 1 ? 1 : k * factorial(k - 1));
  return Float64Array.from({ length: n }, (_, j) => {
    let sum = 0;
    for (let known = 0; known < 1 << n; known++) {
      if ((known >> j) & 1) continue;
      let size = 0;
      for (let i = 0; i < n; i++) size += (known >> i) & 1;
      const of = (factorial(size) * factorial(n - size - 1)) / factorial(n);
      sum += of * (expected(known | (1 << j)) - expected(known));
    }
    return sum;
  });
}

test('Shapley values are those of the definition, and add up to the score with the mean', () => {
  const { trees } = trained();
  for (let at = 0; at < 20; at++) {
    const row = matrix.data.slice(at * 9, (at + 1) * 9);
    const { base, values } = contributions(trees, row);
    expect(base + values.reduce((a, b) => a + b, 0)).toBeCloseTo(sumOfLeaves(trees, row), 9);
    for (const tree of trees.slice(0, 3)) {
      const own = contributions([tree], row).values;
      shapley(tree, row).forEach((value, j) => expect(own[j]).toBeCloseTo(value, 9));
    }
  }
});

test('trees are read back as they were written', () => {
  expect(readTrees(guard(file))).toEqual(trained().trees);
});
