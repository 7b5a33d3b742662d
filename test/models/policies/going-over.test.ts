/** An entity that goes over to another strategy keeps its threshold, its answers and its questions; what another learnt is left. */
import { encode, decode, int } from '../../../records/wire/codec.js';
import { mixture } from '../../../models/policies/mixture.js';
import { goingOver, policyNames } from '../../../models/policies/going-over.js';
import { scoredCodec, type Choice } from '../../../models/policies/policy.js';
import { selector } from '../../../models/policies/selector.js';
import { live } from './life.js';

const honest = (truth: boolean) => (truth ? ('anomaly' as const) : ('not-anomaly' as const));
const life = { seed: 5, weeks: 2, incidents: 5, answer: honest };

test('over a memory of many the mixture chooses as it does over its own', () => {
  const chosenBy = (choices: Buffer[]) => (choice: Choice) => choices.push(encode(scoredCodec, choice));
  const [own, of]: Buffer[][] = [[], []];
  live(selector({ trust: mixture }), life, chosenBy(own!));
  live(selector({ trust: goingOver('mixture') }), life, chosenBy(of!));
  expect(Buffer.concat(of!).equals(Buffer.concat(own!))).toBe(true);
});

test.each(policyNames.flatMap((from) => policyNames.map((to) => [from, to] as const)))('from %s to %s', (from, to) => {
  const [a, b] = [from, to].map((name) => selector({ trust: goingOver(name) }));
  let last: Choice | undefined;
  const { state } = live(a!, life, (choice) => (last = choice));
  expect(a!.follows(state)).toBe(true);
  expect(b!.follows(state)).toBe(from === to);
  // A verdict that comes before the next window: the strategy that is left behind may still learn.
  b!.learn(state, { verdict: 'anomaly', scored: last!, id: 9 });
  const over = b!.adopt(state, state.detectors);
  expect(b!.follows(over)).toBe(true);
  expect([over.threshold, over.memory, over.answers, over.audits]).toEqual([
    state.threshold,
    state.memory,
    state.answers,
    state.audits,
  ]);
  const choice = b!.choose(over, { time: last!.time + 300_000, u: last!.arms.slice(0, 6), direction: 1 });
  expect(choice.policy).toBe({ mixture: 'mixture', thompson: 'thompson', default: 'fixed' }[to]);
  expect(decode(b!.codec, encode(b!.codec, over))).toEqual(over);
});

test('a state from before strategies were named is of the one that is configured', () => {
  const older = selector({ trust: mixture });
  const { state } = live(older, life);
  // Such a state ends without the time of version 8.
  const bytes = encode(older.codec, state).subarray(0, -encode(int, state.over).length);
  const read = decode(selector({ trust: goingOver('mixture') }).older.get(6)!, bytes);
  expect(read).toEqual({ ...state, trust: { type: 'mixture', own: state.trust }, over: state.fired });
});

test('with another chance that is worth an alert answers raise or lower the threshold; without questions none are asked', () => {
  const thresholdAt = (valueChance: number): number =>
    live(selector({ trust: mixture, valueChance, budget: 50 }), { ...life, weeks: 4 }).state.threshold.value;
  expect(thresholdAt(0.05)).toBeLessThan(thresholdAt(0.4));
  const quiet = { seed: 2, weeks: 4 };
  const asked = (audits: number): number =>
    live(selector({ trust: mixture, audits, budget: 1 }), quiet).audits.reduce((sum, one) => sum + one, 0);
  expect(asked(0)).toBe(0);
  expect(asked(5)).toBeGreaterThanOrEqual(asked(1));
});
