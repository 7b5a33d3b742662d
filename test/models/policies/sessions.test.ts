import fc from 'fast-check';
import { ascending, decode, encode } from '../../../records/wire/codec.js';
import { observeSession } from '../../../models/policies/session-budget.js';
import {
  answerSession,
  askSession,
  beginWeek,
  countNear,
  createSessionClass,
  isNear,
  isUncertain,
  judgeSession,
  sessionClassCodec,
  sessionThreshold,
  type SessionClass,
} from '../../../models/policies/sessions.js';
import type { VerdictValue } from '../../../models/policies/verdict.js';

const minute = 60_000;
const day = 1440 * minute;
const start = Date.UTC(2026, 0, 5);

type Set = readonly number[];
/** Templates that differ, as a plain distance. */
const distance = (a: Set, b: Set): number =>
  a.filter((x) => !b.includes(x)).length + b.filter((x) => !a.includes(x)).length;
const fresh = (budget = 1) => createSessionClass<Set>(budget);
/** Answers as they come back: with what the session was judged when it was shown. */
const answer = (state: SessionClass<Set>, verdict: VerdictValue, set: Set, u: number): void => {
  const { z } = judgeSession(state, u, set, distance);
  answerSession(state, { verdict, set, u, fired: z >= 0, time: start }, distance);
};

/** Lets a class live: one session every ten minutes, each `every`th of them as rare as `rare`. */
function live(state: SessionClass<Set>, days: number, every: number, rare: (n: number) => number, from = 0): number {
  let alerts = 0;
  let last = -Infinity;
  for (let i = 0; i < days * 144; i++) {
    const time = start + from * day + i * 10 * minute;
    const u = i % every === every - 1 ? rare(i) : 0.3;
    const { fires } = judgeSession(state, u, [1], distance);
    if (fires && time - last > 10 * minute) alerts++;
    if (fires) last = time;
    observeSession(state.budget, time, u, fires);
  }
  return alerts;
}

test('a session is rare from 1.5 on, until the past of its class is long enough to tell what a week brings', () => {
  const state = fresh();
  expect(sessionThreshold(state)).toBe(1.5);
  live(state, 1.5, 20, () => 3);
  expect(sessionThreshold(state)).toBe(1.5);
  live(state, 8, 20, () => 3, 1.5);
  expect(sessionThreshold(state)).toBeGreaterThan(3);
});

test('a class whose past has few rare sessions fires from 1.5 on', () => {
  const state = fresh();
  live(state, 14, 20, () => 0.9);
  expect(sessionThreshold(state)).toBe(1.5);
  expect(judgeSession(state, 1.6, [1], distance).fires).toBe(true);
});

test('the budget is kept: more allowed is more alerts, and no more than that', () => {
  // Rarity without a bound: one in two is above 1.6, one in four above 1.9, and so on.
  const tail = (n: number): number => {
    let u = 1.3;
    for (let k = (n * 2654435761) % 4294967296; k % 2 === 1 && u < 8; k = Math.floor(k / 2)) u += 0.3;
    return u;
  };
  const weekly = [1, 7].map((budget) => {
    const state = fresh(budget);
    live(state, 14, 7, tail);
    return live(state, 56, 7, tail, 14) / 8;
  });
  expect(weekly[0]).toBeLessThanOrEqual(1);
  expect(weekly[1]).toBeLessThanOrEqual(7);
  expect(weekly[1]).toBeGreaterThan(weekly[0]!);
});

test('one answer settles all sessions with the same set, and hardly moves distant ones', () => {
  const state = fresh();
  const [odd, other] = [
    [1, 2, 9],
    [1, 2, 3, 4, 5, 6, 7],
  ];
  expect(judgeSession(state, 1.7, odd, distance).fires).toBe(true);
  answer(state, 'expected', odd, 1.7);
  expect(judgeSession(state, 1.7, odd, distance)).toMatchObject({ fires: false, vetoed: true });
  expect(judgeSession(state, 2.2, other, distance).fires).toBe(true);
  answer(state, 'anomaly', other, 1.7);
  expect(judgeSession(state, 1.4, other, distance)).toMatchObject({ fires: true, boosted: true });
});

test('one answer against what is known does not decide, several that agree do', () => {
  const state = fresh();
  const set = [4, 5];
  const fires = (): boolean => judgeSession(state, 2.5, set, distance).fires;
  answer(state, 'not-anomaly', set, 2.5);
  expect(fires()).toBe(true);
  answer(state, 'not-anomaly', set, 2.5);
  expect(fires()).toBe(false);
  // And what was a slip is outvoted.
  for (let i = 0; i < 3; i++) answer(state, 'anomaly', set, 2.5);
  expect(fires()).toBe(true);
});

test('a wrong answer on a common kind neither makes it fire nor brings the threshold down to it', () => {
  const state = fresh();
  answer(state, 'anomaly', [1], 0.1);
  expect(judgeSession(state, 0.1, [1], distance).fires).toBe(false);
  expect(sessionThreshold(state)).toBeGreaterThan(1.2);
});

test('a threshold that is too high comes down to where the answers say that anomalies are', () => {
  const state = fresh();
  const rare = 3;
  expect(sessionThreshold(state, rare)).toBe(3);
  for (const [i, u] of [2.6, 2.4, 2.1, 1.9, 1.7, 1.6].entries()) {
    const set = [i * 10, i * 10 + 1, i * 10 + 2];
    const { z } = judgeSession(state, u, set, distance, rare);
    answerSession(state, { verdict: 'anomaly', set, u, fired: z >= 0, time: start }, distance, rare);
  }
  expect(sessionThreshold(state, rare)).toBeLessThan(2);
});

test('worth a question is what one answer would settle, and no open question on an alike set', () => {
  const state = fresh();
  const asks = (u: number, set: Set): boolean => {
    const judged = judgeSession(state, u, set, distance);
    if (!isNear(judged)) return false;
    countNear(state, set, distance);
    return isUncertain(state, set, judged, distance, 20);
  };
  expect([asks(0.2, [1]), asks(1.2, [1]), asks(1.9, [1]), asks(4, [2, 3])]).toEqual([false, true, true, false]);
  askSession(state, [1]);
  expect([asks(1.9, [1]), asks(1.9, [7, 8, 9])]).toEqual([false, true]);
  answer(state, 'anomaly', [7, 8, 9], 1.9);
  expect(asks(1.9, [7, 8, 9])).toBe(false);
  // An answer against what the class knows is asked for a second time.
  answer(state, 'not-anomaly', [1], 2.2);
  expect(asks(2.2, [1])).toBe(true);
});

test('questions go to the largest groups, also where the class has no doubt, and two equal answers settle one', () => {
  const state = fresh();
  const [few, many, clear] = [[1], [4, 5, 6], [7, 8, 9]];
  const asks = (u: number, set: Set): boolean =>
    isUncertain(state, set, judgeSession(state, u, set, distance), distance, 2);
  for (const [set, times] of [
    [few, 2],
    [many, 40],
    [clear, 60],
  ] as const)
    for (let n = 0; n < times; n++) countNear(state, set, distance);
  expect([asks(1.9, few), asks(1.9, many), asks(8, clear)]).toEqual([false, true, true]);
  for (let n = 0; n < 2; n++) answer(state, 'not-anomaly', clear, 8);
  expect(judgeSession(state, 8, clear, distance)).toMatchObject({ fires: false, vetoed: true });
  expect([asks(8, clear), asks(1.9, few)]).toEqual([false, true]);
  // The class goes on as before.
  expect(judgeSession(state, 3, [20, 21, 22, 23], distance).fires).toBe(true);
  // A week without them and small groups are forgotten.
  for (const week of [1, 2, 3]) beginWeek(state, week);
  expect(state.groups.map(({ set }) => set)).toEqual([many, clear]);
});

test('z never falls as u rises', () => {
  const state = fresh();
  answer(state, 'anomaly', [1], 1.5);
  answer(state, 'expected', [1, 2], 1.5);
  const u = fc.double({ min: 0, max: 9, noNaN: true });
  fc.assert(
    fc.property(u, u, fc.uniqueArray(fc.nat(5)), (a, b, set) => {
      const z = (x: number): number => judgeSession(state, x, set, distance).z;
      expect(z(Math.min(a, b))).toBeLessThanOrEqual(z(Math.max(a, b)));
    }),
  );
});

test('the state of a class and its bytes are inverse', () => {
  const codec = sessionClassCodec<readonly number[]>(ascending);
  const set = fc.uniqueArray(fc.nat(1e6), { maxLength: 30 }).map((ids) => ids.sort((a, b) => a - b));
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 12, noNaN: true })),
      fc.array(fc.tuple(set, fc.boolean()), { maxLength: 120 }),
      (us, sets) => {
        const state = fresh();
        us.forEach((u, i) => observeSession(state.budget, start + i * 300 * minute, u, u > 2));
        sets.forEach(([s, truth]) => answer(state, truth ? 'anomaly' : 'new-normal', s, 2));
        if (sets.length > 0) askSession(state, sets[0]![0]);
        const bytes = encode(codec, state);
        expect(decode(codec, bytes)).toEqual(state);
      },
    ),
    { numRuns: 50 },
  );
});
