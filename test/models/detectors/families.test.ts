import { openBuiltIn, trainBuiltIn, type BuiltIn } from '../../../models/detectors/built-in.js';
import { forEachFamily } from '../../../models/detectors/families.js';
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
const training = {
  schema: 'logs-1',
  columns,
  matrix: residuals(2000, columns.length, 5),
  seed: 11,
  from: 0,
  to: 604_800_000,
};

const families = forEachFamily((family) => ({
  kind: family.kind,
  applies: (to: readonly string[]) => family.applies(to),
  train: (seed = training.seed) => trainBuiltIn(family, { ...training, seed })!,
  file: trainBuiltIn(family, training)!,
  open: (file: Uint8Array): Promise<BuiltIn> => openBuiltIn(family, file),
}));

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
    other[Math.floor(file.length / 3)] ^= 1;
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
    'rare-templates',
  ]);
});

test('attribution finds the feature that stands out', async () => {
  const together = { ...training, matrix: residuals(1000, columns.length, 5, 4) };
  const open = forEachFamily(
    (family) => async () => [family.kind, await openBuiltIn(family, trainBuiltIn(family, together)!)] as const,
  );
  for (const one of open) {
    const [kind, detector] = await one();
    const at = kind === 'seasonal-residual' ? 6 : 2;
    const row = new Float64Array(columns.length);
    row[at] = 40;
    expect([kind, detector.attribute(row)[0].feature]).toEqual([kind, columns[at]]);
    await detector.close();
  }
});

test('a constant column and a single row can be trained from', async () => {
  const flat = { rows: 1, columns: columns.length, data: new Float64Array(columns.length) };
  const scores = await Promise.all(
    forEachFamily(async (family) =>
      (await openBuiltIn(family, trainBuiltIn(family, { ...training, matrix: flat })!)).score(flat),
    ),
  );
  expect(scores.map(([score]) => score)).toEqual([0, 0, 0, 0, 0]);
});
