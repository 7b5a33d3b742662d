/** Words of a line, between blanks. */

const space = 0x20;

/** Index of the next blank or tab at or behind `i`, or `end`. */
export function wordEnd(bytes: Uint8Array, i: number, end: number): number {
  while (i < end && bytes[i] !== space && bytes[i] !== 0x09) i++;
  return i;
}

/** Index of the next byte that is no blank or tab. */
export function skipBlanks(bytes: Uint8Array, i: number, end: number): number {
  while (i < end && (bytes[i] === space || bytes[i] === 0x09)) i++;
  return i;
}

/** Index behind a quoted text that opens at `i`, escapes included; `end` where it does not close. */
export function quoteEnd(bytes: Uint8Array, i: number, end: number): number {
  for (i++; i < end; i++) {
    if (bytes[i] === 0x5c) i++;
    else if (bytes[i] === 0x22) return i + 1;
  }
  return end;
}

/** The bytes `[from, to)` as Latin-1 text: a character a byte. */
export const textAt = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.subarray(from, to)).toString('latin1');

/** Whether `text` is at `i`. */
export function isAt(bytes: Uint8Array, i: number, end: number, text: string): boolean {
  if (end - i < text.length) return false;
  for (let k = 0; k < text.length; k++) if (bytes[i + k] !== text.charCodeAt(k)) return false;
  return true;
}

/** The whole number that the word at `i` is, or -1. */
export function wholeAt(bytes: Uint8Array, i: number, end: number): number {
  let value = 0;
  let digits = 0;
  while (i < end && bytes[i]! >= 0x30 && bytes[i]! <= 0x39 && digits < 15) {
    value = value * 10 + bytes[i++]! - 0x30;
    digits++;
  }
  return digits > 0 && (i === end || bytes[i] === space || bytes[i] === 0x09) ? value : -1;
}

/** Words of `bytes[i, end)`, at most `most`, as `[from, to]`; quoted ones with their quotes. */
export function wordsOf(bytes: Uint8Array, i: number, end: number, most: number): [number, number][] {
  const words: [number, number][] = [];
  for (i = skipBlanks(bytes, i, end); i < end && words.length < most; i = skipBlanks(bytes, i, end)) {
    const to = bytes[i] === 0x22 ? quoteEnd(bytes, i, end) : wordEnd(bytes, i, end);
    words.push([i, to]);
    i = to;
  }
  return words;
}
