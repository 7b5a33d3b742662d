/** Changes valid inputs a little, so that they come far into a reader before they are wrong. */
import type { Random } from '../../lab/simulate/random.js';
import type { Target } from './target.js';

/** Longest input that is made, bytes. */
const longest = 16_384;
/** Bytes at which lengths, counts and signs turn over. */
const turning = [0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff, 0x0a, 0x22, 0x2d, 0x30, 0x39, 0x5b, 0x5c, 0x7b, 0x7d];
/** Varints and fixed numbers at the limits of their types. */
const numbers = [
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
  [0, 0, 0, 0, 0, 0, 0xf8, 0x7f],
  [0, 0, 0, 0, 0, 0, 0xf0, 0xff],
  [0xff, 0xff, 0xff, 0x7f],
].map((bytes) => Buffer.from(bytes));

/** Replaces `[from, to)` by something else. */
const splice = (bytes: Uint8Array, from: number, to: number, by: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)]);

/** A range of at most `most` bytes. */
function range(bytes: Uint8Array, random: Random, most = 24): readonly [number, number] {
  const from = random.integer(0, bytes.length);
  return [from, Math.min(bytes.length, from + random.integer(1, most))];
}

function once(bytes: Uint8Array, random: Random, { corpus, dictionary }: Target): Uint8Array {
  const [from, to] = range(bytes, random);
  switch (random.integer(0, 10)) {
    case 0: {
      const changed = Buffer.from(bytes);
      if (from < changed.length) changed[from]! ^= 1 << random.integer(0, 7);
      return changed;
    }
    case 1: {
      const changed = Buffer.from(bytes);
      if (from < changed.length) changed[from] = random.pick(turning);
      return changed;
    }
    case 2:
      return bytes.subarray(0, from);
    case 3:
      return splice(bytes, from, to, new Uint8Array());
    case 4:
      return splice(bytes, from, from, random.pick(numbers));
    case 5:
      return splice(bytes, from, to, random.pick(numbers));
    case 6: {
      // The same again and again: nesting, repeated keys, long runs.
      const times = 2 ** random.integer(1, 9);
      return splice(bytes, from, from, Buffer.concat(Array<Uint8Array>(times).fill(bytes.subarray(from, to))));
    }
    case 7: {
      const other = random.pick(corpus);
      const [start, end] = range(other, random, other.length);
      return splice(bytes, from, to, other.subarray(start, end));
    }
    case 8: {
      const other = random.pick(corpus);
      return Buffer.concat([bytes.subarray(0, from), other.subarray(Math.min(from, other.length))]);
    }
    case 9:
      return Buffer.concat([
        bytes.subarray(0, from),
        Buffer.from(Array.from({ length: 8 }, () => random.next() & 0xff)),
      ]);
    default:
      return dictionary.length === 0 ? bytes : splice(bytes, from, random.pick([from, to]), random.pick(dictionary));
  }
}

/** One input: mostly a valid one with one to four changes, now and then as it is, or noise. */
export function input(target: Target, random: Random): Uint8Array {
  if (random.fraction() < 0.02) {
    return Buffer.from(Array.from({ length: random.integer(0, 200) }, () => random.next() & 0xff));
  }
  let bytes = random.pick(target.corpus);
  if (random.fraction() < 0.05) return bytes;
  for (let times = random.pick([1, 1, 1, 2, 2, 3, 4]); times > 0; times--) bytes = once(bytes, random, target);
  return bytes.subarray(0, longest);
}
