import fc from 'fast-check';
import { decode, encode } from '../../../records/codec.js';
import {
  answerSession,
  createSessionClass,
  judgeSession,
  observeSession,
  sessionClassCodec,
  sessionsToAsk,
  sessionThreshold,
  templateSetCodec,
} from '../../../models/policies/sessions.js';

type Set = readonly number[];
/** Templates that differ, as a plain distance. */
const distance = (a: Set, b: Set): number =>
  a.filter((x) => !b.includes(x)).length + b.filter((x) => !a.includes(x)).length;
const fresh = () => createSessionClass<Set>();

test('the threshold is 1.5 until more than a tenth of the sessions is rarer', () => {
  const state = fresh();
  expect(sessionThreshold(state)).toBe(1.5);
  for (let i = 0; i < 1000; i++) observeSession(state, i % 20 === 0 ? 3 : 0.2);
  expect(sessionThreshold(state)).toBe(1.5);
  for (let i = 0; i < 1000; i++) observeSession(state, i % 4 === 0 ? 3 : 0.2);
  expect(sessionThreshold(state)).toBeGreaterThanOrEqual(3);
  expect(sessionThreshold(state)).toBeLessThan(3.1);
});

test('one answer settles all sessions with the same set, and hardly moves distant ones', () => {
  const state = fresh();
  const [odd, other] = [
    [1, 2, 9],
    [1, 2, 3, 4, 5, 6, 7],
  ];
  expect(judgeSession(state, 2, odd, distance).fires).toBe(true);
  answerSession(state, { verdict: 'expected', set: odd, z: 0.5 }, distance);
  expect(judgeSession(state, 2, odd, distance)).toMatchObject({ fires: false, vetoed: true });
  expect(judgeSession(state, 2, other, distance).fires).toBe(true);
  answerSession(state, { verdict: 'anomaly', set: other, z: 1.5 }, distance);
  expect(judgeSession(state, 1, other, distance)).toMatchObject({ fires: true, boosted: true });
});

test('an answer against all that is known counts in full only when a second confirms it', () => {
  const state = fresh();
  const set = [4, 5];
  const { z } = judgeSession(state, 2.2, set, distance);
  expect(z).toBeGreaterThan(1);
  answerSession(state, { verdict: 'not-anomaly', set, z }, distance);
  expect(state.verdicts).toEqual([{ set, true: false, doubted: true }]);
  const once = judgeSession(state, 2.2, set, distance).z;
  answerSession(state, { verdict: 'not-anomaly', set, z }, distance);
  expect(state.verdicts.map((v) => v.doubted)).toEqual([false, false]);
  expect(judgeSession(state, 2.2, set, distance).z).toBeLessThan(once);
});

test('the least certain is asked first', () => {
  expect(sessionsToAsk([{ z: 3 }, { z: -0.5 }, { z: 1 }, { z: 0.5 }])).toEqual([
    { z: -0.5 },
    { z: 0.5 },
    { z: 1 },
    { z: 3 },
  ]);
});

test('z never falls as u rises', () => {
  const state = fresh();
  answerSession(state, { verdict: 'anomaly', set: [1], z: 0 }, distance);
  answerSession(state, { verdict: 'expected', set: [1, 2], z: 0 }, distance);
  const u = fc.double({ min: 0, max: 9, noNaN: true });
  fc.assert(
    fc.property(u, u, fc.uniqueArray(fc.nat(5)), (a, b, set) => {
      const z = (x: number): number => judgeSession(state, x, set, distance).z;
      expect(z(Math.min(a, b))).toBeLessThanOrEqual(z(Math.max(a, b)));
    }),
  );
});

test('the state of a class and its bytes are inverse', () => {
  const codec = sessionClassCodec(templateSetCodec);
  const set = fc.uniqueArray(fc.nat(1e6), { maxLength: 30 }).map((ids) => ids.sort((a, b) => a - b));
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 12, noNaN: true })),
      fc.array(fc.tuple(set, fc.boolean()), { maxLength: 120 }),
      (us, sets) => {
        const state = fresh();
        us.forEach((u) => observeSession(state, u));
        sets.forEach(([s, truth]) =>
          answerSession(state, { verdict: truth ? 'anomaly' : 'new-normal', set: s, z: 2 }, distance),
        );
        const bytes = encode(codec, state);
        expect(decode(codec, bytes)).toEqual(state);
      },
    ),
    { numRuns: 50 },
  );
});
