import { onsets } from '../../../lab/eval/nab-onsets.js';
import { scaledSigmoid, scoreNab, type NabFile } from '../../../lab/eval/nab-score.js';

const standard = { tpWeight: 1, fpWeight: 0.11, fnWeight: 1 };
const file = (peaks: readonly number[]): NabFile => {
  const scores = new Float64Array(1000);
  for (const at of peaks) scores[at] = 1;
  return { scores, windows: [[500, 599]], probation: 150 };
};

test('nothing found is 0, the first row of every window is nearly 100', () => {
  expect(scoreNab([file([])], standard).score).toBe(0);
  // The left edge lies one row inside the window, as in the original.
  expect(scoreNab([file([500]), file([500])], standard).score).toBeCloseTo(100, 1);
});

test('late is worth less than early, and false alarms cost', () => {
  const at = (...peaks: number[]): number => scoreNab([file(peaks)], standard).score;
  expect(at(550)).toBeLessThan(at(510));
  expect(at(590)).toBeLessThan(at(550));
  expect(at(510, 200)).toBeCloseTo(at(510) - (100 * 0.11) / 2, 6);
  // Just behind the window a detection is hardly false.
  expect(at(510, 601)).toBeGreaterThan(at(510, 900));
  expect(at(510, 100)).toBe(at(510));
});

test('one threshold holds for all files', () => {
  const low = { ...file([]), scores: Float64Array.from(file([510]).scores, (score) => score / 2) };
  const noisy = {
    ...file([]),
    scores: Float64Array.from(file([200, 300, 400, 700, 800, 900]).scores, (score) => score * 0.7),
  };
  expect(scoreNab([low, noisy], standard).score).toBeLessThan(scoreNab([low, file([])], standard).score);
});

test('the sigmoid is 0 at the right edge and -1 far behind', () => {
  expect(scaledSigmoid(0)).toBe(0);
  expect(scaledSigmoid(3)).toBe(-1);
  expect(scaledSigmoid(-1)).toBeCloseTo(0.98661, 5);
});

test('an alert is told once: only what rises above the rows before keeps its score, causally', () => {
  const u = Float64Array.from({ length: 200 }, (_, i) => (i >= 50 && i < 60 ? 2 : i === 55 ? 3 : -1));
  u[55] = 3;
  const scores = onsets(u);
  expect(scores[50]).toBeGreaterThan(0.5);
  expect(scores[51]).toBe(0);
  expect(scores[55]).toBeGreaterThan(scores[50]!);
  expect([...onsets(u.slice(0, 56))]).toEqual([...scores.slice(0, 56)]);
});
