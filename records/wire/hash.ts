/** Our own hashes: shards, signatures and ids must be the same in every version of every dependency. */

/** 32-bit finaliser of MurmurHash3 (Appleby, public domain). */
export function mix32(h: number): number {
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** 53-bit hash of bytes as a safe integer: two FNV-1a lanes with different primes, each finalised. */
export function hashBytes(input: Uint8Array, start = 0, end = input.length, seed = 0): number {
  let a = 0x811c9dc5 ^ seed;
  let b = 0x9747b28c ^ seed;
  for (let i = start; i < end; i++) {
    a = Math.imul(a ^ input[i]!, 0x01000193);
    b = Math.imul(b ^ input[i]!, 0x5bd1e995);
  }
  return (mix32(a) & 0x1fffff) * 0x100000000 + mix32(b);
}

/** 53-bit hash of a text's UTF-8 bytes. */
export function hashText(input: string, seed = 0): number {
  return hashBytes(Buffer.from(input), 0, undefined, seed);
}

/** Fixed-width hexadecimal form of a 53-bit hash, 14 digits. */
export const hex = (hash: number): string => hash.toString(16).padStart(14, '0');
