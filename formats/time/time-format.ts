/**
 * Stamps in a form of one's own, as strptime describes it: read from bytes, to the last character.
 *
 * Directives: those of POSIX, and what Fluent Bit (`%L`), Ruby (`%N`, `%3N`), Python (`%f`) and chrono (`%.f`, `%.3f`) add.
 */
import { dateOf, digitsAt, isWeekday, monthLength, monthOf, ordinalDate } from './dates.js';
import { offsetOfName, zoneNamed } from './zones.js';

/** What a stamp says; what it does not say is NaN. */
export interface StampParts {
  year: number;
  month: number;
  day: number;
  dayOfYear: number;
  /** 0 to 23; with `half` 1 to 12. */
  hour: number;
  minute: number;
  second: number;
  /** ms of the fraction of a second. */
  fraction: number;
  /** 0 AM, 1 PM. */
  half: number;
  /** ms since 1970, where the stamp is a number. */
  epoch: number;
  /** ms that its zone is ahead of UTC. */
  offset: number;
  /** Name of the zone. */
  zone: string;
  /** Index behind it. */
  end: number;
}

type StampStep = (bytes: Uint8Array, i: number, end: number, into: StampParts) => number;

/** Reads a stamp at `from`; false where the bytes have another form. */
export type TimeFormat = (bytes: Uint8Array, from: number, end: number, into: StampParts) => boolean;

/** Parts before a stamp is read: nothing is known. */
export const newParts = (): StampParts => ({
  year: NaN,
  month: NaN,
  day: NaN,
  dayOfYear: NaN,
  hour: NaN,
  minute: NaN,
  second: NaN,
  fraction: 0,
  half: NaN,
  epoch: NaN,
  offset: NaN,
  zone: '',
  end: 0,
});

type NumberField = Exclude<keyof StampParts, 'zone' | 'end'>;

/** A number of at most `most` digits, between `min` and `max`; blanks may stand for leading zeros. */
const number =
  (field: NumberField, most: number, min: number, max: number, padded = false): StampStep =>
  (bytes, i, end, into) => {
    if (padded) while (i < end && bytes[i] === 0x20) i++;
    const digits = Math.min(most, digitsAt(bytes, i, Math.min(end, i + most)));
    if (digits === 0) return -1;
    let value = 0;
    for (let k = 0; k < digits; k++) value = value * 10 + bytes[i + k]! - 0x30;
    if (value < min || value > max) return -1;
    into[field] = value;
    return i + digits;
  };

const shortYear: StampStep = (bytes, i, end, into) => {
  if (digitsAt(bytes, i, end) < 2) return -1;
  const value = (bytes[i]! - 0x30) * 10 + bytes[i + 1]! - 0x30;
  // As POSIX has it.
  into.year = value + (value < 69 ? 2000 : 1900);
  return i + 2;
};

/** Digits behind the point; those beyond milliseconds are cut. */
const fraction =
  (digits: number, hasPoint: boolean): StampStep =>
  (bytes, i, end, into) => {
    if (hasPoint) {
      if (bytes[i] !== 0x2e && bytes[i] !== 0x2c) return i;
      i++;
    }
    const found = digitsAt(bytes, i, digits > 0 ? Math.min(end, i + digits) : end);
    if (found === 0 || (digits > 0 && found < digits)) return -1;
    let ms = 0;
    for (let k = 0; k < 3; k++) ms = ms * 10 + (k < found ? bytes[i + k]! - 0x30 : 0);
    into.fraction = ms;
    return i + found;
  };

const monthName: StampStep = (bytes, i, _end, into) => {
  const month = monthOf(bytes, i);
  if (month === 0) return -1;
  into.month = month;
  return i + monthLength(bytes, i, month);
};

const isLetter = (byte: number): boolean => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;

const weekday: StampStep = (bytes, i, end) => {
  if (!isWeekday(bytes, i)) return -1;
  while (i < end && isLetter(bytes[i]!)) i++;
  return i;
};

const half: StampStep = (bytes, i, _end, into) => {
  const first = bytes[i]! | 0x20;
  if ((first !== 0x61 && first !== 0x70) || (bytes[i + 1]! | 0x20) !== 0x6d) return -1;
  into.half = first === 0x70 ? 1 : 0;
  return i + 2;
};

/** `+0200`, `+02:00`, `+02`, `Z`. */
const offset: StampStep = (bytes, i, end, into) => {
  if ((bytes[i]! | 0x20) === 0x7a) {
    into.offset = 0;
    return i + 1;
  }
  const sign = bytes[i] === 0x2b ? 1 : bytes[i] === 0x2d ? -1 : 0;
  if (sign === 0 || digitsAt(bytes, i + 1, end) < 2) return -1;
  const hours = (bytes[i + 1]! - 0x30) * 10 + bytes[i + 2]! - 0x30;
  let at = i + 3;
  if (bytes[at] === 0x3a) at++;
  const hasMinutes = digitsAt(bytes, at, end) >= 2;
  const minutes = hasMinutes ? (bytes[at]! - 0x30) * 10 + bytes[at + 1]! - 0x30 : 0;
  if (hours > 15 || minutes > 59) return -1;
  into.offset = sign * (hours * 60 + minutes) * 60_000;
  return hasMinutes ? at + 2 : i + 3;
};

/** `CET`, `UTC`, `Europe/Berlin`; an offset, too. */
const zoneName: StampStep = (bytes, i, end, into) => {
  if (!isLetter(bytes[i]!) || ((bytes[i]! | 0x20) === 0x7a && !isLetter(bytes[i + 1]!)))
    return offset(bytes, i, end, into);
  let to = i;
  while (to < end && to - i < 40 && (isLetter(bytes[to]!) || bytes[to] === 0x2f || bytes[to] === 0x5f)) to++;
  const name = Buffer.from(bytes.subarray(i, to)).toString('latin1');
  const minutes = offsetOfName(name);
  if (Number.isFinite(minutes)) into.offset = minutes * 60_000;
  else if (name.includes('/') && zoneNamed(name)) into.zone = name;
  else return -1;
  return to;
};

/** Seconds, milli-, micro- or nanoseconds since 1970, by their number of digits. */
const epoch: StampStep = (bytes, i, end, into) => {
  const digits = digitsAt(bytes, i, end);
  if (digits < 9 || digits > 19) return -1;
  let value = 0;
  for (let k = 0; k < Math.min(digits, 13); k++) value = value * 10 + bytes[i + k]! - 0x30;
  into.epoch = digits <= 10 ? value * 1000 : digits >= 13 ? value : NaN;
  return Number.isNaN(into.epoch) ? -1 : i + digits;
};

const blanks: StampStep = (bytes, i, end) => {
  while (i < end && (bytes[i] === 0x20 || bytes[i] === 0x09)) i++;
  return i;
};

const literal =
  (byte: number): StampStep =>
  (bytes, i, end) =>
    i < end && bytes[i] === byte ? i + 1 : -1;

const directives: Readonly<Record<string, StampStep | string>> = {
  Y: number('year', 4, 1970, 9999),
  y: shortYear,
  m: number('month', 2, 1, 12, true),
  d: number('day', 2, 1, 31, true),
  e: number('day', 2, 1, 31, true),
  j: number('dayOfYear', 3, 1, 366),
  H: number('hour', 2, 0, 23, true),
  k: number('hour', 2, 0, 23, true),
  I: number('hour', 2, 1, 12, true),
  l: number('hour', 2, 1, 12, true),
  M: number('minute', 2, 0, 59),
  S: number('second', 2, 0, 60),
  f: fraction(0, false),
  L: fraction(0, false),
  N: fraction(0, false),
  '3N': fraction(3, false),
  '6N': fraction(6, false),
  '9N': fraction(9, false),
  '3f': fraction(3, false),
  '6f': fraction(6, false),
  '9f': fraction(9, false),
  '.f': fraction(0, true),
  '.3f': fraction(3, true),
  '.6f': fraction(6, true),
  '.9f': fraction(9, true),
  b: monthName,
  B: monthName,
  h: monthName,
  a: weekday,
  A: weekday,
  p: half,
  P: half,
  z: offset,
  ':z': offset,
  Z: zoneName,
  s: epoch,
  n: blanks,
  t: blanks,
  '%': literal(0x25),
  T: '%H:%M:%S',
  R: '%H:%M',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  r: '%I:%M:%S %p',
  c: '%a %b %e %H:%M:%S %Y',
};

const directive = /%(%|\.[369]?f|[369][Nf]|:z|-?[A-Za-z])/g;

/**
 * @param format - such as `%d/%b/%Y:%H:%M:%S %z`
 * @throws Error where it has a directive that is not known
 */
export function timeFormat(format: string): TimeFormat {
  const steps = stepsOf(format);
  return (bytes, from, end, into) => {
    Object.assign(into, newParts());
    let i = from;
    for (const step of steps) {
      i = step(bytes, i, end, into);
      if (i < 0 || i > end) return false;
    }
    into.end = i;
    return true;
  };
}

function stepsOf(format: string): StampStep[] {
  const steps: StampStep[] = [];
  const text = Buffer.from(format, 'utf8').toString('latin1');
  let at = 0;
  const literals = (to: number): void => {
    for (; at < to; at++) {
      const byte = text.charCodeAt(at);
      if (byte === 0x25) throw new Error(`${text.slice(at, at + 2)} is no directive of strptime`);
      steps.push(byte === 0x20 ? blanks : literal(byte));
    }
  };
  for (const match of text.matchAll(directive)) {
    literals(match.index);
    // glibc's %-d is %d without padding.
    const name = match[1]!.replace(/^-/, '');
    const step = Object.hasOwn(directives, name) ? directives[name] : undefined;
    if (step === undefined) throw new Error(`${match[0]} is no directive of strptime that is known`);
    if (typeof step === 'string') steps.push(...stepsOf(step));
    else steps.push(step);
    at = match.index + match[0].length;
  }
  literals(text.length);
  return steps;
}

/** ms since midnight, or NaN. */
export function clockOf({ hour, minute, second, fraction: ms, half: halfOfDay }: StampParts): number {
  if (Number.isNaN(hour)) return 0;
  if (!Number.isNaN(halfOfDay)) {
    if (hour < 1 || hour > 12) return NaN;
    hour = (hour % 12) + 12 * halfOfDay;
  }
  return ((hour * 60 + (minute || 0)) * 60 + (second || 0)) * 1000 + ms;
}

/** ms of midnight of its date in a year, or NaN where there is no such day. */
export function midnightOf({ month, day, dayOfYear }: StampParts, year: number): number {
  if (!Number.isNaN(dayOfYear)) return ordinalDate(year, dayOfYear);
  return dateOf(year, month, Number.isNaN(day) ? 1 : day);
}
