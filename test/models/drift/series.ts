/** Series that remember: AR(1) of variance 1. */
import { Seeded } from '../../../models/detectors/seeded.js';

/** Standard normal values: the sum of twelve uniform ones, which is enough here. */
export function normal(seed: number): () => number {
  const chance = new Seeded(seed);
  return () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += chance.uniform();
    return sum;
  };
}

export function autoregressive(length: number, memory: number, seed: number): Float64Array {
  const next = normal(seed);
  const innovation = Math.sqrt(1 - memory * memory);
  const values = new Float64Array(length);
  let value = next();
  for (let i = 0; i < length; i++) values[i] = value = memory * value + innovation * next();
  return values;
}
