/** Files that scikit-learn and PyTorch wrote; their recipes lie beside them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspectForeign, openForeign } from '../../../models/detectors/foreign.js';
import { loadDetector } from '../../../models/detectors/load.js';
import { trialLimits } from '../../../models/onnx/trial.js';
import { detectorSuite } from '../../conformance/detector.js';
import { compileRooms } from '../onnx/compile.js';

let rooms: ReturnType<typeof compileRooms>;
beforeAll(() => (rooms = compileRooms()));
afterAll(() => rooms.remove());
jest.setTimeout(60_000);

const folder = 'test/fixtures/models';
const inspect = (file: Uint8Array) =>
  inspectForeign(file, trialLimits, join(rooms.folder, 'models/onnx/trial-child.js'));

for (const name of ['sklearn-isolation-forest', 'pytorch-autoencoder']) {
  const file = readFileSync(join(folder, `${name}.onnx`));

  detectorSuite({ name, open: async () => openForeign(file, await inspect(file)) });

  test(`${name} passes guard and trial, and its card says that it is foreign and exact`, async () => {
    const { card, differing } = await inspect(file);
    expect(card).toMatchObject({ name, kind: 'foreign', schema: 'logs-1', exact: true, rows: 4000 });
    expect(differing).toBe(0);
  });

  test(`${name} is refused for features of another schema, or in another order`, async () => {
    const { card } = await inspect(file);
    const { columns } = card;
    await expect(loadDetector(file, { schema: 'series-1', columns })).rejects.toThrow(
      `model ${name} was trained on the feature schema logs-1, but these features are of series-1`,
    );
    const [first, second, ...rest] = columns;
    await expect(loadDetector(file, { schema: 'logs-1', columns: [second!, first!, ...rest] })).rejects.toThrow(
      `has ${first} as column 0, but the features (schema logs-1) have ${second}`,
    );
  });
}

test('scores are those of scikit-learn and PyTorch themselves', async () => {
  const { rows, scores } = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as {
    rows: number[][];
    scores: Record<string, number[]>;
  };
  const matrix = { rows: rows.length, columns: rows[0]!.length, data: Float64Array.from(rows.flat()) };
  for (const [name, expected] of Object.entries(scores)) {
    const file = readFileSync(join(folder, `${name}.onnx`));
    const detector = await openForeign(file, await inspect(file));
    [...(await detector.score(matrix))].forEach((score, i) =>
      expect(Math.abs(score - expected[i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(expected[i]!))),
    );
  }
});

test('classifiers that XGBoost and LightGBM exported score by the class that their card names', async () => {
  const expected = JSON.parse(readFileSync(join(folder, 'boosters.json'), 'utf8')) as Record<string, number[]> & {
    rows: number[][];
  };
  const { rows } = expected;
  const matrix = { rows: rows.length, columns: rows[0]!.length, data: Float64Array.from(rows.flat()) };
  for (const name of ['xgboost', 'lightgbm']) {
    const file = readFileSync(join(folder, `${name}.onnx`));
    const inspected = await inspect(file);
    expect(inspected.card).toMatchObject({ name: `by-${name}`, kind: 'foreign', exact: true });
    const scores = await (await openForeign(file, inspected)).score(matrix);
    scores.forEach((score, i) => expect(score).toBeCloseTo(expected[name]![i]!, 6));
  }
});
