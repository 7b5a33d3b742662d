/** The arm that learns from answers: only where they are enough and say something of later ones. */
import { openBuiltIn } from '../../models/detectors/built-in.js';
import { boostedTrees } from '../../models/detectors/boosted-trees.js';
import { logs1 } from '../../models/features/schemas.js';
import { usualSettings } from '../../models/registry/settings.js';
import { Seeded } from '../../models/detectors/seeded.js';
import type { FeatureRow } from '../../records/row.js';
import { trainOnAnswers, usualRows } from '../../training/answers-arm.js';
import type { AnsweredWindow } from '../../training/gate/judge.js';
import { residuals } from '../conformance/detector.js';

const width = logs1.columns.length;
const minute = 60_000;
const matrix = residuals(3000, width, 4);
const empty = new Float64Array(width);
const rows = Array.from({ length: matrix.rows }, (_, i): FeatureRow => ({
  type: 'row',
  subject: { entity: 'service{service="cart"}', start: i * 5 * minute, end: (i + 1) * 5 * minute, key: '' },
  schema: logs1,
  vector: matrix.data.slice(i * width, (i + 1) * width),
  actual: empty,
  typical: empty,
  templates: [],
  lines: 1,
  direction: 0,
  rules: [],
  flags: [],
  warm: true,
  known: 1e9,
}));
const errors = logs1.columns.findIndex(({ name }) => name === 'error_share');
const chance = new Seeded(3);

/** Every 40th window was an alert; people confirm those with many errors, or by the toss of a coin. */
const answersBy = (isTrue: (row: FeatureRow) => boolean, count = 75): AnsweredWindow[] =>
  rows
    .filter((_, i) => i % 40 === 20)
    .slice(0, count)
    .map((row) => ({ entity: row.subject.entity, end: row.subject.end, isTrue: isTrue(row) }));
const byErrors = (row: FeatureRow): boolean => row.vector[errors]! > 0;
const train = (answers: readonly AnsweredWindow[]) =>
  trainOnAnswers({ schema: logs1, rows, answers, seed: 1, settings: usualSettings });

test('what people judge by is learnt, the same bytes from the same answers', async () => {
  const arm = (await train(answersBy(byErrors)))!;
  expect(arm.answers).toBe(75);
  expect(arm.separation).toBeGreaterThan(0.8);
  expect((await train(answersBy(byErrors)))!.bytes.equals(arm.bytes)).toBe(true);
  const detector = await openBuiltIn(boostedTrees, arm.bytes);
  expect(detector.card.name).toBe('boosted-trees');
  const [calm, bad] = [-3, 3].map((value) => {
    const data = new Float64Array(width);
    data[errors] = value;
    return { rows: 1, columns: width, data };
  });
  expect((await detector.score(bad!))[0]).toBeGreaterThan((await detector.score(calm!))[0]!);
  await detector.close();
});

test('too few answers, answers of one kind, and answers by the toss of a coin train nothing', async () => {
  expect(await train(answersBy(byErrors, 12))).toBeUndefined();
  expect(await train(answersBy(() => true))).toBeUndefined();
  expect(await train(answersBy(() => chance.uniform() < 0.5))).toBeUndefined();
});

test('what is usual for it leaves out the hour around what people called an anomaly, and nothing else', () => {
  const [anomaly, other] = [rows[500]!, rows[700]!];
  const answers = [anomaly, other].map(({ subject: { entity, end } }) => ({
    entity,
    end,
    isTrue: end === anomaly.subject.end,
  }));
  const left = new Set(usualRows(rows, answers));
  const out = rows.filter((row) => !left.has(row)).map(({ subject: { end } }) => (end - anomaly.subject.end) / minute);
  expect(out).toEqual(Array.from({ length: 25 }, (_, i) => (i - 12) * 5));
  const elsewhere = answers.map((answer) => ({ ...answer, entity: 'service{service="shop"}' }));
  expect(usualRows(rows, elsewhere)).toHaveLength(rows.length);
});
