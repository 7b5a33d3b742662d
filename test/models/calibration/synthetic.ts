/** Seeded normal life of a service: heavy tails, a daily season, autocorrelation, now and then a burst. */
import { mix32 } from '../../../records/wire/hash.js';

/** Taken once: in a test's realm each look at the global Math is slow. */
const { sqrt, log, cos, sin, pow, abs, PI } = Math;

export const MINUTE = 60_000;
/** Monday 2024-01-01 UTC. */
export const START = 1_704_067_200_000;

/** Uniform numbers in (0, 1). */
export function uniforms(seed: number): () => number {
  let state = mix32(seed + 1);
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    return (mix32(state) + 0.5) / 0x100000000;
  };
}

/**
 * Scores of `detectors` detectors that share a hidden cause, one row each `step` minutes.
 * @param tail degrees of freedom like: 3 is heavy, 10 is light
 */
export function* normalScores(seed: number, rows: number, detectors: number, tail = 4, step = 1): Generator<number[]> {
  const next = uniforms(seed);
  const gauss = (): number => sqrt(-2 * log(next())) * cos(2 * PI * next());
  let slow = 0;
  for (let t = 0; t < rows; t++) {
    slow = 0.9 * slow + sqrt(1 - 0.81) * gauss();
    const season = 1 + 0.5 * sin((2 * PI * ((t * step) % 1440)) / 1440);
    const burst = pow(next(), -1 / tail);
    const row: number[] = [];
    for (let k = 0; k < detectors; k++) {
      const own = abs(0.6 * slow + 0.8 * gauss()) * season * (0.5 * burst + 0.5 * pow(next(), -1 / tail));
      row.push(own * (k + 1));
    }
    yield row;
  }
}
