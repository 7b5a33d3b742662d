import { subjectOf } from '../../../offline/replay/answers.js';
import { rescore, wouldFire, type PolicyChange } from '../../../offline/whatif/rescore.js';
import { CORE } from '../../../models/policies/defaults.js';
import type { Decision } from '../../../records/score.js';
import { aDecision } from '../../builders/decision.js';

let end = 0;
const decision = (us: readonly number[], threshold: number, more: Partial<Decision> = {}): Decision => {
  const [low, middle, high] = [...us].sort((a, b) => a - b) as [number, number, number];
  return aDecision({
    entity: 'service{service="auth"}',
    start: end,
    end: (end += 300_000),
    scores: us.map((u, i) => ({ detector: `d${i}`, score: u, u })),
    arms: [
      { arm: 'median', u: middle, weight: 1 },
      { arm: 'mean', u: (low + middle + high) / 3, weight: 0 },
    ],
    u: middle,
    threshold,
    fired: middle >= threshold,
    ...more,
  });
};

const tell = (decisions: readonly Decision[], truths: readonly boolean[], question: PolicyChange) =>
  rescore(decisions, new Map(decisions.map((one, i) => [subjectOf(one), truths[i]!])), question);

test('a smaller budget loses the alerts that were just above the threshold', () => {
  const decisions = [decision([0, 0.2, 1], 0.1), decision([1, 1.4, 2], 0.1)];
  const changes = tell(decisions, [false, true], { budget: { was: 10, is: 1 } });
  expect(changes).toMatchObject({
    answers: 2,
    kept: { true: 1, false: 0 },
    lost: { true: 0, false: 1 },
    new: { true: 0, false: 0 },
  });
});

test('a larger budget makes alerts of questions, and counts apart what was not answered', () => {
  const asked = decision([0, 0.2, 1], 0.5, { asked: true, propensity: 0.1 });
  const silent = decision([0, 0.3, 1], 0.5);
  const answers = new Map([[subjectOf(asked), true]]);
  const changes = rescore([asked, silent], answers, { budget: { was: 1, is: 10 } });
  expect(changes).toMatchObject({ answers: 1, new: { true: 1, false: 0 }, unanswered: 1 });
});

test('without a detector the default arm of the others decides, or the arm that is asked for', () => {
  const one = decision([0, 1, 2], 0.9);
  expect(wouldFire(one, { without: 'd2' })).toBe(false);
  expect(wouldFire(one, { without: 'd0' })).toBe(true);
  expect(wouldFire(one, { without: 'd0', policy: 'd1' })).toBe(true);
  expect(wouldFire(one, { without: 'd2', policy: 'd0' })).toBe(false);
  expect(wouldFire(one, { without: 'd2', policy: 'd2' })).toBeUndefined();
});

test('the default arm is the mean where there is no core, and the median of the core where there is one', () => {
  const logs = decision([0, 0.2, 2], 0.5);
  expect(wouldFire(logs, { policy: 'default' })).toBe(true);
  const scores = [0.6, 0.7, 0.8, -3, -3].map((u, i) => ({ detector: CORE[i] ?? '', score: u, u }));
  const arms = [
    { arm: 'mean', u: -0.78, weight: 0 },
    { arm: 'core median', u: 0.6, weight: 1 },
  ];
  const series = decision([0, 0, 0], 0.5, { scores, arms });
  expect(wouldFire(series, { policy: 'default' })).toBe(true);
  // Three of the core are enough of one.
  expect(wouldFire(series, { without: CORE[3] })).toBe(true);
  expect(wouldFire(series, { without: CORE[0] })).toBe(false);
});

test('an arm by its name; one that the log does not have cannot be told', () => {
  const one = decision([0, 0.2, 2], 0.5);
  expect([wouldFire(one, { policy: 'mean' }), wouldFire(one, { policy: 'median' })]).toEqual([true, false]);
  expect(wouldFire(one, { policy: 'top 5' })).toBeUndefined();
});

test('sessions have a rarity and no return level: another budget cannot be told of them', () => {
  const one = decision([2, 2, 2], 1.5, { key: 'job-1' });
  expect(wouldFire(one, { budget: { was: 1, is: 2 } })).toBeUndefined();
  expect(tell([one], [true], { budget: { was: 1, is: 2 } })).toMatchObject({ answers: 1, untold: 1 });
});

test('plain rules always fire', () => {
  expect(wouldFire(decision([0, 0, 0], 9, { rules: ['oom'], fired: true }), { budget: { was: 1, is: 0.1 } })).toBe(
    true,
  );
});
