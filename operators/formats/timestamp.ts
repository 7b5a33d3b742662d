/** Timestamps at a place in a line: the usual forms, told apart by their bytes; no string is made. */

const zero = 0x30;
const space = 0x20;
const day = 86_400_000;
/** Stamps without a zone are UTC. */
const monthNames = 'janfebmaraprmayjunjulaugsepoctnovdec';

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

/** Two digits at `i`, or NaN. */
function two(bytes: Uint8Array, i: number): number {
  const tens = bytes[i] - zero;
  const ones = bytes[i + 1] - zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/** Reads timestamps one after another. Keeps the minute of the last one: neighbours mostly share it. */
export class TimestampReader {
  /** ms since 1970 of the last stamp read. */
  time = NaN;
  /** Index behind it. */
  end = 0;
  /** It had the form of BSD syslog, without a year and followed by a host. */
  syslog = false;
  /** A stamp without a year was found, and nothing to infer one from. */
  yearless = false;

  private readonly head = new Uint8Array(16);
  private minute = NaN;
  private readonly year: number | undefined;

  /** `year`: of stamps that have none, where neither a broker time stamp nor an earlier record tells. */
  constructor(year?: number) {
    this.year = year;
  }

  /** Reads the stamp that begins at `from`; false where there is none. `near`: some time close by, ms, or -1. */
  read(bytes: Uint8Array, from: number, end: number, near: number): boolean {
    this.syslog = this.yearless = false;
    const first = bytes[from];
    if (isDigit(first)) {
      if (end - from < 10) return false;
      const fifth = bytes[from + 4];
      if (fifth === 0x2d || fifth === 0x2f) return this.iso(bytes, from, end);
      if (bytes[from + 6] === space) return this.hdfs(bytes, from, end);
      if (bytes[from + 2] === 0x2f && bytes[from + 5] === 0x2f) return this.shortDate(bytes, from, end);
      return this.epoch(bytes, from, end);
    }
    return this.named(bytes, from, end, near);
  }

  /** `2026-01-05 12:34:56,789`, `2026/01/05 12:34:56`, ISO 8601 with T, fraction and zone. */
  private iso(bytes: Uint8Array, from: number, end: number): boolean {
    if (end - from < 19) return false;
    const head = this.head;
    let same = 0;
    while (same < 16 && head[same] === bytes[from + same]) same++;
    if (same < 16) {
      const separator = bytes[from + 10];
      if (bytes[from + 7] !== bytes[from + 4] || (separator !== space && (separator | 0x20) !== 0x74)) return false;
      const year = two(bytes, from) * 100 + two(bytes, from + 2);
      const date = dateOf(year, two(bytes, from + 5), two(bytes, from + 8));
      const time = this.minutes(bytes, from + 11);
      if (Number.isNaN(date + time)) return false;
      for (let i = 0; i < 16; i++) head[i] = bytes[from + i];
      this.minute = date + time;
    }
    if (!this.seconds(bytes, from + 16, this.minute)) return false;
    this.fraction(bytes, end);
    this.zone(bytes, end);
    return true;
  }

  /** `081109 203518`, year, month, day, then time, without separators. */
  private hdfs(bytes: Uint8Array, from: number, end: number): boolean {
    if (end - from < 13 || (end - from > 13 && isDigit(bytes[from + 13]))) return false;
    const date = dateOf(2000 + two(bytes, from), two(bytes, from + 2), two(bytes, from + 4));
    const hour = two(bytes, from + 7);
    const minute = two(bytes, from + 9);
    const second = two(bytes, from + 11);
    if (!(hour < 24 && minute < 60 && second <= 60)) return false;
    return this.found(date + ((hour * 60 + minute) * 60 + second) * 1000, from + 13);
  }

  /** `17/06/09 20:10:40`, year, month, day. */
  private shortDate(bytes: Uint8Array, from: number, end: number): boolean {
    if (end - from < 17 || bytes[from + 8] !== space) return false;
    const date = dateOf(2000 + two(bytes, from), two(bytes, from + 3), two(bytes, from + 6));
    if (!this.seconds(bytes, from + 14, date + this.minutes(bytes, from + 9))) return false;
    this.fraction(bytes, end);
    return true;
  }

  /** Seconds (10 digits, with a fraction), milli-, micro- or nanoseconds (13, 16, 19) since 1970. */
  private epoch(bytes: Uint8Array, from: number, end: number): boolean {
    let i = from;
    let value = 0;
    while (i < end && isDigit(bytes[i])) value = value * 10 + bytes[i++] - zero;
    const digits = i - from;
    if (digits !== 10 && digits !== 13 && digits !== 16 && digits !== 19) return false;
    if (i < end && bytes[i] !== 0x2e && bytes[i] !== space && bytes[i] !== 0x2c && bytes[i] !== 0x09) return false;
    const perMs = digits === 10 ? 0.001 : digits === 13 ? 1 : digits === 16 ? 1e3 : 1e6;
    this.found(digits === 10 ? value * 1000 : Math.floor(value / perMs), i);
    if (digits === 10) this.fraction(bytes, end);
    return true;
  }

  /** `Jan  5 12:34:56` (year inferred), `Mon Jan 05 12:34:56 2026` and `Mon Jan 5 12:34:56.123456 2026`. */
  private named(bytes: Uint8Array, from: number, end: number, near: number): boolean {
    if (end - from < 15) return false;
    let at = from;
    let month = monthOf(bytes, at);
    if (month === 0 && bytes[at + 3] === space) month = monthOf(bytes, (at += 4));
    if (month === 0 || bytes[at + 3] !== space || at + 15 > end) return false;
    let i = at + 4;
    if (bytes[i] === space) i++;
    let dayOfMonth = bytes[i++] - zero;
    if (isDigit(bytes[i])) dayOfMonth = dayOfMonth * 10 + bytes[i++] - zero;
    if (!(dayOfMonth >= 1 && dayOfMonth <= 31) || bytes[i] !== space || i + 9 > end) return false;
    if (!this.seconds(bytes, i + 6, this.minutes(bytes, i + 1))) return false;
    this.fraction(bytes, end);
    const inDay = this.time;
    let year = NaN;
    if (at > from && bytes[this.end] === space && this.end + 5 <= end) {
      year = two(bytes, this.end + 1) * 100 + two(bytes, this.end + 3);
      if (!Number.isNaN(year)) this.end += 5;
    }
    if (Number.isNaN(year)) {
      this.syslog = true;
      year = this.nearestYear(month, dayOfMonth, near);
      if (Number.isNaN(year)) {
        this.yearless = true;
        return false;
      }
    }
    return this.found(dateOf(year, month, dayOfMonth) + inDay, this.end);
  }

  private nearestYear(month: number, dayOfMonth: number, near: number): number {
    if (near < 0) return this.year ?? NaN;
    const base = 1970 + Math.floor(near / (365.2425 * day));
    let best = NaN;
    let distance = Infinity;
    for (let year = base - 1; year <= base + 1; year++) {
      const gap = Math.abs(daysOf(year, month, dayOfMonth) * day - near);
      if (gap < distance) {
        distance = gap;
        best = year;
      }
    }
    return best;
  }

  private found(time: number, end: number): boolean {
    this.time = time;
    this.end = end;
    return !Number.isNaN(time);
  }

  /** ms of `hh:mm` at `i`, or NaN. */
  private minutes(bytes: Uint8Array, i: number): number {
    const hour = two(bytes, i);
    const minute = two(bytes, i + 3);
    return bytes[i + 2] === 0x3a && hour < 24 && minute < 60 ? (hour * 60 + minute) * 60_000 : NaN;
  }

  /** Takes `:ss` at `i` on top of `minute`. */
  private seconds(bytes: Uint8Array, i: number, minute: number): boolean {
    const second = two(bytes, i + 1);
    if (bytes[i] !== 0x3a || !(second <= 60)) return false;
    return this.found(minute + second * 1000, i + 3);
  }

  /** Takes a fraction of a second where one follows; what is finer than a millisecond is cut. */
  private fraction(bytes: Uint8Array, end: number): void {
    let i = this.end;
    if (i + 1 >= end || (bytes[i] !== 0x2e && bytes[i] !== 0x2c) || !isDigit(bytes[i + 1])) return;
    let scale = 100;
    for (i++; i < end && isDigit(bytes[i]); i++) {
      if (scale < 1) continue;
      this.time += (bytes[i] - zero) * scale;
      scale = scale === 1 ? 0 : scale / 10;
    }
    this.end = i;
  }

  /** Takes `Z`, `+02:00` or `-0700`, also after a blank where four digits follow. */
  private zone(bytes: Uint8Array, end: number): void {
    let i = this.end;
    if (i >= end) return;
    if ((bytes[i] | 0x20) === 0x7a) {
      this.end = i + 1;
      return;
    }
    if (bytes[i] === space && i + 5 < end) i++;
    const sign = bytes[i] === 0x2b ? 1 : bytes[i] === 0x2d ? -1 : 0;
    if (sign === 0 || i + 5 > end) return;
    const colon = bytes[i + 3] === 0x3a ? 1 : 0;
    if (i + 5 + colon > end) return;
    const hour = two(bytes, i + 1);
    const minute = two(bytes, i + 3 + colon);
    if (!(hour <= 15 && minute < 60)) return;
    this.time -= sign * (hour * 60 + minute) * 60_000;
    this.end = i + 5 + colon;
  }
}

/** ms of a date, or NaN where there is no such day. */
function dateOf(year: number, month: number, dayOfMonth: number): number {
  if (!(month >= 1 && month <= 12 && dayOfMonth >= 1 && dayOfMonth <= 31)) return NaN;
  return daysOf(year, month, dayOfMonth) * day;
}

/** 1 to 12 for an English three-letter name at `i`, 0 for anything else. */
function monthOf(bytes: Uint8Array, i: number): number {
  for (let month = 0; month < 12; month++) {
    let same = 0;
    while (same < 3 && (bytes[i + same] | 0x20) === monthNames.charCodeAt(3 * month + same)) same++;
    if (same === 3) return month + 1;
  }
  return 0;
}
