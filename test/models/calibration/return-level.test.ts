import fc from 'fast-check';
import { decode, encode } from '../../../records/wire/codec.js';
import {
  createReturnLevel,
  observe,
  poolPrior,
  returnLevel,
  returnLevelCodec,
} from '../../../models/calibration/return-level.js';
import { keyOf, scoreOf } from '../../../models/calibration/score-key.js';
import { createEpisodes, nextEpisode, type Rise } from '../../../models/calibration/episodes.js';
import { MINUTE, normalScores, START, uniforms } from './synthetic.js';

const WEEK = 7 * 1440;

function learnt(seed: number, minutes: number, score = (x: number): number => x) {
  const state = createReturnLevel(seed);
  let t = 0;
  for (const [s] of normalScores(seed, minutes, 1)) observe(state, START + t++ * MINUTE, score(s!));
  return state;
}

/** Alert episodes at a threshold, counted the plain way. */
function episodes(scores: readonly number[], threshold: number, step = 1): number {
  let count = 0;
  let last = -Infinity;
  scores.forEach((score, t) => {
    if (score < threshold) return;
    if ((t - last) * step > 10) count++;
    last = t;
  });
  return count;
}

test('a score key keeps the order and is its own floor', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      expect(keyOf(low)).toBeLessThanOrEqual(keyOf(high));
      expect(keyOf(scoreOf(keyOf(a)))).toBe(keyOf(a));
    }),
  );
});

test('rises count the episodes of every threshold exactly, within one cut', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 59 }), (scores) => {
      const state = createEpisodes();
      const rises: Rise[] = [];
      scores.forEach((score, t) => {
        const over = nextEpisode(state, t * MINUTE, keyOf(score));
        if (over) rises.push({ ...over });
      });
      rises.push(state.open);
      for (let threshold = 1; threshold <= 30; threshold++) {
        const key = keyOf(threshold);
        const counted = rises.filter(({ base, peak }) => base < key && key <= peak).length;
        expect(counted).toBe(episodes(scores, threshold));
      }
    }),
  );
});

test('u is monotone in the score, on its grid and within its range, fitted or not', () => {
  const states = [
    createReturnLevel(),
    learnt(1, 1440),
    learnt(2, 3 * 1440),
    learnt(3, 2 * WEEK),
    learnt(4, WEEK, () => 0),
  ];
  const prior = poolPrior([states[3]!]);
  fc.assert(
    fc.property(
      fc.constantFrom(...states),
      fc.constantFrom(undefined, prior),
      fc.double({ min: -50, max: 5000, noNaN: true }),
      fc.double({ min: -50, max: 5000, noNaN: true }),
      (state, fallback, a, b) => {
        const at = (score: number) => returnLevel(state, score, fallback);
        const low = at(Math.min(a, b));
        const high = at(Math.max(a, b));
        expect(low.u).toBeLessThanOrEqual(high.u);
        expect(Number.isInteger(low.u * 4096)).toBe(true);
        expect(low.u).toBeGreaterThanOrEqual(-3);
        expect(high.u).toBeLessThanOrEqual(4);
        expect(low.confidence).toBeGreaterThanOrEqual(0);
        expect(low.confidence).toBeLessThanOrEqual(1);
      },
    ),
  );
});

test('u says how often the threshold is crossed in weeks to come', () => {
  const ratios: Record<number, number[]> = { 1: [], 3: [], 7: [], 30: [] };
  const [past, future, step] = [4, 8, 5];
  const week = WEEK / step;
  for (let seed = 0; seed < 8; seed++) {
    const state = createReturnLevel(seed);
    const us: number[] = [];
    let t = 0;
    for (const [s] of normalScores(seed, (past + future) * week, 1, 4, step)) {
      if (t >= past * week) us.push(returnLevel(state, s!).u);
      observe(state, START + t++ * step * MINUTE, s!);
    }
    for (const n of [1, 3, 7, 30]) ratios[n]!.push(episodes(us, -Math.log10(n), step) / future);
  }
  const mean = (xs: number[]): number => xs.reduce((a, b) => a + b) / xs.length;
  const seen = Object.fromEntries(Object.entries(ratios).map(([n, xs]) => [n, mean(xs)]));
  console.info('episodes a week at -log10 N, mean of 8 services:', seen);
  for (const n of [1, 3, 7, 30]) {
    expect(seen[n]).toBeGreaterThan(0.6 * n);
    expect(seen[n]).toBeLessThan(1.5 * n);
  }
});

test('the same scores give the same bytes, and bytes decode to the same state', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 0, max: 5000 }), (seed, minutes) => {
      const bytes = encode(returnLevelCodec, learnt(seed, minutes));
      expect(encode(returnLevelCodec, learnt(seed, minutes)).equals(bytes)).toBe(true);
      const back = decode(returnLevelCodec, bytes);
      expect(encode(returnLevelCodec, back).equals(bytes)).toBe(true);
      expect(back).toEqual(learnt(seed, minutes));
    }),
    { numRuns: 10 },
  );
});

test('a state that went through bytes goes on as if it had not', () => {
  const straight = learnt(7, 2 * WEEK);
  const cut = createReturnLevel(7);
  let state = cut;
  let t = 0;
  const next = uniforms(3);
  for (const [s] of normalScores(7, 2 * WEEK, 1)) {
    observe(state, START + t++ * MINUTE, s!);
    if (next() < 0.001) state = decode(returnLevelCodec, encode(returnLevelCodec, state));
  }
  expect(encode(returnLevelCodec, state).equals(encode(returnLevelCodec, straight))).toBe(true);
});

test('a state stays small', () => {
  const size = Math.max(...[1, 2].map((seed) => encode(returnLevelCodec, learnt(seed, 5 * WEEK)).length));
  console.info(`return level state: ${size} bytes at most`);
  expect(size).toBeLessThanOrEqual(720);
});

test('confidence grows from the prior to the own past', () => {
  const prior = poolPrior([learnt(3, 2 * WEEK)]);
  expect(returnLevel(createReturnLevel(), 5).confidence).toBe(0);
  expect(returnLevel(createReturnLevel(), 5, prior).confidence).toBe(0.25);
  const threeDays = returnLevel(learnt(5, 3.5 * 1440), 5, prior).confidence;
  expect(threeDays).toBeGreaterThan(0.25);
  expect(threeDays).toBeLessThan(1);
  expect(returnLevel(learnt(5, 2 * WEEK), 5, prior).confidence).toBe(1);
});

test('what was never seen is not called rarer than the past is long', () => {
  const quiet = learnt(4, 2 * WEEK, () => 0);
  expect(returnLevel(quiet, 100).u).toBeGreaterThan(0);
  expect(returnLevel(quiet, 100).u).toBeLessThan(0.7);
  expect(returnLevel(quiet, 0).u).toBeLessThan(-2);
});

test('time that falls and scores that are no number are refused', () => {
  const state = learnt(1, 100);
  expect(() => observe(state, START, 1)).toThrow(/close in order/);
  expect(() => observe(state, START + 1e7, Number.NaN)).toThrow(/NaN/);
});
