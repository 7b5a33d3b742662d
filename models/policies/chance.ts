/** Seeded chance: the same entity, moment and purpose always draw the same numbers. */
import { mix32 } from '../../records/wire/hash.js';

/** A uniform number in (0, 1) that depends on its arguments only. All are safe integers. */
export function uniform(...parts: readonly number[]): number {
  let h = 0x9e3779b9;
  for (const part of parts) {
    h = mix32(h ^ (part % 0x100000000));
    h = mix32(h ^ Math.floor(part / 0x100000000));
  }
  return (h + 0.5) / 0x100000000;
}

/** A number of about the standard normal distribution: the sum of twelve uniform ones, less 6. */
export function normal(...parts: readonly number[]): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += uniform(...parts, i);
  return sum;
}
