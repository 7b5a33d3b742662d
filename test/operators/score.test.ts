import { loadBuiltIn } from '../../models/detectors/load.js';
import { residualSums } from '../../models/detectors/residual-sum.js';
import { robustZ } from '../../models/detectors/robust-z.js';
import { rareTemplates } from '../../models/detectors/rare-templates.js';
import { trainBuiltIn, type BuiltIn } from '../../models/detectors/built-in.js';
import type { Detector } from '../../models/detectors/detector.js';
import { logs1, series1 } from '../../models/features/schemas.js';
import { artefactInForce, NotReady, type ModelsInForce } from '../../operators/artefact.js';
import { score } from '../../operators/score.js';
import { isInCanary } from '../../records/canary.js';
import type { Featured, FeatureRow, ScoredRow } from '../../records/row.js';
import type { FeatureSchema } from '../../records/row.js';
import { boundary, chance, define, featureRow, itemsOf, monday, TestStores } from '../builders/windows.js';

const random = chance(4);
const vectorOf = ({ columns }: FeatureSchema): Float64Array =>
  Float64Array.from(columns, () => Math.round((random() * 8 - 4) * 4096) / 4096);

const rowOf = (schema: FeatureSchema, vector = vectorOf(schema)): FeatureRow => featureRow(schema, { vector });

async function detectorsOf(schema: FeatureSchema): Promise<BuiltIn[]> {
  const data = Float64Array.from(Array.from({ length: 64 }, () => [...vectorOf(schema)]).flat());
  const columns = schema.columns.map(({ name }) => name);
  const training = {
    schema: schema.id,
    columns,
    seed: 1,
    from: 0,
    to: 1,
    matrix: { rows: 64, columns: columns.length, data },
  };
  const drift = residualSums.find(({ kind }) => kind === 'slow-drift')!;
  const files = [trainBuiltIn(robustZ, training), trainBuiltIn(rareTemplates, training), trainBuiltIn(drift, training)];
  const opened = await Promise.all(files.map((file) => (file ? loadBuiltIn(file) : Promise.resolve(undefined))));
  return opened.filter((detector) => detector !== undefined);
}

let sets: Map<string, ModelsInForce>;
let logDetectors: BuiltIn[];
let calls: number[];
const counted = (detector: BuiltIn): Detector => ({
  card: detector.card,
  cost: detector.cost,
  attribute: (row) => detector.attribute(row),
  score: (rows) => {
    calls.push(rows.rows);
    return detector.score(rows);
  },
});
beforeAll(async () => {
  logDetectors = await detectorsOf(logs1);
  const all = [...logDetectors, ...(await detectorsOf(series1))];
  sets = new Map([
    ['both', { id: 'both', detectors: all.map(counted) }],
    ['logs', { id: 'logs', detectors: logDetectors.map(counted) }],
  ]);
});
beforeEach(() => (calls = []));
const run = (stores: TestStores, ...batches: Featured[][]) =>
  itemsOf(
    score(stores, (id) => sets.get(id)),
    batches,
  );
const promotion = (artefact: string): Featured => ({ type: 'promotion', artefact, from: monday });

test('in the warm-up rows pass without scores, in their order; definitions end here', async () => {
  const row = rowOf(logs1);
  const items = await run(new TestStores(), [define('a'), row, boundary(monday)]);
  expect(items).toEqual([{ type: 'scored', row, artefact: '', scores: [], confidence: 0 }, boundary(monday)]);
});

test('each row gets the detectors of its own schema, as if it were alone, in slices of at most 256', async () => {
  const rows = Array.from({ length: 600 }, (_, i) => rowOf(i % 2 ? series1 : logs1));
  const items = await run(new TestStores(), [promotion('both'), ...rows, boundary(monday)]);
  const scored = items.filter((item): item is ScoredRow => item.type === 'scored');
  expect(scored.map(({ row }) => row)).toEqual(rows);
  expect(Math.max(...calls)).toBe(256);
  for (const { row, scores, artefact } of scored) {
    expect(artefact).toBe('both');
    expect(scores.map(({ detector }) => detector)).toEqual(
      row.schema === logs1 ? ['robust-z', 'rare-templates'] : ['slow-drift'],
    );
  }
  const alone = logDetectors[0]!.oracle({ rows: 1, columns: logs1.columns.length, data: rows[4]!.vector });
  expect(scored[4]!.scores[0]!.score).toBe(alone[0]);
});

test('a promotion changes the set from its place on, and a restart goes on with it', async () => {
  const before = new TestStores();
  const items = await run(before, [promotion('logs'), rowOf(logs1), promotion('both'), rowOf(series1)]);
  expect(items.map((item) => (item.type === 'scored' ? item.artefact : item.type))).toEqual([
    'promotion',
    'logs',
    'promotion',
    'both',
  ]);
  const [scored] = await run(new TestStores(before), [rowOf(series1)]);
  expect(scored).toMatchObject({ artefact: 'both', scores: [{ detector: 'slow-drift' }] });
});

test('a set that is not loaded is never replaced by the old one', async () => {
  const stores = new TestStores();
  await run(stores, [promotion('logs')]);
  await expect(run(stores, [promotion('gone'), rowOf(logs1)])).rejects.toThrow(NotReady);
  artefactInForce(stores).put('', 'gone');
  await expect(run(stores, [rowOf(logs1)])).rejects.toThrow(NotReady);
});

test('a detector of other columns under the same schema id is refused by name', async () => {
  const other = { ...logs1, columns: logs1.columns.map((column, i) => (i ? column : { ...column, name: 'tempo' })) };
  await expect(run(new TestStores(), [promotion('logs'), rowOf(other)])).rejects.toThrow('tempo');
});

test('a canary scores the entities of its share, by whatever set is champion, over a restart and until it ends', async () => {
  const canary = (share: number): Featured => ({ type: 'canary', id: `c${share}`, artefact: 'logs', share });
  const rows = Array.from({ length: 40 }, (_, i) => {
    const row = rowOf(logs1);
    return { ...row, subject: { ...row.subject, entity: `service{service="s${i}"}` } };
  });
  const by = (items: readonly unknown[]): string[] =>
    items.flatMap((item) => ((item as ScoredRow).type === 'scored' ? [(item as ScoredRow).artefact] : []));
  const expected = (share: number): string[] =>
    rows.map(({ subject }) => (isInCanary(subject.entity, { artefact: 'logs', share }) ? 'logs' : 'both'));
  const stores = new TestStores();
  expect(by(await run(stores, [canary(300), ...rows.slice(0, 1)]))).toEqual(['']);
  expect(by(await run(stores, [promotion('both'), ...rows]))).toEqual(expected(300));
  expect(new Set(expected(300)).size).toBe(2);
  const again = new TestStores(stores);
  expect(by(await run(again, rows, [canary(700), ...rows]))).toEqual([...expected(300), ...expected(700)]);
  expect(by(await run(again, [...rows.slice(0, 9), canary(0), ...rows.slice(9)]))).toEqual([
    ...expected(700).slice(0, 9),
    ...rows.slice(9).map(() => 'both'),
  ]);
  const scored = (await run(again, [canary(1000), ...rows])).filter(
    (item): item is ScoredRow => item.type === 'scored',
  );
  const alone = (await run(new TestStores(), [promotion('logs'), ...rows])).filter(
    (item): item is ScoredRow => item.type === 'scored',
  );
  expect(scored).toEqual(alone);
});
