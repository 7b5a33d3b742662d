import { concordCodec, createConcord } from '../../../models/policies/concord.js';
import { agreementCodec, createAgreement } from '../../../models/policies/agreement.js';
import { decode, encode } from '../../../records/wire/codec.js';
import { returnLevelCodec } from '../../../models/calibration/return-level.js';
import { symptomsName } from '../../../models/features/aspects.js';
import { CORE } from '../../../models/policies/defaults.js';
import { fixed } from '../../../models/policies/fixed.js';
import { mixture } from '../../../models/policies/mixture.js';
import { scoredCodec, type Choice } from '../../../models/policies/policy.js';
import { selector } from '../../../models/policies/selector.js';
import type { Direction } from '../../../records/score.js';
import { thompson } from '../../../models/policies/thompson.js';
import { DETECTORS, live } from './life.js';

const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
const honest = (truth: boolean) => (truth ? ('anomaly' as const) : ('not-anomaly' as const));

test.each([1, 3, 7])('without verdicts a budget of %i alerts a week holds on average on normal life', (budget) => {
  const seen: number[] = [];
  for (let seed = 0; seed < 2; seed++)
    seen.push(mean(live(selector({ budget, trust: mixture }), { seed, weeks: 5 }).alerts));
  console.info(`budget ${budget} a week, no verdicts: ${seen.map((x) => x.toFixed(2)).join(', ')} alerts a week`);
  expect(mean(seen)).toBeLessThanOrEqual(budget);
});

test.each([1, 3, 7])('with every alert called false a budget of %i holds on average', (budget) => {
  const seen: number[] = [];
  for (let seed = 10; seed < 12; seed++) {
    seen.push(mean(live(selector({ budget, trust: mixture }), { seed, weeks: 5, answer: honest }).alerts));
  }
  console.info(
    `budget ${budget} a week, all answered false: ${seen.map((x) => x.toFixed(2)).join(', ')} alerts a week`,
  );
  expect(mean(seen)).toBeLessThanOrEqual(budget);
});

test('the state of a whole entity with six detectors fits 8 KB, and its bytes and itself are inverse', () => {
  const policy = selector({ budget: 7, trust: mixture });
  let shown: Choice | undefined;
  const { state, levels } = live(policy, { seed: 3, weeks: 6, incidents: 8 }, (choice) => (shown = choice));
  for (let i = 0; i < 100; i++)
    policy.learn(state, { verdict: i % 3 ? 'anomaly' : 'expected', scored: shown!, id: 4e9 + i });
  const bytes = encode(policy.codec, state);
  const parts = levels.map((level) => encode(returnLevelCodec, level).length);
  const size = bytes.length + parts.reduce((a, b) => a + b, 0);
  console.info(
    `entity with ${DETECTORS.length} detectors and ${state.memory.length} verdicts: ${size} bytes, of them the policy ${bytes.length}`,
  );
  expect(state.memory.length).toBe(100);
  expect(size).toBeLessThanOrEqual(8192);
  expect(decode(policy.codec, bytes)).toEqual(state);
});

test.each([mixture, thompson, fixed('pca')])(
  '$name: the same life twice gives the same choices and the same state',
  (trust) => {
    const policy = selector<unknown>({ budget: 3, trust: trust });
    const run = () => {
      const choices: Buffer[] = [];
      const { state } = live(policy, { seed: 5, weeks: 2, incidents: 5, answer: honest }, (choice) =>
        choices.push(encode(scoredCodec, choice)),
      );
      return Buffer.concat([...choices, encode(policy.codec, state)]);
    };
    expect(run().equals(run())).toBe(true);
  },
);

test('a policy that restarts from its bytes at every step goes on as if it had not', () => {
  const policy = selector({ budget: 3, trust: mixture });
  const detectors = ['a', 'b', 'c'];
  const straight = policy.create(9, detectors);
  let cut = policy.create(9, detectors);
  for (let t = 0; t < 3000; t++) {
    // On the grid, as return levels are.
    const u = [(t % 37) / 16 - 1, (t % 101) / 32 - 1, (t % 997) / 512];
    const context = { time: t * 60_000, u, direction: ((t % 3) - 1) as Direction };
    const [a, b] = [policy.choose(straight, context), policy.choose(cut, context)];
    expect(b).toEqual(a);
    policy.observe(straight, context, a);
    policy.observe(cut, context, b);
    if (a.fires && t % 7 === 0) {
      policy.learn(straight, { verdict: 'expected', scored: a });
      policy.learn(cut, { verdict: 'expected', scored: decode(scoredCodec, encode(scoredCodec, b)) });
    }
    if (t % 13 === 0) cut = decode(policy.codec, encode(policy.codec, cut));
  }
  expect(encode(policy.codec, cut).equals(encode(policy.codec, straight))).toBe(true);
});

describe.each([mixture, thompson, fixed('b')])('$name: an answer that is taken back', (trust) => {
  const policy = selector<unknown>({ budget: 3, trust });
  const context = (t: number) => ({
    time: t * 60_000,
    u: [(t % 37) / 16 - 1, (t % 101) / 32 - 1, (t % 997) / 512],
    direction: ((t % 3) - 1) as Direction,
  });
  /** Lives some days, answering some alerts; `odd` are the answers given beside, each taken back or not. */
  function lived(odd: readonly number[], takeBack: boolean) {
    const state = policy.create(9, ['a', 'b', 'c']);
    for (let t = 0; t < 3000; t++) {
      const choice = policy.choose(state, context(t));
      policy.observe(state, context(t), choice);
      const answer = { verdict: t % 2 ? 'anomaly' : 'expected', scored: choice, id: t + 1 } as const;
      if (choice.fires && t % 97 === 0) policy.learn(state, answer);
    }
    for (const t of odd) {
      const scored = policy.choose(state, context(t));
      policy.learn(state, { verdict: 'not-anomaly', scored, id: 10_000 + t });
      for (let more = 1; more <= 3; more++)
        policy.learn(state, { verdict: 'anomaly', scored: policy.choose(state, context(t + more)), id: t * 10 + more });
      if (takeBack) expect(policy.unlearn(state, { verdict: 'not-anomaly', scored, id: 10_000 + t })).toBe(true);
    }
    return state;
  }

  test('is out of the memory, the record and the count, and its weight is given back', () => {
    const [kept, back] = [lived([3001, 3007], false), lived([3001, 3007], true)];
    expect(back.memory.map(({ id }) => id)).toEqual(
      kept.memory.map(({ id }) => id).filter((id) => id < 10_000 || id > 20_000),
    );
    expect(back.record.answered).toBe(kept.record.answered - 2);
    expect(encode(policy.codec, back).equals(encode(policy.codec, lived([3001, 3007], true)))).toBe(true);
  });

  test('at once, leaves the trust as it would have faded without it', () => {
    const state = lived([], false);
    const before = structuredClone(state);
    const scored = policy.choose(state, context(3001));
    const answer = { verdict: 'not-anomaly', scored, id: 77 } as const;
    policy.learn(state, answer);
    expect(policy.unlearn(state, answer)).toBe(true);
    expect({ ...state, trust: 0, answers: 0, threshold: 0 }).toEqual({ ...before, trust: 0, answers: 0, threshold: 0 });
    const [now, then] = [policy.choose(state, context(3002)), policy.choose(before, context(3002))];
    now.weights.forEach((weight, i) => expect(weight).toBeCloseTo(then.weights[i]!, 1));
    expect(policy.unlearn(state, answer)).toBe(false);
    expect(policy.unlearn(state, { ...answer, id: 78 })).toBe(false);
  });
});

test('taken back, the only lesson of a mixture leaves no trace in whom it believes', () => {
  const policy = selector({ budget: 3, trust: mixture });
  const state = policy.create(4, ['a', 'b', 'c']);
  const fresh = structuredClone(state.trust);
  const scored = policy.choose(state, { time: 1000, u: [1.5, -1, 0.25], direction: 1 });
  const answer = { verdict: 'anomaly', scored, id: 5 } as const;
  policy.learn(state, answer);
  const wide = Math.max(...state.trust.gains.map((gain, i) => Math.abs(gain - fresh.gains[i]!)));
  policy.unlearn(state, answer);
  state.trust.gains.forEach((gain, i) => expect(gain).toBeCloseTo(0.99 * fresh.gains[i]!, 5));
  expect(state.trust.gate.lead).toBeCloseTo(0, 6);
  expect(state.threshold.verdicts).toBe(0);
  expect(state.threshold.value).toBe(policy.create(4, ['a', 'b', 'c']).threshold.value);
  expect(wide).toBeGreaterThan(0.05);
});

test('states of the releases before, with three of each arm, without agreement and without ids of answers, are read', () => {
  const policy = selector({ budget: 3, trust: mixture });
  // Nothing had been seen or answered: the forms differ by what was added at the end only.
  const state = policy.create(4, ['a', 'b']);
  state.trust.gains = state.trust.gains.map((_, i) => -1 - i);
  const copied = (values: readonly number[]): number[] => [
    ...values,
    ...values.map(() => -100),
    ...values.map(() => 9),
  ];
  const bytes = encode(policy.codec, {
    ...state,
    trust: { ...state.trust, gains: copied(state.trust.gains) },
    record: { ...state.record, arms: copied(state.record.arms).map(Math.abs) },
  });
  // The last byte is that of version 8.
  const compared = encode(concordCodec, createConcord()).length + 1;
  const added = compared + encode(agreementCodec, createAgreement(2)).length;
  expect(decode(policy.older.get(7)!, encode(policy.codec, state).subarray(0, -1))).toEqual(state);
  expect(decode(policy.older.get(4)!, encode(policy.codec, state).subarray(0, -compared))).toEqual(state);
  expect(decode(policy.older.get(3)!, bytes.subarray(0, -compared))).toEqual(state);
  expect(decode(policy.older.get(2)!, bytes.subarray(0, -added))).toEqual(state);
  expect(decode(policy.older.get(1)!, bytes.subarray(0, -added - 1))).toEqual(state);
});

test('without verdicts incidents raise the threshold of a service that has aspects, and hardly that of a series', () => {
  /** An incident of half an hour every ten hours for eight weeks, and nothing else. */
  const risen = (detectors: readonly string[]): number => {
    const policy = selector({ budget: 1, trust: mixture });
    const state = policy.create(1, detectors);
    const first = state.threshold.value;
    for (let t = 0; t < 8 * 7 * 24 * 12; t++) {
      const level = t % 120 < 6 ? 0.6 : -3;
      const context = { time: t * 300_000, u: detectors.map(() => level), direction: 1 as const };
      policy.observe(state, context, policy.choose(state, context));
    }
    return state.threshold.value - first;
  };
  expect(risen(['warnings', symptomsName])).toBeGreaterThan(0.4);
  expect(risen(CORE)).toBeLessThan(0.2);
});

test('three members of the core that stay high are not believed for longer than half a day', () => {
  const policy = selector({ budget: 3, trust: mixture });
  const state = policy.create(1, [...CORE, 'value-range', 'long-average', 'slow-drift']);
  const fired: number[] = [];
  for (let t = 0; t < 6 * 24 * 12; t++) {
    // From the second day on they are at what comes once a week; the others are as on any day.
    const high = t >= 24 * 12 ? 0.5 : -2;
    const u = state.detectors.map((_, i) => (i < 3 ? high : -2 + ((t * (i + 7)) % 11) / 20));
    const context = { time: t * 300_000, u, direction: 1 as const };
    const choice = policy.choose(state, context);
    policy.observe(state, context, choice);
    if (choice.fires) fired.push(t / 12 - 24);
  }
  expect(fired[0]).toBe(0);
  expect(fired.at(-1)).toBeGreaterThan(7);
  expect(fired.at(-1)).toBeLessThan(12);
});

test('at most one audit a week', () => {
  const { audits } = live(selector({ budget: 1, trust: mixture }), { seed: 2, weeks: 4 });
  expect(audits.reduce((a, b) => a + b)).toBeGreaterThan(0);
  // Weeks of the entity are staggered against those of the calendar, so two of them may meet in one.
  expect(Math.max(...audits)).toBeLessThanOrEqual(2);
  expect(audits.reduce((a, b) => a + b)).toBeLessThanOrEqual(5);
});

test('verdicts without sense cost next to nothing against the default', () => {
  const coin = (_: boolean, random: () => number) => (random() < 0.5 ? ('anomaly' as const) : ('expected' as const));
  const score = (hits: number, incidents: number, alerts: readonly number[]): number => {
    const total = alerts.reduce((a, b) => a + b, 0);
    return (2 * hits) / (incidents + total);
  };
  const leads: number[] = [];
  for (let seed = 30; seed < 32; seed++) {
    const life = { seed, weeks: 5, incidents: 4, answer: coin };
    const a = live(selector({ budget: 3, trust: mixture }), life);
    const b = live(selector({ budget: 3, trust: fixed() }), life);
    leads.push(score(a.hits, a.incidents, a.alerts) - score(b.hits, b.incidents, b.alerts));
  }
  console.info(
    `random verdicts: F1 of the mixture less that of the default ${leads.map((x) => x.toFixed(3)).join(', ')}`,
  );
  expect(mean(leads)).toBeGreaterThanOrEqual(-0.01);
});

test.each([mixture, thompson])('$name: another ensemble keeps threshold, answers and trust by name', (trust) => {
  const policy = selector<unknown>({ budget: 3, trust });
  const state = policy.create(4, ['a', 'b', 'c']);
  for (let t = 0; t < 4000; t++) {
    const context = {
      time: t * 300_000,
      u: [(t % 53) / 16 - 2, (t % 31) / 16 - 1, (t % 11) / 16],
      direction: 1 as const,
    };
    const choice = policy.choose(state, context);
    policy.observe(state, context, choice);
    if (choice.fires) policy.learn(state, { verdict: t % 2 === 0 ? 'expected' : 'anomaly', scored: choice });
  }
  const next = policy.adopt(state, ['c', 'd', 'a']);
  expect(next.threshold).toEqual(state.threshold);
  expect(next.record.answered).toBe(state.record.answered);
  const [old, kept] = [state.memory[0]!.u, next.memory[0]!.u];
  expect([kept[0], kept[2]]).toEqual([old[2], old[0]]);
  const context = { time: 4000 * 300_000, u: [0.2, 0.4, 0.1], direction: 1 as const };
  // An ensemble without a name in common is told nothing by the old answers about its windows.
  const strange = policy.adopt(state, ['x', 'y', 'z']);
  expect(policy.choose(strange, context).vetoed).toBe(false);
  expect(policy.choose(next, context).threshold).toBe(state.threshold.value);
  expect(decode(policy.codec, encode(policy.codec, next))).toEqual(next);
  // Back to the old names, what only the old ones knew of the lost detector is gone, and nothing else.
  expect(policy.adopt(next, ['a', 'b', 'c']).memory[0]!.u[0]).toBe(old[0]);
});

test('what ranks is the mean of the five highest: detectors that see nothing do not hide it', () => {
  const policy = selector({ trust: mixture });
  const names = ['holt-winters', 'seasonal-level', 'recent-change', 'value-range', 'slow-drift', 'a', 'b', 'c'];
  const severityOf = (u: readonly number[]): number =>
    policy.choose(policy.create(1, names), { time: 1000, u, direction: 0 }).severity;
  const seen = [2, 2, 2, 2, 2];
  expect(severityOf([...seen, -3, -3, -3])).toBe(severityOf([...seen, 1, 1, 1]));
  expect(severityOf([2, 2, 2, 2, 1, -3, -3, -3])).toBeLessThan(severityOf([...seen, -3, -3, -3]));
});
