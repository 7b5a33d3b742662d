/** logfmt: `key=value key="quoted value"`, as go-kit, logrus, slog, Prometheus, Loki and Heroku write it. */
import { quoteEnd, textAt, wordEnd } from './tokens.js';

const equals = 0x3d;
const space = 0x20;

/** Pairs of a line that are looked at, and bytes of a key that are. */
const maxPairs = 128;
const longestKey = 64;

/** A pair of a line. */
export interface Pair {
  readonly key: string;
  /** The value without its quotes. */
  readonly from: number;
  readonly to: number;
  /** It has escapes. */
  readonly isEscaped: boolean;
}

const keyBytes = new Uint8Array(256);
for (const byte of Buffer.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-@/'))
  keyBytes[byte] = 1;

/** Whether `key=` is at `i`. */
export function isKey(bytes: Uint8Array, i: number, end: number): boolean {
  const from = i;
  while (i < end && i - from < 64 && keyBytes[bytes[i]!] === 1) i++;
  return i > from && bytes[i] === equals && bytes[i + 1] !== equals;
}

/** The pairs of one line after another, in their order: `[0, count)` of each field. */
export class Pairs {
  count = 0;
  /** Keys in lower case. A key that the line before had at the same place is the same text. */
  readonly keys = new Array<string>(maxPairs).fill('');
  /** Where the values are, without their quotes. */
  readonly from = new Int32Array(maxPairs);
  readonly to = new Int32Array(maxPairs);
  /** Values that have escapes: 1. */
  readonly escaped = new Uint8Array(maxPairs);

  private readonly keyBytes = new Uint8Array(maxPairs * longestKey);
  private readonly keySizes = new Int32Array(maxPairs).fill(-1);

  /** Reads all pairs of a line; false where it is something else. A word without a value may be among them, but not first. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.count = 0;
    let i = start;
    let words = 0;
    while (i < end && this.count < maxPairs) {
      while (i < end && bytes[i]! <= space) i++;
      if (i >= end) break;
      const from = i;
      while (i < end && keyBytes[bytes[i]!] === 1) i++;
      if (bytes[i] !== equals || i === from) {
        if (this.count === 0 || ++words > this.count) return false;
        i = wordEnd(bytes, Math.max(i, from + 1), end);
        continue;
      }
      const at = this.count++;
      this.takeKey(at, bytes, from, Math.min(i, from + longestKey));
      i++;
      if (bytes[i] === 0x22) {
        const behind = quoteEnd(bytes, i, end);
        const isClosed = bytes[behind - 1] === 0x22 && behind - 1 > i;
        const to = isClosed ? behind - 1 : behind;
        this.from[at] = i + 1;
        this.to[at] = to;
        this.escaped[at] = has(bytes, i, to, 0x5c) ? 1 : 0;
        i = behind;
      } else {
        const to = wordEnd(bytes, i, end);
        this.from[at] = i;
        this.to[at] = to;
        this.escaped[at] = 0;
        i = to;
      }
    }
    return this.count >= 2;
  }

  /** Takes pairs that were found otherwise. */
  set(pairs: readonly Pair[]): void {
    this.count = Math.min(pairs.length, maxPairs);
    this.keySizes.fill(-1);
    for (let i = 0; i < this.count; i++) {
      this.keys[i] = pairs[i]!.key;
      this.from[i] = pairs[i]!.from;
      this.to[i] = pairs[i]!.to;
      this.escaped[i] = pairs[i]!.isEscaped ? 1 : 0;
    }
  }

  private takeKey(at: number, bytes: Uint8Array, from: number, to: number): void {
    const size = to - from;
    const base = at * longestKey;
    const known = this.keyBytes;
    if (this.keySizes[at] === size) {
      let k = 0;
      while (k < size && known[base + k] === bytes[from + k]) k++;
      if (k === size) return;
    }
    for (let k = 0; k < size; k++) known[base + k] = bytes[from + k]!;
    this.keySizes[at] = size;
    this.keys[at] = textAt(bytes, from, to).toLowerCase();
  }
}

function has(bytes: Uint8Array, from: number, to: number, byte: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] === byte) return true;
  return false;
}
