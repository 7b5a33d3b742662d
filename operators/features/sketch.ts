/** Numbers read off the sketches of a log window. */
import { bucketFloor, registers } from '../../records/aggregate.js';
import { ascendingKeys } from '../../records/wire/order.js';
import { ln } from '../../models/exact/log.js';

/** Numbers counted by bucket, in order. */
export class BucketCounts {
  private readonly buckets: readonly number[] | Float64Array;
  private readonly total: number;

  constructor(private readonly counts: ReadonlyMap<number, number>) {
    this.buckets = ascendingKeys(counts);
    let total = 0;
    for (const bucket of this.buckets) total += counts.get(bucket)!;
    this.total = total;
  }

  /** A quantile, as the middle of its bucket; NaN where there are fewer than `least`. */
  quantile(share: number, least: number): number {
    if (this.total < least) return NaN;
    let left = share * this.total;
    for (const bucket of this.buckets) {
      left -= this.counts.get(bucket)!;
      if (left <= 0) return bucket === 0 ? 0 : (bucketFloor(bucket) + bucketFloor(bucket + 1)) / 2;
    }
    return NaN;
  }
}

const inverse = Float64Array.from({ length: 65 }, () => 1);
for (let i = 1; i < inverse.length; i++) inverse[i] = inverse[i - 1]! / 2;
const ALPHA = 0.7213 / (1 + 1.079 / registers);

/** Estimated number of distinct values (Flajolet et al. 2007), small ones by linear counting. */
export function distinctOf(sketch: Uint8Array): number {
  let sum = 0;
  let empty = 0;
  for (const register of sketch) {
    sum += inverse[Math.min(64, register)]!;
    if (register === 0) empty++;
  }
  const estimate = (ALPHA * registers * registers) / sum;
  return estimate <= 2.5 * registers && empty > 0 ? registers * ln(registers / empty) : estimate;
}

/** Variance over mean of the lines a second; seconds without lines count. @param seconds length of the window, s */
export function fano(counts: ReadonlyMap<number, number>, seconds: number): number {
  let lines = 0;
  let squares = 0;
  for (const count of counts.values()) {
    lines += count;
    squares += count * count;
  }
  const mean = lines / seconds;
  return squares / seconds / mean - mean;
}
