import fc from 'fast-check';
import { countInterval, rankCorrelation, ranksOf, shareInterval, signTest } from '../../../training/gate/intervals.js';
import { judge, type GateInput, type TriedSet } from '../../../training/gate/judge.js';
import { TrialRecord } from '../../../training/gate/record.js';

const hour = 3_600_000;
const week = 168 * hour;
const entity = 'service{service="auth"}';

/** A set that raised alerts at these hours, and has this much of everything else. */
function tried(
  hours: readonly number[],
  change: Partial<{ separation: number; operations: number; stuck: readonly string[] }> = {},
): TriedSet {
  const record = new TrialRecord(0, week);
  record.entities.add(entity);
  record.windows.set('logs-1', { seen: 2016, judged: 2016 });
  hours.forEach((at, i) => record.alerts.set(`f${i}`, { entity, at: at * hour }));
  record.fired.set(
    entity,
    hours.map((at) => at * hour),
  );
  const { separation = 0.8, operations = 1000, stuck = [] } = change;
  return { record, detectors: new Set(), probes: new Map([['logs-1', { separation, operations, stuck, ms: 1 }]]) };
}
const judged = (change: Partial<GateInput>) =>
  judge({ candidate: tried([]), champion: tried([]), answers: [], budget: 1, span: week, ...change });
const refusals = (change: Partial<GateInput>): string[] =>
  judged(change).checks.flatMap(({ name, passed }) => (passed ? [] : [name]));
const hours = (n: number): number[] => Array.from({ length: n }, (_, i) => 2 + 4 * i);

test('as many alerts pass, ten times as many are refused', () => {
  const champion = tried(hours(4));
  expect(refusals({ champion, candidate: tried(hours(4)) })).toEqual([]);
  expect(refusals({ champion, candidate: tried(hours(40)) })).toEqual(['alert volume']);
  const { figures } = judged({ champion, candidate: tried(hours(40)) });
  expect(figures!.alerts).toMatchObject({ candidate: 40, champion: 4, allowed: 1, limit: 15 });
  expect(figures!.fresh.aWeek).toBe(36);
});

test('one that loses what people called anomalies is refused, unless that is chance', () => {
  const champion = tried(hours(12));
  const answers = hours(12).map((at) => ({ entity, end: at * hour, isTrue: true }));
  const few = tried(hours(12).slice(2));
  expect(refusals({ champion, candidate: few, answers })).toEqual([]);
  const none = judged({ champion, candidate: tried([]), answers });
  expect(none.checks.filter(({ passed }) => !passed).map(({ name }) => name)).toEqual(['answered alerts']);
  expect(none.figures).toMatchObject({ lost: 12, won: 0, answered: { true: { candidate: 0, champion: 12, all: 12 } } });
  // An alert within the hour is the same one.
  const near = tried(hours(12).map((at) => at + 0.5));
  expect(refusals({ champion, candidate: near, answers })).toEqual([]);
});

test('one that sees less of what is odd than the champion, or that is slow, is refused', () => {
  expect(refusals({ candidate: tried([], { separation: 0.55 }) })).toEqual(['sees what is odd']);
  expect(refusals({ candidate: tried([], { separation: 0.7 }), champion: tried([], { separation: 0.9 }) })).toEqual([
    'sees what is odd',
  ]);
  expect(refusals({ candidate: tried([], { operations: 60_000 }) })).toEqual(['latency']);
  expect(
    refusals({ candidate: tried([], { operations: 60_000 }), champion: tried([], { operations: 10_000 }) }),
  ).toEqual([]);
});

test('without a champion the budgets alone are the measure; a candidate that does not load is refused with its reason', () => {
  expect(judge({ candidate: tried(hours(5)), answers: [], budget: 1, span: week }).passed).toBe(true);
  expect(judge({ candidate: tried(hours(20)), answers: [], budget: 1, span: week }).passed).toBe(false);
  expect(judge({ failure: 'damaged', answers: [], budget: 1, span: week })).toEqual({
    passed: false,
    checks: [{ name: 'runs', passed: false, said: 'damaged' }],
  });
});

test('a detector that gave one number is degenerate where it gives it whatever a window is, and not in a quiet time', () => {
  const quiet = (stuck: readonly string[]): TriedSet => {
    const one = tried([], { stuck });
    one.record.detectors.set('logs-1/rare', {
      windows: 200,
      broken: 0,
      isConstant: true,
      first: 0,
      episodes: 0,
      last: new Map(),
    });
    return { ...one, detectors: new Set(['logs-1/rare']) };
  };
  expect(refusals({ candidate: quiet([]) })).toEqual([]);
  expect(refusals({ candidate: quiet(['rare']) })).toEqual(['degenerate']);
  expect(refusals({ candidate: quiet(['rare']), champion: quiet(['rare']) })).toEqual([]);
});

test('own models need not agree with those that ship, and a day of one service says nothing of calibration', () => {
  const unlike = (u: (i: number) => number): TriedSet => {
    const one = tried([]);
    for (let i = 0; i < 100; i++) one.record.believed.set(`${i}`, { u: u(i), fired: false });
    return one;
  };
  const sides = { candidate: unlike((i) => i), champion: unlike((i) => -i) };
  expect(refusals(sides)).toEqual(['agreement']);
  expect(refusals({ ...sides, isShipped: true })).toEqual([]);
});

/** By scipy 1.17: proportion_ci of binomtest (wilson), binomtest(greater), spearmanr; Byar beside chi2's exact limits. */
test('intervals and tests are those of scipy', () => {
  const { low, high } = shareInterval(7, 20);
  expect([low, high].map((x) => Number(x.toFixed(10)))).toEqual([0.1811918241, 0.5671457233]);
  expect(signTest(9, 10)).toBeCloseTo(0.0107421875, 12);
  expect(signTest(5, 5)).toBeCloseTo(0.03125, 12);
  const byar = countInterval(10);
  expect(Math.abs(byar.low - 4.7953886961)).toBeLessThan(0.03);
  expect(Math.abs(byar.high - 18.390356042)).toBeLessThan(0.03);
  expect(countInterval(0)).toEqual({ low: 0, high: expect.closeTo(3.69, 1) as number });
  expect(rankCorrelation([1, 2, 2, 4, 5], [2, 1, 4, 3, 5])).toBeCloseTo(0.6668859288553503, 12);
});

test('a rank correlation is between -1 and 1, 1 with itself, and blind to scale', () => {
  const numbers = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 3, maxLength: 40 });
  fc.assert(
    fc.property(numbers, (values) => {
      const isConstant = new Set(values).size === 1;
      expect(rankCorrelation(values, values)).toBeCloseTo(isConstant ? 0 : 1, 12);
      expect(
        rankCorrelation(
          values,
          values.map((x) => -3 * x),
        ),
      ).toBeCloseTo(isConstant ? 0 : -1, 12);
      expect(ranksOf(values).reduce((sum, one) => sum + one, 0)).toBeCloseTo(
        (values.length * (values.length + 1)) / 2,
        9,
      );
    }),
  );
});
