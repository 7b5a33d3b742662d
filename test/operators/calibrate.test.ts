import { HABIT_KNOWN, ONCE_A_DAY } from '../../models/calibration/defaults.js';
import type { Habit } from '../../models/calibration/habit.js';
import { logs1, series1 } from '../../models/features/schemas.js';
import { calibrate, type TrainedCalibration } from '../../operators/calibrate.js';
import type { FeatureSchema, ScoredRecord, ScoredRow } from '../../records/row.js';
import type { VerdictValue } from '../../records/verdict.js';
import type { EffectiveVerdict } from '../../records/window.js';
import { scoredContext } from '../builders/scored-context.js';
import { featureRow, itemsOf, monday, shop, TestStores } from '../builders/windows.js';

const hour = 3_600_000;
const now = monday + 14 * 24 * hour;
/** Every score is as rare as it can be, by this prior. */
const prior = { body: [[0, 0] as const], scale: 0.001, limit: 1 };
const moments: Habit = [50, 120, 230].map((h) => [monday + h * hour, 1] as const);

const trainedWith = (habit: Habit): TrainedCalibration => ({
  prior: { [`${logs1.id}/one`]: prior, [`${series1.id}/one`]: prior },
  levels: new Map(),
  habits: new Map([[shop.key, new Map([['one', habit]])]]),
});

const scored = (end: number, schema: FeatureSchema = logs1): ScoredRow => ({
  type: 'scored',
  row: featureRow(schema, { subject: { entity: shop.key, start: end - 60_000, end, key: '' } }),
  artefact: 'set',
  scores: [{ detector: 'one', score: 1, u: 0 }],
  confidence: 0,
});

const verdict = (end: number, value: VerdictValue, revoked = false): EffectiveVerdict => {
  const context = scoredContext(shop.key, end - 60_000, end);
  return { type: 'verdict', verdict: { id: 'v', alert: 'a', value, by: 'ann', at: end, context }, revoked };
};

async function lastU(habit: Habit, items: ScoredRecord[]): Promise<number | undefined> {
  const out = await itemsOf(
    calibrate(new TestStores(), () => trainedWith(habit)),
    items.map((item) => [item]),
  );
  const last = out[out.length - 1]!;
  return last.type === 'scored' ? last.scores[0]!.u : undefined;
}

test('an entity starts with the habits that its artefact brings, and does not change them', async () => {
  const brought = [...moments];
  expect(await lastU(brought, [scored(now)])).toBeCloseTo(-Math.log10(3 / 2), 3);
  expect(brought).toEqual(moments);
  expect(await lastU([], [scored(now)])).toBe(1);
});

test('what a series does at the same time of day is its habit; what it does at any time is none', async () => {
  expect(await lastU(moments, [scored(now, series1)])).toBe(1);
  const daily: Habit = [now - 48 * hour, now - 24 * hour].map((time) => [time, 1] as const);
  expect(await lastU(daily, [scored(now, series1)])).toBe(ONCE_A_DAY - HABIT_KNOWN);
});

test('what a person confirmed as an anomaly is forgotten; what was called anything else, or is taken back, is not', async () => {
  const asked = monday + 120 * hour;
  const first = scored(now - 24 * hour);
  const between = { ...first, scores: [{ detector: 'one', score: 0, u: 0 }] };
  const after = (given: EffectiveVerdict): Promise<number | undefined> => lastU(moments, [between, given, scored(now)]);
  expect(await after(verdict(asked, 'anomaly'))).toBeGreaterThan(0.5);
  expect(await after(verdict(asked, 'expected'))).toBeLessThan(0);
  expect(await after(verdict(asked, 'anomaly', true))).toBeLessThan(0);
});
