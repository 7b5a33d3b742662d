import { join } from 'node:path';
import { configSchema } from '../../../config/schema.js';
import { forEachFamily } from '../../../models/detectors/families.js';
import { trainEnsemble, trainInWorker } from '../../../models/detectors/train.js';
import { residuals } from '../../conformance/detector.js';
import { compileRooms } from '../onnx/compile.js';

let rooms: ReturnType<typeof compileRooms>;
beforeAll(() => (rooms = compileRooms()));
afterAll(() => rooms.remove());
const program = () => join(rooms.folder, 'models/detectors/train-worker.js');

const columns = ['volume', 'novelty', 'seasonal_volume'];
const training = { schema: 'logs-1', columns, matrix: residuals(400, 3, 1), seed: 4, from: 5, to: 6 };

test('trains every detector that applies, under its name', () => {
  expect(trainEnsemble(training).map(({ name }) => name)).toEqual([
    'robust-z',
    'seasonal-residual',
    'pca-reconstruction',
    'rare-templates',
    'prototypes',
  ]);
});

test('extra detectors are trained where they are named, and any can be left out', () => {
  const named = trainEnsemble({ ...training, extra: ['autoencoder', 'ecod'], without: ['robust-z', 'ecod'] });
  expect(named.map(({ name }) => name)).toEqual([
    'seasonal-residual',
    'pca-reconstruction',
    'rare-templates',
    'prototypes',
    'autoencoder',
  ]);
});

test('the configuration offers exactly the extra detectors', () => {
  const extras = forEachFamily(({ kind, extra }) => (extra ? [kind] : [])).flat();
  const parsed = (extra: readonly string[]) => configSchema.shape.detection.safeParse({ extra });
  expect(parsed(extras).success).toBe(true);
  for (const other of forEachFamily(({ kind }) => kind).filter((kind) => !extras.includes(kind)))
    expect(parsed([other]).success).toBe(false);
});

test('a thread trains the same bytes', async () => {
  const models = await trainInWorker(training, program());
  expect(models.map(({ bytes }) => Buffer.from(bytes))).toEqual(trainEnsemble(training).map(({ bytes }) => bytes));
}, 30_000);

test('without rows, or with a NaN, training says which schema or feature', async () => {
  const none = { ...training, matrix: { rows: 0, columns: 3, data: new Float64Array(0) } };
  expect(() => trainEnsemble(none)).toThrow('no rows to train robust-z for the schema logs-1');
  await expect(trainInWorker(none, program())).rejects.toThrow(
    'training for the schema logs-1 failed: there are no rows',
  );
  const nan = { ...training, matrix: { rows: 1, columns: 3, data: Float64Array.of(0, NaN, 0) } };
  expect(() => trainEnsemble(nan)).toThrow('row 0: the feature novelty is not a number');
}, 30_000);
