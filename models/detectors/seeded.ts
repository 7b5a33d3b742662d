/** Seeded chance: the same seed gives the same numbers everywhere. */
import { mix32 } from '../../records/wire/hash.js';

/** Uniform integers below 2^32, from a counter through the finaliser of MurmurHash3 (as SplitMix does). */
export class Seeded {
  private counter: number;

  constructor(seed: number) {
    this.counter = mix32(seed >>> 0) ^ mix32(Math.floor(seed / 0x100000000) >>> 0);
  }

  /** In [0, 1), on 2^-32. */
  uniform(): number {
    this.counter = (this.counter + 0x9e3779b9) >>> 0;
    return mix32(this.counter) / 0x100000000;
  }

  /** An integer in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.uniform() * limit);
  }

  /** `count` different indices below `size`, or all of them; the first steps of a Fisher-Yates shuffle. */
  sample(size: number, count: number): number[] {
    const indices = Array.from({ length: size }, (_, i) => i);
    const taken = Math.min(size, count);
    for (let i = 0; i < taken; i++) {
      const j = i + this.below(size - i);
      [indices[i], indices[j]] = [indices[j]!, indices[i]!];
    }
    return indices.slice(0, taken);
  }
}
