/**
 * Which templates an entity has had: two Bloom filters of 2,048 bits (Bloom 1970). When the younger is half full it
 * becomes the older, and the older is forgotten. A template may be taken for known with a chance below 1 in 4, a known
 * one for new only after about 470 younger ones.
 */
import { mix32 } from '../../records/wire/hash.js';
import type { Codec } from '../../records/wire/codec.js';

const BITS = 2048;
const BYTES = BITS / 8;
const HASHES = 3;

/** The two filters of an entity. */
export interface SeenFilter {
  young: Uint8Array;
  old: Uint8Array;
  /** Bits set in `young`. */
  filled: number;
}

/** Filters that have seen nothing. */
export const createSeen = (): SeenFilter => ({ young: new Uint8Array(BYTES), old: new Uint8Array(BYTES), filled: 0 });

const bitOf = (id: number, k: number): number =>
  mix32((id % 0x100000000) ^ Math.imul(Math.floor(id / 0x100000000) + k, 0x9e3779b1)) % BITS;

function has(filter: Uint8Array, id: number): boolean {
  for (let k = 0; k < HASHES; k++) {
    const bit = bitOf(id, k);
    if ((filter[bit >>> 3]! & (1 << (bit & 7))) === 0) return false;
  }
  return true;
}

/**
 * Whether a template may have been there: never wrongly no.
 *
 * @param id of the template
 */
export const hasSeen = ({ young, old }: SeenFilter, id: number): boolean => has(young, id) || has(old, id);

/**
 * Remembers a template.
 *
 * @param id of the template
 */
export function addSeen(seen: SeenFilter, id: number): void {
  if (has(seen.young, id)) return;
  for (let k = 0; k < HASHES; k++) {
    const bit = bitOf(id, k);
    const mask = 1 << (bit & 7);
    if ((seen.young[bit >>> 3]! & mask) === 0) seen.filled++;
    seen.young[bit >>> 3]! |= mask;
  }
  if (seen.filled < BITS / 2) return;
  seen.old = seen.young;
  seen.young = new Uint8Array(BYTES);
  seen.filled = 0;
}

function bitsIn(filter: Uint8Array): number {
  let bits = 0;
  for (const byte of filter) for (let rest = byte; rest > 0; rest &= rest - 1) bits++;
  return bits;
}

/** Canonical bytes of the filters. */
export const seenCodec: Codec<SeenFilter> = {
  write(to, { young, old }) {
    to.raw(young);
    to.raw(old);
  },
  read(from) {
    const young = Uint8Array.from(from.raw(BYTES));
    return { young, old: Uint8Array.from(from.raw(BYTES)), filled: bitsIn(young) };
  },
};
