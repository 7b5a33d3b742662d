/** Seeded chance of the simulator: sfc32, and the few distributions that a fleet needs. */
import { hashText } from '../../records/wire/hash.js';

/** Taken from Math once: inside a vm context, where tests run, every look-up of a global is slow. */
const { cos, exp, floor, log, max, round, sqrt } = Math;

/**
 * sfc32 (Doty-Humphrey, PractRand): small, fast, and the same numbers for the same seed everywhere.
 * Every stream of the simulation has its own generator, so that one stream's draws never move another's.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d = 1;

  /** @param name what the numbers are for: generators of one seed with different names are independent. */
  constructor(seed: number, name: string) {
    const hash = hashText(`${seed}/${name}`);
    this.a = hash >>> 0;
    this.b = floor(hash / 0x100000000) >>> 0;
    this.c = seed >>> 0;
    for (let i = 0; i < 12; i++) this.next();
  }

  /** 32 bits. */
  next(): number {
    const sum = (((this.a + this.b) | 0) + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform in [0, 1). */
  fraction(): number {
    return this.next() / 0x100000000;
  }

  /** Uniform integer in [low, high]. */
  integer(low: number, high: number): number {
    return low + floor(this.fraction() * (high - low + 1));
  }

  /** Uniform number in [low, high). */
  between(low: number, high: number): number {
    return low + this.fraction() * (high - low);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)]!;
  }

  /** Standard normal (Box and Muller). */
  normal(): number {
    return sqrt(-2 * log(1 - this.fraction())) * cos(2 * Math.PI * this.fraction());
  }

  /** Mean 0, variance 1, bell-shaped, at most 3: a sum of three uniforms, where a normal would be slow for nothing. */
  bell(): number {
    return 2 * (this.fraction() + this.fraction() + this.fraction() - 1.5);
  }

  /** Poisson count; above 30 by its normal approximation. */
  poisson(mean: number): number {
    if (mean <= 0) return 0;
    if (mean > 30) return max(0, round(mean + sqrt(mean) * this.normal()));
    const limit = exp(-mean);
    let count = 0;
    for (let product = this.fraction(); product > limit; product *= this.fraction()) count++;
    return count;
  }

  /** A new array in random order. */
  shuffled<T>(items: readonly T[]): T[] {
    const order = [...items];
    for (let i = order.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }
}

/** Draws an index with given weights in constant time (Walker's alias method, by Vose). */
export class Alias {
  private readonly keep: Float64Array;
  private readonly other: Int32Array;

  constructor(weights: readonly number[]) {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    this.keep = Float64Array.from(weights, (weight) => (weight * weights.length) / total);
    this.other = Int32Array.from(weights, (_, i) => i);
    const small = weights.map((_, i) => i).filter((i) => this.keep[i]! < 1);
    const large = weights.map((_, i) => i).filter((i) => this.keep[i]! >= 1);
    while (small.length > 0 && large.length > 0) {
      const low = small.pop()!;
      const high = large[large.length - 1]!;
      this.other[low] = high;
      this.keep[high]! -= 1 - this.keep[low]!;
      if (this.keep[high]! < 1) small.push(large.pop()!);
    }
    // What is left over differs from 1 only by rounding.
    for (const i of [...small, ...large]) this.keep[i] = 1;
  }

  draw(random: Random): number {
    const at = random.fraction() * this.keep.length;
    const slot = floor(at);
    return at - slot < this.keep[slot]! ? slot : this.other[slot]!;
  }
}
