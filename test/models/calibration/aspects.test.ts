/** Aspects are calibrated alone, and together by the harmonic mean of their chances. */
import {
  aspectCalibrationCodec,
  calibrateAspects,
  createAspectCalibration,
  learnAspects,
} from '../../../models/calibration/aspects.js';
import { aspectNames, aspectPlace, aspectScores } from '../../../models/features/aspects.js';
import { decode, encode } from '../../../records/wire/codec.js';

const start = Date.UTC(2026, 0, 5);
const step = 300_000;

/** A seeded score of ordinary windows, exponential with mean .5. */
function noise(seed: number): number {
  let x = (seed * 2_654_435_761) >>> 0;
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) >>> 0;
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39) >>> 0;
  return -0.5 * Math.log(((x ^ (x >>> 15)) >>> 0) / 2 ** 32 + 1e-10);
}

const ordinary = (i: number): Float64Array =>
  Float64Array.from({ length: aspectScores }, (_, k) => noise(i * aspectScores + k));

function after(windows: number) {
  const state = createAspectCalibration();
  for (let i = 0; i < windows; i++) {
    const scores = ordinary(i);
    learnAspects(state, start + i * step, scores, calibrateAspects(state, scores));
  }
  return state;
}

test('one aspect at many times its usual size is as clear as all together', () => {
  const state = after(4032);
  const scores = ordinary(5000);
  scores[aspectPlace('latency', 0)] = 20;
  expect(calibrateAspects(state, scores).symptoms).toBeGreaterThan(1);
});

test('what only differs is no symptom', () => {
  const state = after(4032);
  const scores = ordinary(5000);
  scores[aspectPlace('novelty', 0)] = 20;
  const { symptoms, differences } = calibrateAspects(state, scores);
  expect(symptoms).toBeLessThan(0);
  expect(differences).toBeGreaterThan(0);
});

test('u never falls as a score rises', () => {
  const state = after(2016);
  let last = -3;
  for (let score = 0; score < 64; score += 0.5) {
    const scores = ordinary(9000);
    for (let l = 0; l < 3; l++) scores[aspectPlace('errors', l as 0 | 1 | 2)] = score;
    const { aspects } = calibrateAspects(state, scores);
    const u = aspects[aspectNames.indexOf('errors')]!;
    expect(u).toBeGreaterThanOrEqual(last);
    last = u;
  }
});

test('in ordinary weeks it is about as often above 0 as it says', () => {
  const state = after(2016);
  let episodes = 0;
  for (let i = 2016; i < 2016 * 5; i++) {
    const scores = ordinary(i);
    const judged = calibrateAspects(state, scores);
    if (judged.symptoms >= 0) episodes++;
    learnAspects(state, start + i * step, scores, judged);
  }
  // Four weeks at once a week.
  expect(episodes).toBeLessThanOrEqual(8);
});

test('what is stored is what was, and takes about a kilobyte and a half', () => {
  const state = after(2016);
  const bytes = encode(aspectCalibrationCodec, state);
  expect(decode(aspectCalibrationCodec, bytes)).toEqual(state);
  expect(bytes.length).toBeLessThan(2048);
});
