/** What a byte may be a part of: the alphabet of the signature scan. Bytes of class 0 stand between tokens. */
import type { TemplateRules } from './rules.js';

/** `0` to `9`. */
export const digit = 1;
/** a to f and A to F. */
export const hexLetter = 2;
/** Other ASCII letters, and every byte above 127, so that words of any script are words. */
export const deadLetter = 4;
/** `/`. */
export const slash = 8;
/** `@`. */
export const at = 16;
/** `\`. */
export const backslash = 32;
/** Punctuation inside words: `_ - . $ % + * ~ ^ ? & # !` and the backquote. */
export const mark = 64;

/** Class of each byte. Blanks, controls and `" ' ( ) , : ; < = > [ ] { | }` are 0. */
export const shapeOf = new Uint8Array(256);
for (let byte = 0x80; byte < 0x100; byte++) shapeOf[byte] = deadLetter;
for (let byte = 0x30; byte <= 0x39; byte++) shapeOf[byte] = digit;
for (let byte = 0x41; byte <= 0x5a; byte++)
  shapeOf[byte] = shapeOf[byte | 0x20] = byte <= 0x46 ? hexLetter : deadLetter;
for (const byte of Buffer.from('_-.$%+*~^?&#!`')) shapeOf[byte] = mark;
shapeOf[0x2f] = slash;
shapeOf[0x40] = at;
shapeOf[0x5c] = backslash;

const colon = 0x3a;
const dot = 0x2e;

/**
 * Whether a token without a digit is variable by its shape: a path (it begins with a slash, has two, or one and a dot), a
 * Windows path, an address with an at sign, or eight and more letters that are all hexadecimal, alone or behind a prefix
 * (`job-bdbfaafa`).
 */
export function isVariable(
  bytes: Uint8Array,
  start: number,
  end: number,
  shapes: number,
  rules: TemplateRules,
): boolean {
  if (shapes & slash) {
    if (bytes[start] === 0x2f) return end - start > 1;
    let slashes = 0;
    for (let i = start; i < end; i++) if (bytes[i] === 0x2f) slashes++;
    if (slashes >= 2) return true;
    if (rules.paths && shapes & mark) for (let i = start + 1; i < end - 1; i++) if (bytes[i] === dot) return true;
  }
  if (shapes & backslash && bytes[start] === 0x5c && shapes & (deadLetter | hexLetter)) return true;
  if (shapes & at && bytes[start] !== 0x40 && bytes[end - 1] !== 0x40 && shapes & (deadLetter | hexLetter)) return true;
  return endsInHex(bytes, start, end);
}

/** Eight and more hexadecimal letters end the token, and a mark or nothing stands before them. */
export function endsInHex(bytes: Uint8Array, start: number, end: number): boolean {
  let i = end;
  while (i > start && shapeOf[bytes[i - 1]!] === hexLetter) i--;
  return end - i >= 8 && (i === start || shapeOf[bytes[i - 1]!] === mark);
}

const isHex = (byte: number): boolean => (shapeOf[byte]! & (digit | hexLetter)) !== 0;

/** Groups of the longest address (IPv6, EUI-64). Without a limit a line of groups takes quadratic time. */
const maxGroups = 8;

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
    while (i < end && i - from < 4 && isHex(bytes[i]!)) i++;
    if (i > from && ++groups > maxGroups) return start;
    if (i === from && (!gap || bytes[i - 2] !== colon)) return start;
    if (i + 1 >= end || bytes[i] !== colon) break;
    if (bytes[i + 1] === colon) {
      if (gap) return start;
      gap = true;
      i += 2;
    } else if (isHex(bytes[i + 1]!)) i++;
    else break;
  }
  if (i < end && shapeOf[bytes[i]!] !== 0 && bytes[i] !== dot && bytes[i] !== 0x2f && bytes[i] !== 0x25) return start;
  return groups >= 4 || (gap && groups >= 2) ? i : start;
}

/**
 * Where the variable part begins in a token with a digit: `start` where all of it varies, `end` where it is a word. What
 * is kept is a name of letters before one separator and a number, a name with the hash of an object, or a sign.
 *
 * @example `node-7` keeps `node-`, `Session@1f0c` keeps `Session@`, `#3` keeps `#`, `tty2` is a word
 */
export function variableStart(bytes: Uint8Array, start: number, end: number, rules: TemplateRules): number {
  let i = end;
  while (i > start && shapeOf[bytes[i - 1]!]! & digit) i--;
  if (rules.prefixes && i < end && i - start >= 2 && bytes[i - 1] === dot && bytes[i - 2] === dot) return i;
  i = start;
  while (i < end && shapeOf[bytes[i]!]! & (deadLetter | hexLetter)) i++;
  const deadLetters = i - start;
  if (deadLetters === 0) {
    const sign = bytes[start] === 0x23 || bytes[start] === 0x40;
    return rules.prefixes && sign && end - start > 1 ? start + 1 : start;
  }
  let digits = 0;
  let hash = -1;
  let lastLetter = i - 1;
  let firstDigit = -1;
  for (let j = i; j < end; j++) {
    const shape = shapeOf[bytes[j]!]!;
    if (shape & digit) {
      digits++;
      if (firstDigit < 0) firstDigit = j;
    } else if (shape & (deadLetter | hexLetter)) lastLetter = j;
    else if (shape & at) hash = hash < 0 ? j : end;
    else if (shape & (slash | backslash)) return start;
  }
  if (hash > 0) {
    if (!rules.prefixes || hash >= end - 1) return start;
    for (let j = hash + 1; j < end; j++) if (!isHex(bytes[j]!)) return start;
    return hash + 1;
  }
  if (rules.names && digits === 1 && !(bytes[end - 1] === dot) && isOneDigitWord(bytes, start, end, deadLetters))
    return end;
  if (!rules.prefixes || firstDigit < lastLetter) return start;
  // Up to the number: letters and one separator, or a leader of dots after any name.
  const separator = bytes[firstDigit - 1];
  if (firstDigit - 1 === start + deadLetters && (separator === 0x2d || separator === dot || separator === 0x23))
    return firstDigit;
  return separator === dot && bytes[firstDigit - 2] === dot ? firstDigit : start;
}

/** Letters and marks with one digit; not what may be a short hexadecimal id. */
function isOneDigitWord(bytes: Uint8Array, start: number, end: number, deadLetters: number): boolean {
  if (deadLetters === end - start) return false;
  let shapes = 0;
  for (let i = start; i < end; i++) {
    const shape = shapeOf[bytes[i]!]!;
    if (shape & mark && bytes[i] !== 0x5f && bytes[i] !== 0x24) return false;
    shapes |= shape;
  }
  return (shapes & (deadLetter | mark)) !== 0 || end - start <= 3;
}
