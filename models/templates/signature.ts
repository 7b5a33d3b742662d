/**
 * Signature of a message: a hash of what is left when tokens that look variable are masked by their shape. One pass
 * over the bytes; what needs a string runs once per distinct signature (`mask.ts`).
 *
 * The shapes are those that logs of any origin share: tokens with a digit (numbers, ids, versions), hexadecimal words,
 * paths, addresses, quoted text, and values of `key=value`. Masks joined by a comma or colon become one, so lists and
 * clock times of any length look alike.
 */
import { mix32 } from '../../records/wire/hash.js';
import {
  addressEnd,
  at,
  backslash,
  digit,
  endsInHex,
  hexLetter,
  isVariable,
  deadLetter,
  mark,
  shapeOf,
  slash,
  variableStart,
} from './shape.js';
import { logOf } from '../../records/aggregate.js';
import { durationAt } from './duration.js';
import { plainNumberAt } from './number.js';
import { routeKey } from '../../records/part-key.js';
import {
  isStateKey,
  isStatus,
  isStateValue,
  numberKind,
  numberKinds,
  outcomeOfCode,
  outcomeOfNumber,
  outcomeOfState,
  quotedListEnd,
  saysFailure,
  shownTexts,
} from './state-words.js';
import { templateRules, type TemplateRules } from './rules.js';

const prime = 0x01000193;
const primeB = 0x5bd1e995;
/** Inverses modulo 2^32: a byte is taken back with them. */
const primeInverse = 0x359c449b;
const primeBInverse = 0xe59b19bd;
const doubleQuote = 0x22;
const singleQuote = 0x27;
const comma = 0x2c;
const dot = 0x2e;
const colon = 0x3a;
const equals = 0x3d;
const space = 0x20;
const suspicious = digit | slash | at | backslash;

/** Masked places of a line whose plain numbers are kept. */
const maxNumbers = 6;
/** At a place that has no plain number. */
export const noNumber = -1;

const connect = Buffer.from('connect');
const endsIn = (bytes: Uint8Array, to: number, word: Uint8Array): boolean =>
  word.every((byte, i) => bytes[to - word.length + i] === byte);

/** Scans messages one after another; the fields hold what the last `scan` found. */
export class SignatureScan {
  /** 53-bit signature, never 0. */
  signature = 0;
  /** 32-bit hash of the masked parts in their order; 0 where nothing was masked. */
  variable = 0;
  /** The first duration in the message, ms, or NaN. */
  value = NaN;
  /**
   * `logOf` of plain numbers that are no duration, by the masked place where they are: `numbers[0, numberCount)`, where a
   * place without one has `noNumber`. An identifier that has digits alone in one line takes no other's place.
   */
  numbers: number[] = new Array<number>(maxNumbers).fill(0);
  numberCount = 0;
  /** How the line says that something ended, as an index into `outcomes`: by a status, an exit code or a state. */
  outcome = 0;
  /** `routeKey` of the first path, or 0. */
  route = 0;
  /** Some byte is above 127. */
  wide = false;
  /** Masked ranges: `spans[2 i]` to `spans[2 i + 1]`, ascending, not touching. */
  spans = new Int32Array(256);
  spanCount = 0;
  /** Of each range: 0 where it is masked, else what is shown for it, as an index into `shownTexts`. */
  classes = new Uint8Array(128);

  /** Whether words of a failure stand before the first status: 1, 0, or -1 where none was looked at. */
  private failing = -1;
  private a = 0;
  private b = 0;
  /** Hash lanes after the last mask, to widen it. */
  private maskedA = 0;
  private maskedB = 0;

  constructor(private readonly rules: TemplateRules = templateRules) {}

  /** Scans `bytes[start, end)`. */
  scan(bytes: Uint8Array, start: number, end: number): void {
    // Reading the imported binding for each byte costs a tenth of the time.
    const shapeTable = shapeOf;
    let a = 0x811c9dc5 | 0;
    let b = 0x9747b28c | 0;
    let i = start;
    let all = 0;
    let noDouble = false;
    let noSingle = false;
    let unclosed = 0;
    this.spanCount = 0;
    this.variable = 0;
    this.value = NaN;
    this.numberCount = 0;
    this.outcome = 0;
    this.route = 0;
    this.failing = -1;
    let request = -1;
    let noLists = 0;
    while (i < end) {
      let from = i;
      let byte = bytes[i]!;
      let shape = shapeTable[byte]!;
      if (shape === 0) {
        a = Math.imul(a ^ byte, prime);
        b = Math.imul(b ^ byte, primeB);
        i++;
        if (byte === doubleQuote || byte === singleQuote) {
          // An apostrophe inside a word opens nothing.
          if (byte === doubleQuote ? noDouble : noSingle || (from > start && shapeTable[bytes[from - 1]!] !== 0))
            continue;
          const close = closing(bytes, i, end, byte);
          if (close < 0) {
            if (byte === doubleQuote) noDouble = true;
            else noSingle = true;
            continue;
          }
          // The name of a field, or a word like any other; what a field has is a value.
          const isField = close + 1 < end && bytes[close + 1] === colon;
          if ((isField || (this.rules.quotes && !isValueAt(bytes, start, from))) && isName(bytes, i, close)) {
            for (; i <= close; i++) {
              all |= bytes[i]!;
              a = Math.imul(a ^ bytes[i]!, prime);
              b = Math.imul(b ^ bytes[i]!, primeB);
            }
            continue;
          }
          if (this.rules.quotes) {
            const method = methodEnd(bytes, i, close);
            if (method > i) {
              request = close + 2;
              if (this.route === 0) this.route = routeKey(bytes, method, close);
            }
            for (; i < method; i++) {
              a = Math.imul(a ^ bytes[i]!, prime);
              b = Math.imul(b ^ bytes[i]!, primeB);
            }
          }
          this.mask(bytes, i, close, a, b);
          a = Math.imul(this.a ^ byte, prime);
          b = Math.imul(this.b ^ byte, primeB);
          i = close + 1;
        } else if (byte === equals && from > start && shapeTable[bytes[from - 1]!] !== 0) {
          if (i < end && (bytes[i] === doubleQuote || bytes[i] === singleQuote || bytes[i] === equals)) continue;
          if (this.keepsState(bytes, start, from, i, end)) continue;
          const matching = this.rules.brackets && unclosed < maxUnclosed;
          let stop = valueEnd(bytes, i, end, matching);
          if (stop < 0) {
            unclosed++;
            stop = i;
          }
          if (stop === i && this.rules.values) continue;
          if (matching && stop - i > 2 && isBracketed(bytes, i, stop)) {
            a = Math.imul(a ^ bytes[i]!, prime);
            b = Math.imul(b ^ bytes[i]!, primeB);
            i++;
            this.mask(bytes, i, stop - 1, a, b);
            a = this.a;
            b = this.b;
            i = stop - 1;
            continue;
          }
          if (stop > i && shapeTable[bytes[i]!] === digit) this.number(bytes, from, i, stop, end);
          this.mask(bytes, i, stop, a, b);
          a = this.a;
          b = this.b;
          i = stop;
        } else if (
          byte === 0x5b &&
          noLists < maxNoLists &&
          i < end &&
          (bytes[i] === doubleQuote || bytes[i] === singleQuote || bytes[i] === 0x5b)
        ) {
          const close = quotedListEnd(bytes, i, end);
          if (close < 0) noLists++;
          else {
            for (let k = i; k < close; k++) all |= bytes[k]!;
            this.mask(bytes, i, close, a, b);
            a = this.a;
            b = this.b;
            i = close;
          }
        }
        continue;
      }
      let beforeA = a;
      let beforeB = b;
      let shapes = 0;
      do {
        shapes |= shape;
        all |= byte;
        a = Math.imul(a ^ byte, prime);
        b = Math.imul(b ^ byte, primeB);
        if (++i === end) break;
        byte = bytes[i]!;
        shape = shapeTable[byte]!;
      } while (shape !== 0);
      const hexes = (shapes & ~(digit | hexLetter)) === 0;
      // One in 2,500 identifiers of eight hexadecimal digits has no digit among them.
      if ((shapes & suspicious) === 0 && !hexes && !((shapes & mark) !== 0 && endsInHex(bytes, from, i))) continue;
      let stop = i;
      if (hexes && i - from <= 4 && byte === colon && i < end) stop = addressEnd(bytes, from, end);
      if (stop <= i) {
        stop = i;
        if ((shapes & digit) === 0 && !isVariable(bytes, from, i, shapes, this.rules)) continue;
        while (bytes[stop - 1] === dot && stop - 1 > from) stop--;
        if (shapes & digit) {
          if (shapeTable[bytes[from]!] === digit) {
            if (shapes === digit && stop - from <= 3) {
              const kind =
                request === from && isStatus(bytes, from, stop)
                  ? numberKinds.status
                  : numberKind(bytes, start, from, stop);
              if (kind !== numberKinds.plain) {
                if (this.outcome === 0) this.outcome = outcomeOfNumber(kind, bytes, from, stop);
                // An exit code of 0 is a word: it is another end than any other.
                if (kind === numberKinds.exit && stop - from === 1 && bytes[from] === 0x30) continue;
                const shown = this.shownFor(bytes, start, from, kind, request === from);
                if (shown === 0) this.mask(bytes, from, stop, beforeA, beforeB);
                else this.show(bytes, from, stop, shown, beforeA, beforeB);
                a = this.a;
                b = this.b;
                i = stop;
                continue;
              }
            }
            this.number(bytes, from, from, stop, end);
          } else {
            if (
              this.rules.names &&
              i < end &&
              (byte === equals || (byte === colon && bytes[i + 1] === colon)) &&
              shapes & (deadLetter | hexLetter) &&
              (shapes & (slash | at | backslash)) === 0
            )
              continue;
            const variable = variableStart(bytes, from, stop, this.rules);
            if (variable === stop) continue;
            for (; from < variable; from++) {
              beforeA = Math.imul(beforeA ^ bytes[from]!, prime);
              beforeB = Math.imul(beforeB ^ bytes[from]!, primeB);
            }
          }
        }
        if (shapes & (slash | backslash) && shapeTable[bytes[from]!]! & (slash | backslash) && this.rules.paths) {
          // The scheme or drive before it belongs to it: the hash is wound back over it.
          const last = this.spanCount === 0 ? start : this.spans[2 * this.spanCount - 1]!;
          const scheme = schemeStart(bytes, last, from);
          while (from > scheme) {
            from--;
            beforeA = Math.imul(beforeA, primeInverse) ^ bytes[from]!;
            beforeB = Math.imul(beforeB, primeBInverse) ^ bytes[from]!;
          }
          if (this.route === 0 && stop - from > 1) this.route = routeKey(bytes, from, stop);
        }
      }
      this.mask(bytes, from, stop, beforeA, beforeB);
      a = this.a;
      b = this.b;
      i = stop;
      // Full stops that were cut off are literal.
      while (i < end && bytes[i] === dot) {
        a = Math.imul(a ^ dot, prime);
        b = Math.imul(b ^ dot, primeB);
        i++;
      }
    }
    this.wide = (all & 0x80) !== 0;
    const signature = (mix32(a) & 0x1fffff) * 0x100000000 + mix32(b);
    this.signature = signature === 0 ? 1 : signature;
  }

  /** What is shown for a status or exit code, as an index into `shownTexts`; 0 where the words have said that it failed. */
  private shownFor(bytes: Uint8Array, start: number, from: number, kind: number, isRequest: boolean): number {
    if (kind !== numberKinds.status) return shownTexts.length - 1;
    const first = bytes[from]! - 0x30;
    if (!this.rules.failures || isRequest || first < 4) return first;
    if (this.failing < 0) this.failing = saysFailure(bytes, start, from) ? 1 : 0;
    return this.failing === 1 ? 0 : first;
  }

  /** A token that begins with a digit: the line's first duration, or a plain number in one of its first places. */
  private number(bytes: Uint8Array, key: number, from: number, to: number, end: number): void {
    if (Number.isNaN(this.value)) {
      this.value = durationAt(bytes, key, from, to, end);
      if (!Number.isNaN(this.value)) {
        // connect=1ms service=22ms of routers: how long the way there took is not how long the answer did.
        if (key !== from && endsIn(bytes, key, connect)) this.value = NaN;
        return;
      }
    }
    const place = this.spanCount;
    // What follows in the same place (a list) is left out.
    if (place >= maxNumbers || (place > 0 && this.spans[2 * place - 1] === from - 1)) return;
    const value = plainNumberAt(bytes, from, to);
    if (Number.isNaN(value)) return;
    while (this.numberCount < place) this.numbers[this.numberCount++] = noNumber;
    if (this.numberCount === place) this.numbers[this.numberCount++] = logOf(value);
  }

  /** The value of a key that names a state stays a word. */
  private keepsState(bytes: Uint8Array, start: number, equals: number, from: number, end: number): boolean {
    if (!isStateKey(bytes, start, equals)) {
      if (this.outcome === 0) this.outcome = outcomeOfCode(bytes, start, equals, from, stateEnd(bytes, from, end));
      return false;
    }
    const stop = stateEnd(bytes, from, end);
    if (stop - from === 3 && isThreeDigits(bytes, from)) return true;
    if (!isStateValue(bytes, from, stop)) return false;
    if (this.outcome === 0) this.outcome = outcomeOfState(bytes, from, stop);
    return true;
  }

  private span(from: number, to: number, shown: number): void {
    const count = this.spanCount;
    if (2 * count === this.spans.length) {
      const { spans, classes } = this;
      this.spans = new Int32Array(4 * count);
      this.spans.set(spans);
      this.classes = new Uint8Array(2 * count);
      this.classes.set(classes);
    }
    this.spans[2 * count] = from;
    this.spans[2 * count + 1] = to;
    this.classes[count] = shown;
    this.spanCount = count + 1;
  }

  /** Shows a text for `bytes[from, to)`: the class of a status. */
  private show(bytes: Uint8Array, from: number, to: number, shown: number, a: number, b: number): void {
    let variable = this.variable ^ 0x20;
    for (let i = from; i < to; i++) variable = Math.imul(variable ^ bytes[i]!, prime);
    this.variable = variable | 1;
    this.span(from, to, shown);
    const text = shownTexts[shown]!;
    for (let i = 0; i < text.length; i++) {
      a = Math.imul(a ^ text.charCodeAt(i), prime);
      b = Math.imul(b ^ text.charCodeAt(i), primeB);
    }
    this.a = a;
    this.b = b;
  }

  /** Masks `bytes[from, to)`; `a`, `b`: the lanes before it. Leaves the lanes after it in `this.a`, `this.b`. */
  private mask(bytes: Uint8Array, from: number, to: number, a: number, b: number): void {
    // The blank keeps `a b` and `ab` apart; the lowest bit keeps it from being 0.
    let variable = this.variable ^ 0x20;
    for (let i = from; i < to; i++) variable = Math.imul(variable ^ bytes[i]!, prime);
    this.variable = variable | 1;
    const count = this.spanCount;
    const spans = this.spans;
    if (count > 0 && spans[2 * count - 1] === from - 1 && this.classes[count - 1] === 0) {
      const joint = bytes[from - 1];
      if (joint === comma || joint === colon) {
        spans[2 * count - 1] = to;
        this.a = this.maskedA;
        this.b = this.maskedB;
        return;
      }
    }
    this.span(from, to, 0);
    // The bytes of `<*>`, so that equal masked texts have equal signatures.
    a = Math.imul(a ^ 0x3c, prime);
    a = Math.imul(a ^ 0x2a, prime);
    this.a = this.maskedA = Math.imul(a ^ 0x3e, prime);
    b = Math.imul(b ^ 0x3c, primeB);
    b = Math.imul(b ^ 0x2a, primeB);
    this.b = this.maskedB = Math.imul(b ^ 0x3e, primeB);
  }
}

/** The end of a value of a state. */
function stateEnd(bytes: Uint8Array, from: number, end: number): number {
  const stop = Math.min(end, from + 40);
  let i = from;
  while (
    i < stop &&
    bytes[i]! > space &&
    bytes[i] !== comma &&
    bytes[i] !== 0x3b &&
    bytes[i] !== 0x29 &&
    bytes[i] !== 0x5d
  )
    i++;
  return i;
}

const isThreeDigits = (bytes: Uint8Array, i: number): boolean =>
  shapeOf[bytes[i]!] === digit && shapeOf[bytes[i + 1]!] === digit && shapeOf[bytes[i + 2]!] === digit;

/** Where the quote that was opened before `from` closes, or -1. A single one does not close inside a word. */
function closing(bytes: Uint8Array, from: number, end: number, quote: number): number {
  for (let i = from; i < end; i++) {
    if (bytes[i] !== quote) continue;
    if (quote === doubleQuote || i + 1 === end || shapeOf[bytes[i + 1]!] === 0) return i;
  }
  return -1;
}

/** Whether what begins at `at` stands behind a colon or an equals sign, with at most a blank between. */
function isValueAt(bytes: Uint8Array, start: number, at: number): boolean {
  let i = at - 1;
  if (i > start && bytes[i] === space) i--;
  return i >= start && (bytes[i] === colon || bytes[i] === equals);
}

/** Letters and marks only: the quoted name of a field. */
function isName(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++)
    if (shapeOf[bytes[i]!] === 0 || (shapeOf[bytes[i]!]! & suspicious) !== 0) return false;
  return to > from;
}

/** A bracket in a value is looked for within so many bytes, or a line of open ones would take quadratic time. */
const FARTHEST_BRACKET = 256;

/** After so many values in a line that open a bracket and do not close it, brackets end no value: each is searched. */
const maxUnclosed = 64;

/** After so many brackets in a line that open no list of quoted texts, none is looked for. */
const maxNoLists = 8;

/**
 * A value ends at a blank, a quote, or one of `, ; ) ] } > | =`. With `openBrackets` it ends before a bracket that it opens
 * and does not close; -1 where that makes it empty.
 */
function valueEnd(bytes: Uint8Array, from: number, end: number, openBrackets: boolean): number {
  let i = from;
  let depth = 0;
  const horizon = from + FARTHEST_BRACKET;
  for (; i < end; i++) {
    const byte = bytes[i]!;
    if (i >= horizon && depth > 0) break;
    if (openBrackets) {
      if (brackets[byte] === 1) {
        depth++;
        continue;
      }
      if (depth > 0 && brackets[byte] === -1) {
        depth--;
        continue;
      }
      if (depth > 0 && byte > 0x20) continue;
    }
    if (ends[byte] !== 0) break;
  }
  if (depth > 0) return -1;
  // A full stop or colon at its end is none of the value.
  while (i > from && (bytes[i - 1] === dot || bytes[i - 1] === colon)) i--;
  return i;
}
const ends = new Uint8Array(256).fill(1, 0, 0x21);
for (const byte of Buffer.from('"\',;)]}>|=')) ends[byte] = 1;

/** Whether the first bracket of a value closes at its end. */
function isBracketed(bytes: Uint8Array, from: number, to: number): boolean {
  if (brackets[bytes[from]!]! <= 0) return false;
  let depth = 0;
  for (let i = from; i < to; i++) {
    depth += brackets[bytes[i]!]!;
    if (depth === 0) return i === to - 1;
  }
  return false;
}
/** 1 opens, -1 closes. */
const brackets = new Int8Array(256);
for (const byte of Buffer.from('([{<')) brackets[byte] = 1;
for (const byte of Buffer.from(')]}>')) brackets[byte] = -1;

/** The end of the method, blank included, of a quoted HTTP request line `GET /path ...`; `from` where there is none. */
function methodEnd(bytes: Uint8Array, from: number, to: number): number {
  let i = from;
  while (i < to && bytes[i]! >= 0x41 && bytes[i]! <= 0x5a) i++;
  return i - from >= 3 && i + 1 < to && bytes[i] === space && (bytes[i + 1] === 0x2f || bytes[i + 1] === 0x68)
    ? i + 1
    : from;
}

/** The start (at `start` or later) of `scheme:` before a path that begins with two slashes, or of `C:` before one with a backslash. */
function schemeStart(bytes: Uint8Array, start: number, path: number): number {
  let i = path - 1;
  if (i <= start || bytes[i] !== colon) return path;
  while (
    i > start &&
    (shapeOf[bytes[i - 1]!]! & (hexLetter | deadLetter) || bytes[i - 1] === dot || bytes[i - 1] === 0x2b)
  )
    i--;
  const drive = path - i === 2 && (bytes[path] === 0x5c || bytes[path] === 0x2f);
  return i < path - 1 && (drive || (bytes[path] === 0x2f && bytes[path + 1] === 0x2f)) ? i : path;
}
