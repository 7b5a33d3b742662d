/** logfmt: `key=value key="quoted value"`, as go-kit, logrus, slog, Prometheus, Loki and Heroku write it. */
import { quoteEnd, wordEnd } from './tokens.js';

const equals = 0x3d;
const space = 0x20;

/** Pairs of a line that are looked at. */
const maxPairs = 128;

export interface Pair {
  readonly key: string;
  /** The value without its quotes. */
  readonly from: number;
  readonly to: number;
  /** It has escapes. */
  readonly isEscaped: boolean;
  /** Index behind the pair. */
  readonly end: number;
}

const keyBytes = new Uint8Array(256);
for (const byte of Buffer.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-@/'))
  keyBytes[byte] = 1;

/** Whether `key=` is at `i`. */
export function isKey(bytes: Uint8Array, i: number, end: number): boolean {
  const from = i;
  while (i < end && i - from < 64 && keyBytes[bytes[i]] === 1) i++;
  return i > from && bytes[i] === equals && bytes[i + 1] !== equals;
}

/** All pairs of a line, or undefined where it is something else: a word without a value may be among them, but not first. */
export function pairsOf(bytes: Uint8Array, start: number, end: number): Pair[] | undefined {
  const pairs: Pair[] = [];
  let i = start;
  let words = 0;
  while (i < end && pairs.length < maxPairs) {
    while (i < end && bytes[i] <= space) i++;
    if (i >= end) break;
    const from = i;
    while (i < end && keyBytes[bytes[i]] === 1) i++;
    if (bytes[i] !== equals || i === from) {
      if (pairs.length === 0 || ++words > pairs.length) return undefined;
      i = wordEnd(bytes, Math.max(i, from + 1), end);
      continue;
    }
    const key = Buffer.from(bytes.subarray(from, Math.min(i, from + 64)))
      .toString('latin1')
      .toLowerCase();
    i++;
    if (bytes[i] === 0x22) {
      const behind = quoteEnd(bytes, i, end);
      const isClosed = bytes[behind - 1] === 0x22 && behind - 1 > i;
      const to = isClosed ? behind - 1 : behind;
      pairs.push({ key, from: i + 1, to, isEscaped: bytes.subarray(i, to).includes(0x5c), end: behind });
      i = behind;
    } else {
      const to = wordEnd(bytes, i, end);
      pairs.push({ key, from: i, to, isEscaped: false, end: to });
      i = to;
    }
  }
  return pairs.length >= 2 ? pairs : undefined;
}
