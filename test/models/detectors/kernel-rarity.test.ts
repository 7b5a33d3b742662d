import type { FeatureMatrix } from '../../../models/detectors/detector.js';
import {
  KernelRarity,
  kernelRarity,
  onCostGrid,
  onWeightGrid,
  type KernelQuery,
} from '../../../models/detectors/kernel-rarity.js';
import { Seeded } from '../../../models/detectors/seeded.js';
import { differences, rowsOf } from '../../conformance/detector.js';

let kernel: KernelRarity;
beforeAll(async () => (kernel = await KernelRarity.open()));
afterAll(() => kernel.close());

const chance = new Seeded(3);
const bits = (rows: number, columns: number, share: number): FeatureMatrix => ({
  rows,
  columns,
  data: Float64Array.from({ length: rows * columns }, () => (chance.uniform() < share ? 1 : 0)),
});

function query(sessions: number, templates: number, past: number): KernelQuery {
  return {
    x: bits(sessions, templates, 0.4),
    due: bits(sessions, templates, 0.8),
    sets: bits(past, templates, 0.4),
    weights: Float64Array.from({ length: past }, () => onWeightGrid((chance.uniform() * 16000) / past)),
    costs3: Float64Array.from({ length: templates }, () => onCostGrid(chance.uniform() * 30)),
  };
}

test.each([1, 7, 16, 256, 1000])('%d sessions in a call: the bits of the plain TypeScript loop', async (sessions) => {
  const asked = query(sessions, 29, 173);
  const scores = await kernel.score(asked);
  expect(differences(scores, kernelRarity(asked))).toEqual([]);
  expect(new Set(scores).size).toBeGreaterThan(sessions / 2);
});

test('a session has the same bits alone, at a shifted address, and among others', async () => {
  const asked = query(300, 41, 1500);
  const together = await kernel.score(asked);
  for (const at of [0, 1, 255, 299]) {
    const [alone] = await kernel.score({ ...asked, x: rowsOf(asked.x, at, 1), due: rowsOf(asked.due, at, 1) });
    expect(Object.is(alone, together[at])).toBe(true);
  }
});

test('follows the formula, to the step of the table', async () => {
  const costs3 = Float64Array.of(8, 1, 27).map(onCostGrid);
  const matrix = (...data: number[]): FeatureMatrix => ({
    rows: data.length / 3,
    columns: 3,
    data: Float64Array.from(data),
  });
  const sets = matrix(1, 1, 0, 1, 1, 1);
  const weights = Float64Array.of(3, 1);
  const [known, without, early] = await kernel.score({
    x: matrix(1, 1, 0, 1, 0, 0, 1, 0, 0),
    due: matrix(1, 1, 1, 1, 1, 1, 1, 0, 1),
    sets,
    weights,
    costs3,
  });
  expect(known).toBeCloseTo((3 + Math.exp(-3)) / 4, 2);
  expect(without).toBeCloseTo((3 * Math.exp(-1) + Math.exp(-Math.cbrt(28))) / 4, 2);
  // What is not due does not count as absent.
  expect(early).toBe(known);
});

test('without a past nothing has been seen', async () => {
  const asked = { ...query(4, 5, 0) };
  expect([...(await kernel.score(asked))]).toEqual([0, 0, 0, 0]);
  expect([...kernelRarity(asked)]).toEqual([0, 0, 0, 0]);
});

test.each([
  ['costs off the grid', (q: KernelQuery) => ({ ...q, costs3: q.costs3.map((cost) => cost + 1e-9) }), 'use onCostGrid'],
  [
    'weights off the grid',
    (q: KernelQuery) => ({ ...q, weights: q.weights.map((weight) => weight + 0.001) }),
    'use onWeightGrid',
  ],
  [
    'weights beyond the limit',
    (q: KernelQuery) => ({ ...q, weights: q.weights.map(() => 9000) }),
    'let past sets decay',
  ],
  [
    'something else than bits',
    (q: KernelQuery) => ({ ...q, x: { ...q.x, data: q.x.data.map(() => 0.5) } }),
    'x holds a number other than 0 and 1',
  ],
  ['NaN', (q: KernelQuery) => ({ ...q, costs3: q.costs3.map(() => NaN) }), 'use onCostGrid'],
  ['other shapes', (q: KernelQuery) => ({ ...q, weights: new Float64Array(1) }), '3 past sets but 1 weights'],
])('refuses %s', async (_what, change, message) => {
  await expect(kernel.score(change(query(2, 4, 3)))).rejects.toThrow(message);
});
