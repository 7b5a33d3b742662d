import { openBuiltIn, trainBuiltIn, type BuiltIn } from '../../../models/detectors/built-in.js';
import { forEachFamily } from '../../../models/detectors/families.js';
import { series1 } from '../../../models/features/schemas.js';
import type { Training } from '../../../models/detectors/family.js';
import { detectorSuite, residuals } from '../../conformance/detector.js';

const columns = [
  'volume',
  'errors',
  'novelty',
  'rarity',
  'divergence',
  'unseen',
  'seasonal_volume',
  'seasonal_errors',
  'entropy',
];
const trainingOn = (schema: string, names: readonly string[], rows = 2000, shared?: number): Training => ({
  schema,
  columns: names,
  matrix: residuals(rows, names.length, 5, shared),
  seed: 11,
  from: 0,
  to: 604_800_000,
});
const seriesColumns = series1.columns.map(({ name }) => name);
/** Logs where a family applies to them, and metric series otherwise. */
const trainingFor = (applies: (names: readonly string[]) => unknown, rows?: number, shared?: number): Training =>
  applies(columns) === undefined
    ? trainingOn('series-1', seriesColumns, rows, shared)
    : trainingOn('logs-1', columns, rows, shared);

const families = forEachFamily((family) => {
  const training = trainingFor((names) => family.applies(names));
  return {
    kind: family.kind,
    applies: (to: readonly string[]) => family.applies(to),
    train: (seed = training.seed) => trainBuiltIn(family, { ...training, seed })!,
    file: trainBuiltIn(family, training)!,
    open: (file: Uint8Array): Promise<BuiltIn> => openBuiltIn(family, file),
  };
});

for (const { kind, file, train, open } of families) {
  detectorSuite({
    name: kind,
    open: () => open(file),
    oracle: (detector, rows) => (detector as BuiltIn).oracle(rows),
  });

  test(`${kind} trained twice from one seed gives the same file`, () => {
    expect(train().equals(file)).toBe(true);
  });

  test(`${kind} refuses a file whose parameters were changed`, async () => {
    const other = Buffer.from(file);
    other[Math.floor(file.length / 3)]! ^= 1;
    await expect(open(other)).rejects.toThrow();
  });
}

test('another seed grows another forest', () => {
  const forest = families.find(({ kind }) => kind === 'isolation-forest')!;
  expect(forest.train(1).equals(forest.train(2))).toBe(false);
});

test('families that need columns which are missing do not apply', () => {
  const plain = ['value', 'slope', 'spread'];
  expect(families.filter(({ applies }) => applies(plain) === undefined).map(({ kind }) => kind)).toEqual([
    'seasonal-residual',
    'holt-winters',
    'seasonal-level',
    'seasonal-level-average',
    'sustained-level',
    'recent-change',
    'value-range',
    'long-average',
    'hour-average',
    'slow-drift',
    'rare-templates',
  ]);
});

test('attribution finds the feature that stands out', async () => {
  const open = forEachFamily((family) => async () => {
    const training = trainingFor((names) => family.applies(names), 1000, 4);
    const used = family.applies(training.columns)!;
    return [used, await openBuiltIn(family, trainBuiltIn(family, training)!)] as const;
  });
  for (const one of open) {
    const [used, detector] = await one();
    const at = used.includes(2) ? 2 : used[0]!;
    const row = new Float64Array(detector.card.columns.length);
    row[at] = 40;
    expect([detector.card.kind, detector.attribute(row)[0]!.feature]).toEqual([
      detector.card.kind,
      detector.card.columns[at],
    ]);
    await detector.close();
  }
}, 60_000);

test('a constant column and a single row can be trained from', async () => {
  const scores = await Promise.all(
    forEachFamily(async (family) => {
      const { columns: names, ...training } = trainingFor((of) => family.applies(of));
      const flat = { rows: 1, columns: names.length, data: new Float64Array(names.length) };
      const file = trainBuiltIn(family, { ...training, columns: names, matrix: flat })!;
      return (await (await openBuiltIn(family, file)).score(flat))[0];
    }),
  );
  expect(new Set(scores)).toEqual(new Set([0]));
}, 60_000);
