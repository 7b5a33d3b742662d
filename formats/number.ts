/** Decimal numbers in bytes. */

/** The number that `bytes[from, to)` is, or NaN. Up to 15 digits without a string, more by way of one. */
export function numberOf(bytes: Uint8Array, from: number, to: number): number {
  while (from < to && bytes[from] === 0x20) from++;
  while (to > from && bytes[to - 1]! <= 0x20) to--;
  if (to <= from) return NaN;
  const negative = bytes[from] === 0x2d;
  let i = negative ? from + 1 : from;
  let value = 0;
  let scale = 1;
  let point = false;
  let digits = 0;
  for (; i < to; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x30 && byte <= 0x39) {
      if (++digits > 15) break;
      value = value * 10 + byte - 0x30;
      if (point) scale *= 10;
    } else if (byte === 0x2e && !point) point = true;
    else break;
  }
  if (i === to && digits > 0) return negative ? -value / scale : value / scale;
  if (to - from > 64) return NaN;
  for (let k = from; k < to; k++) if (inNumber[bytes[k]!] === 0) return NaN;
  const text = Buffer.from(bytes.subarray(from, to)).toString('latin1');
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : NaN;
}

const inNumber = new Uint8Array(256);
for (const byte of Buffer.from('0123456789.+-eE')) inNumber[byte] = 1;

/** ms since 1970 of a number of seconds, milli-, micro- or nanoseconds, told apart by its size. */
export function timeOfNumber(value: number): number {
  const size = Math.abs(value);
  // What is finer than a millisecond is cut, as in stamps of text; a double of seconds may be a little short of its digits.
  if (size < 1e11) return Math.floor(value * 1000 + 0.001);
  if (size < 1e14) return Math.floor(value);
  return Math.floor(size < 1e17 ? value / 1e3 : value / 1e6);
}
