import fc from 'fast-check';
import { onGrid } from '../../../models/calibration/grid.js';
import { log10 } from '../../../models/exact/log.js';
import { armsOf, combine, COMBINATIONS } from '../../../models/policies/arms.js';
import { addRecords, compare, createTrackRecord, keepRecord } from '../../../models/policies/baselines.js';
import type { Memory } from '../../../models/policies/memory.js';
import { createGate, swingGate, teachGate, unteachGate, type TrustGate } from '../../../models/policies/gate.js';
import { mixture } from '../../../models/policies/mixture.js';
import { severity } from '../../../models/policies/persistence.js';
import {
  answer,
  budgetThreshold,
  createThreshold,
  endDays,
  rethink,
  track,
} from '../../../models/policies/threshold.js';
import { fitValue, valueThreshold } from '../../../models/policies/value.js';
import { veto } from '../../../models/policies/veto.js';
import { uniforms } from '../calibration/synthetic.js';

const DETECTORS = ['a', 'b', 'c', 'd', 'e', 'f'];
const arms = armsOf(DETECTORS, DETECTORS);
const u = fc.integer({ min: -48, max: 64 }).map((n) => n / 16);
const direction = fc.constantFrom(-1 as const, 0 as const, 1 as const);
const memory: fc.Arbitrary<Memory> = fc.array(
  fc.record({
    u: fc.array(fc.integer({ min: -48, max: 64 }), { minLength: 6, maxLength: 6 }),
    direction,
    decided: u,
    true: fc.boolean(),
    weight: fc.constantFrom(1, 2),
    id: fc.constant(0),
    n: fc.constant(0),
  }),
  { maxLength: 30 },
);

/** Teaches the mixture verdicts on events that only the detectors at `sighted` see. */
function teach(sighted: readonly number[], verdicts: number, state = mixture.create(arms, 1)) {
  const random = uniforms(verdicts);
  for (let i = 0; i < verdicts; i++) {
    const truth = random() < 0.5;
    const scores = DETECTORS.map((_, k) => (sighted.includes(k) ? (truth ? 1 : -1.5) : random() * 3 - 1.5));
    const all = [...scores, ...combine(arms, scores)];
    const { own } = mixture.judge(state, arms, all, 0);
    mixture.learn(state, arms, { u: all, own, threshold: 0, true: truth, propensity: 1, believed: 'median' });
    if (i % 10 === 9) mixture.weekly(state);
  }
  return state;
}

test('with most detectors broken, verdicts move the weights to those that see and open the gate', () => {
  const state = teach([0, 1], 120);
  const scores = [0, 0, 0, 0, 0, 0];
  const { weights, believed } = mixture.judge(state, arms, [...scores, ...combine(arms, scores)], 0);
  const of = (names: readonly string[]): number =>
    names.reduce((sum, name) => sum + weights[arms.names.indexOf(name)]!, 0);
  expect(of(['a', 'b'])).toBeGreaterThan(10 * of(['c', 'd', 'e', 'f']));
  expect(believed).toBe('mixture');
});

describe('the gate', () => {
  /** So many verdicts on which one of the two would have fired and the other not. */
  const taught = (gate: TrustGate, verdicts: number, mixtureIsRight: boolean): TrustGate => {
    for (let i = 0; i < verdicts; i++) teachGate(gate, mixtureIsRight ? 0.8 : 0.3, 0.5, true);
    swingGate(gate);
    return gate;
  };

  test('is closed while nobody has said anything, and open from the first verdict on', () => {
    const gate = createGate();
    swingGate(gate);
    expect(gate.open).toBe(false);
    teachGate(gate, 0.3, 0.5, true);
    expect(gate.open).toBe(true);
    unteachGate(gate, 0.3, 0.5, true, 0);
    expect(gate).toEqual(createGate());
  });

  test('falls back to the default where that is shown to be better, not before, and comes back with the lead', () => {
    const gate = taught(createGate(), 3, false);
    expect(gate.open).toBe(true); // Behind, but that may be chance.
    expect(taught(gate, 80, false).open).toBe(false);
    expect(taught(gate, 3, true).open).toBe(false);
    expect(taught(gate, 200, true).open).toBe(true);
  });
});

test('when what was learnt no longer holds, verdicts soon lead the mixture elsewhere', () => {
  const state = teach([0, 1], 120);
  const scores = DETECTORS.map((_, k) => (k < 2 ? -1.5 : 1));
  const all = [...scores, ...combine(arms, scores)];
  const own = (): number => mixture.judge(state, arms, all, 0).own;
  const before = own();
  // The two that saw turn blind to true events, and all others see.
  for (let i = 0; i < 60; i++)
    mixture.learn(state, arms, { u: all, own: own(), threshold: 0, true: true, propensity: 1, believed: 'mixture' });
  expect(before).toBeLessThan(0);
  expect(own()).toBeGreaterThan(0.5);
});

test('without verdicts the default arm is believed, and it holds most of the weight', () => {
  const state = mixture.create(arms, 1);
  const base = [1, 2, 3, 4, 5, 6];
  const all = [...base, ...combine(arms, base)];
  const judged = mixture.judge(state, arms, all, 0);
  expect(judged.believed).toBe('core median');
  expect(judged.u).toBe(3.5);
  expect(Math.max(...judged.weights)).toBe(judged.weights[arms.fallback]);
});

test('the combinations are what their names say', () => {
  const some = armsOf(DETECTORS, ['a', 'e', 'f', 'not there']);
  const scores = [1, 2, 3, 4, 5, 9];
  expect(COMBINATIONS).toEqual(['mean', 'median', 'top 5', 'core mean', 'core median']);
  expect(combine(some, scores).map((u) => Math.round(u * 1000) / 1000)).toEqual([3.5, 3.5, 4.6, 5, 5]);
});

test('an ensemble with too few of the core has none, and believes the mean of all', () => {
  const few = armsOf(DETECTORS, ['a', 'f']);
  expect(few.core).toEqual([0, 1, 2, 3, 4, 5]);
  expect(few.names[few.fallback]).toBe('mean');
  expect(combine(few, [1, 2, 3, 4, 5, 9])).toEqual([4, 3.5, onGrid(4.6), 4, 3.5]);
});

test('a veto never boosts, whatever was answered', () => {
  fc.assert(
    fc.property(memory, fc.array(u, { minLength: 6, maxLength: 6 }), direction, (m, scores, d) => {
      const taken = veto(m, scores, d);
      expect(taken).toBeLessThanOrEqual(0);
      expect(taken).toBeGreaterThanOrEqual(-1.2);
    }),
  );
});

test('a false alert keeps windows like it down, and leaves others alone', () => {
  const seen = { u: [16, 16, 16, 16, 16, 16], direction: 1 as const, decided: 1, true: false, weight: 1, id: 0, n: 0 };
  expect(veto([seen], [1, 1, 1, 1, 1, 1], 1)).toBeCloseTo(-0.4, 9);
  expect(veto([seen, seen, seen, seen], [1, 1, 1, 1, 1, 1], 1)).toBeCloseTo(-0.8, 9);
  expect(veto([seen], [1, 1, 1, 1, 1, 1], -1)).toBeCloseTo(0, 3);
  expect(veto([seen], [4, 4, 4, 4, 4, 4], 1)).toBeGreaterThan(-0.01);
});

test('the value fit starts at its prior and follows the answers', () => {
  expect(fitValue([])).toEqual({ intercept: 0.8, slope: 4 });
  expect(valueThreshold([])).toBeCloseTo(-0.301, 2);
  const entry = (decided: number, truth: boolean) => ({
    u: [],
    direction: 0 as const,
    decided,
    true: truth,
    weight: 1,
    id: 0,
    n: 0,
  });
  const picky = Array.from({ length: 40 }, (_, i) => entry(i / 20 - 1, i / 20 - 1 > 0.2));
  expect(valueThreshold(picky)).toBeGreaterThan(0);
  expect(valueThreshold(Array.from({ length: 100 }, () => entry(1, false)))).toBe(0.3);
});

test('false answers raise the threshold that the budget allows, quiet days lower it', () => {
  const state = createThreshold(3);
  track(state, 0, 0, 'begun', 0);
  const before = budgetThreshold(state);
  for (let i = 0; i < 5; i++) answer(state, 0, 0, false);
  expect(budgetThreshold(state)).toBeGreaterThan(before);
  const raised = budgetThreshold(state);
  rethink(state, []);
  endDays(state, 0, 60);
  expect(budgetThreshold(state)).toBeLessThan(raised);
});

test('an alert that nobody answers counts .4 of a false one, and a late answer puts that right', () => {
  const state = createThreshold(3);
  track(state, 0, 0, 'begun', 0);
  endDays(state, 0, 7);
  expect(state.falseAlerts).toBe(1.5);
  endDays(state, 7, 8);
  expect(state.falseAlerts).toBeCloseTo(1.9, 12);
  answer(state, 0, 9, false);
  expect(state.falseAlerts).toBeCloseTo(2.5, 12);
});

test('without answers ordinary alerts raise the threshold, and incidents far above it hardly do', () => {
  const risen = (u: number): number => {
    const state = createThreshold(1);
    for (let i = 0; i < 10; i++) track(state, i, 3_600_000, 'begun', state.value + u);
    return state.value;
  };
  expect(risen(0)).toBeGreaterThan(0.9);
  expect(risen(3)).toBeLessThan(0.02);
  const grows = createThreshold(1);
  track(grows, 0, 0, 'begun', 0.1);
  track(grows, 0, 60_000, 'on', 3);
  track(grows, 0, 60_000, 'on', 0.2);
  expect(grows.value).toBeLessThan(0.01);
});

test('counted from below the threshold, a series with many incidents keeps its threshold, and one whose ordinary life is too loud does not', () => {
  const weeks = 20;
  const hour = 3_600_000;
  /** Hours, each with a peak that is ordinary, ten a week with an incident. */
  const after = (depth: number, { ordinary, incidents }: { ordinary: number; incidents: boolean }): number => {
    const state = createThreshold(1);
    const random = uniforms(5);
    for (let h = 0; h < weeks * 168; h++) {
      // Ordinary peaks exceed 0 this many times a week, and exceed x 10^-x times as often.
      const peak = log10(ordinary / 168) - log10(random());
      const u = incidents && h % 16 === 0 ? 0.6 : peak;
      const phase = u >= state.value - depth ? 'begun' : 'none';
      track(state, Math.floor(h / 24), hour, u >= state.value ? 'begun' : 'none', u, { depth, phase });
    }
    return state.value;
  };
  expect(after(0, { ordinary: 0.1, incidents: true })).toBeGreaterThan(0.5);
  expect(after(0.5, { ordinary: 0.1, incidents: true })).toBeLessThan(0.2);
  expect(after(0.5, { ordinary: 10, incidents: false })).toBeGreaterThan(0.7);
});

test('a budget that is no budget is refused', () => {
  expect(() => createThreshold(0)).toThrow(/above 0/);
});

test('severity is higher when the minutes before were unusual too', () => {
  expect(severity(1, 1)).toBe(1.5);
  expect(severity(1, 1)).toBeGreaterThan(severity(1, -1));
});

test('a comparison says when verdicts are too few, and who leads when they are not', () => {
  expect(compare({ policyOnly: 5, baselineOnly: 0 }, 5).verdict).toBe('too few verdicts to tell');
  expect(compare({ policyOnly: 20, baselineOnly: 2 }, 60).verdict).toBe('ahead');
  expect(compare({ policyOnly: 2, baselineOnly: 20 }, 60).verdict).toBe('behind');
  expect(compare({ policyOnly: 12, baselineOnly: 10 }, 60).verdict).toBe('too few verdicts to tell');
  fc.assert(
    fc.property(fc.nat(50), fc.nat(50), fc.nat(100), (a, b, same) => {
      const { lead, low, high } = compare({ policyOnly: a, baselineOnly: b }, a + b + same);
      expect(low).toBeLessThanOrEqual(lead);
      expect(high).toBeGreaterThanOrEqual(lead);
    }),
  );
});

test('a record counts who decided as the verdict says', () => {
  const small = armsOf(['x', 'y']);
  const scores = [1, -1, 0, 0, 0, 0, 0];
  const first = keepRecord(createTrackRecord(small), scores, 0.5, true, [false, false, true, true], true);
  expect(first).toMatchObject({ answered: 1, right: 1 });
  expect(first.arms.slice(0, 3)).toEqual([1, 0, 0]);
  expect(first.pairs.map((p) => p.policyOnly)).toEqual([1, 1, 0, 0]);
  expect(addRecords([first, first])).toMatchObject({ answered: 2, right: 2 });
});
