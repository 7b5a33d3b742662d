/** Stamps of daemontools, runit and s6: `@` and a label of TAI64N, 24 hexadecimal digits. https://cr.yp.to/libtai/tai64.html */

/** The stamp with its `@`, bytes. */
export const taiLength = 25;

/** Those programs count as if TAI had been 10 s ahead of UTC ever since 1970. */
const ahead = 10;

/** ms since 1970 of the label at `from`; NaN where there is none. */
export function taiTime(bytes: Uint8Array, from: number, end: number): number {
  if (end - from < taiLength || bytes[from] !== 0x40) return NaN;
  // 2^62 and the seconds, of which 40 bits are enough: the rest is fixed.
  if (hexAt(bytes, from + 1, 6) !== 0x400000) return NaN;
  const seconds = hexAt(bytes, from + 7, 10);
  const nanoseconds = hexAt(bytes, from + 17, 8);
  if (Number.isNaN(seconds) || !(nanoseconds < 1e9)) return NaN;
  return (seconds - ahead) * 1000 + Math.floor(nanoseconds / 1e6);
}

function hexAt(bytes: Uint8Array, from: number, length: number): number {
  let value = 0;
  for (let i = from; i < from + length; i++) {
    const digit = hexDigit(bytes[i]!);
    if (digit < 0) return NaN;
    value = value * 16 + digit;
  }
  return value;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
