/** Dates and clock times in bytes. */

const zero = 0x30;
/** A day, ms. */
export const dayMs = 86_400_000;

/** Days since 1970 of a date of the Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms"). */
export function daysOf(year: number, month: number, dayOfMonth: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + dayOfMonth - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** ms of a date, or NaN where there is no such day. */
export function dateOf(year: number, month: number, dayOfMonth: number): number {
  if (!(month >= 1 && month <= 12 && dayOfMonth >= 1)) return NaN;
  if (dayOfMonth > (month === 2 && isLeap(year) ? 29 : monthDays[month - 1]!)) return NaN;
  return daysOf(year, month, dayOfMonth) * dayMs;
}

/** ms of the day of a year, 1 to 366, or NaN. */
export const ordinalDate = (year: number, dayOfYear: number): number =>
  dayOfYear >= 1 && dayOfYear <= (isLeap(year) ? 366 : 365) ? (daysOf(year, 1, 1) + dayOfYear - 1) * dayMs : NaN;

/** ms of an ISO 8601 week date, Monday is 1, or NaN. */
export function weekDate(year: number, week: number, weekday: number): number {
  if (!(week >= 1 && week <= 53 && weekday >= 1 && weekday <= 7)) return NaN;
  // The week of 4 January is the first one; 1970-01-01 was a Thursday.
  const fourth = daysOf(year, 1, 4);
  const monday = fourth - ((((fourth + 3) % 7) + 7) % 7);
  return (monday + 7 * (week - 1) + weekday - 1) * dayMs;
}

/** Whether a byte is one of `0` to `9`. */
export const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/** Two digits at `i`, or NaN. */
export function two(bytes: Uint8Array, i: number): number {
  const tens = bytes[i]! - zero;
  const ones = bytes[i + 1]! - zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

/** Digits from `i` on, at most up to `end`: how many. */
export function digitsAt(bytes: Uint8Array, i: number, end: number): number {
  let n = 0;
  while (i + n < end && isDigit(bytes[i + n]!)) n++;
  return n;
}

const names = 'janfebmaraprmayjunjulaugsepoctnovdec';
const fullNames = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september'];
fullNames.push('october', 'november', 'december');

/** 1 to 12 for an English three-letter name at `i`, 0 for anything else. */
export function monthOf(bytes: Uint8Array, i: number): number {
  for (let month = 0; month < 12; month++) {
    let same = 0;
    while (same < 3 && (bytes[i + same]! | 0x20) === names.charCodeAt(3 * month + same)) same++;
    if (same === 3) return month + 1;
  }
  return 0;
}

/** Letters of the name of a month at `i`, as long as it is written: `Jan`, `Sept`, `January`. */
export function monthLength(bytes: Uint8Array, i: number, month: number): number {
  const name = fullNames[month - 1]!;
  let n = 3;
  while (n < name.length && (bytes[i + n]! | 0x20) === name.charCodeAt(n)) n++;
  return n;
}

const weekdays = 'montuewedthufrisatsun';
/** Whether an English three-letter name of a weekday is at `i`. */
export function isWeekday(bytes: Uint8Array, i: number): boolean {
  for (let day = 0; day < 7; day++) {
    let same = 0;
    while (same < 3 && (bytes[i + same]! | 0x20) === weekdays.charCodeAt(3 * day + same)) same++;
    if (same === 3) return true;
  }
  return false;
}
