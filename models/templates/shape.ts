/** What a byte may be a part of: the alphabet of the signature scan. Bytes of class 0 stand between tokens. */

export const digit = 1;
/** a to f and A to F. */
export const hexLetter = 2;
/** Other ASCII letters, and every byte above 127, so that words of any script are words. */
export const letter = 4;
export const slash = 8;
export const at = 16;
export const backslash = 32;
/** Punctuation inside words: `_ - . $ % + * ~ ^ ? & # !` and the backquote. */
export const mark = 64;

/** Class of each byte. Blanks, controls and `" ' ( ) , : ; < = > [ ] { | }` are 0. */
export const shapeOf = new Uint8Array(256);
for (let byte = 0x80; byte < 0x100; byte++) shapeOf[byte] = letter;
for (let byte = 0x30; byte <= 0x39; byte++) shapeOf[byte] = digit;
for (let byte = 0x41; byte <= 0x5a; byte++) shapeOf[byte] = shapeOf[byte | 0x20] = byte <= 0x46 ? hexLetter : letter;
for (const byte of Buffer.from('_-.$%+*~^?&#!`')) shapeOf[byte] = mark;
shapeOf[0x2f] = slash;
shapeOf[0x40] = at;
shapeOf[0x5c] = backslash;

const space = 0x20;
const colon = 0x3a;
const dot = 0x2e;

/**
 * Whether a token without a digit is variable by its shape: a path (it begins with a slash or has two), a Windows path, an
 * address with an at sign, or eight and more letters that are all hexadecimal.
 */
export function isVariable(bytes: Uint8Array, start: number, end: number, shapes: number): boolean {
  if (shapes & slash) {
    if (bytes[start] === 0x2f) return end - start > 1;
    let slashes = 0;
    for (let i = start; i < end; i++) if (bytes[i] === 0x2f) slashes++;
    if (slashes >= 2) return true;
  }
  if (shapes & backslash && bytes[start] === 0x5c && shapes & (letter | hexLetter)) return true;
  if (shapes & at && bytes[start] !== 0x40 && bytes[end - 1] !== 0x40 && shapes & (letter | hexLetter)) return true;
  return shapes === hexLetter && end - start >= 8;
}

const isHex = (byte: number): boolean => (shapeOf[byte] & (digit | hexLetter)) !== 0;

/**
 * The end of a MAC or IPv6 address that begins at `start`: groups of one to four hexadecimal digits with colons
 * between, at least four of them or with one `::`. Returns `start` where there is none.
 */
export function addressEnd(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  let groups = 0;
  let gap = false;
  for (;;) {
    const from = i;
    while (i < end && i - from < 4 && isHex(bytes[i])) i++;
    if (i > from) groups++;
    else if (!gap || bytes[i - 2] !== colon) return start;
    if (i + 1 >= end || bytes[i] !== colon) break;
    if (bytes[i + 1] === colon) {
      if (gap) return start;
      gap = true;
      i += 2;
    } else if (isHex(bytes[i + 1])) i++;
    else break;
  }
  if (i < end && shapeOf[bytes[i]] !== 0 && bytes[i] !== dot && bytes[i] !== 0x2f && bytes[i] !== 0x25) return start;
  return groups >= 4 || (gap && groups >= 2) ? i : start;
}

/** Abbreviated units that may follow a number after a blank. */
const units = new Set<number>();
const packed = (unit: Uint8Array, start: number, end: number): number => {
  let word = 0;
  for (let i = start; i < end; i++) word = word * 256 + unit[i];
  return word;
};
for (const unit of 'ms us ns s h B KB MB GB TB PB kB kb mb gb KiB MiB GiB TiB Hz kHz MHz GHz %'.split(' ')) {
  units.add(packed(Buffer.from(unit), 0, unit.length));
}

/** The end of ` unit` at `from`, or `from` where none stands there. */
export function unitEnd(bytes: Uint8Array, from: number, end: number): number {
  if (from + 1 >= end || bytes[from] !== space) return from;
  let stop = from + 1;
  while (stop < end && shapeOf[bytes[stop]] !== 0 && stop - from <= 8) stop++;
  while (bytes[stop - 1] === dot) stop--;
  if (stop === from + 1 || stop - from > 4) return from;
  return units.has(packed(bytes, from + 1, stop)) ? stop : from;
}
