/** Plain numbers in messages: `412`, `0.75`, `512MB`; not parts of addresses, dates, versions or identifiers. */

/** More digits are an identifier. */
const maxDigits = 12;
const maxUnit = 3;

/** The number that the token `bytes[from, to)` is, with a unit of at most three letters or none, or NaN. */
export function plainNumberAt(bytes: Uint8Array, from: number, to: number): number {
  let i = from;
  let number = 0;
  let scale = 1;
  let point = false;
  for (; i < to; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x30 && byte <= 0x39) {
      if (i - from > maxDigits) return NaN;
      number = number * 10 + byte - 0x30;
      if (point) scale *= 10;
    } else if (byte === 0x2e && !point) point = true;
    else break;
  }
  if (to - i > maxUnit) return NaN;
  for (let k = i; k < to; k++) {
    const letter = bytes[k]! | 0x20;
    if ((letter < 0x61 || letter > 0x7a) && bytes[k] !== 0x25) return NaN;
  }
  return number / scale;
}
