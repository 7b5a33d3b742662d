/** Timestamps at a place in a line: the usual forms, told apart by their bytes, understood to their last character. */
import { taiLength, taiTime } from './time/tai64.js';
import {
  dateOf,
  dayMs,
  daysOf,
  digitsAt,
  isDigit,
  isWeekday,
  monthLength,
  monthOf,
  ordinalDate,
  two,
  weekDate,
} from './time/dates.js';
import { clockOf, midnightOf, newParts, timeFormat, type TimeFormat } from './time/time-format.js';
import { ambiguousZone, offsetOfBytes, zoneNamed, type Zone } from './time/zones.js';

export { daysOf } from './time/dates.js';

const zero = 0x30;
const space = 0x20;
const colon = 0x3a;
const dash = 0x2d;
const slash = 0x2f;
const dot = 0x2e;

const noYear =
  'the timestamp has no year, and no broker time stamp or earlier line tells it: set the year of the source';

/** Which of day and month is first in `05/01/2026`. */
export const dateOrders = { unknown: 0, dayFirst: 1, monthFirst: 2 } as const;

/** How stamps are completed. */
export interface TimestampOptions {
  /** Of stamps that have none, where neither a broker time stamp nor an earlier record tells. */
  readonly year?: number | undefined;
  /** The day of the first line is known: a time of day alone is the next such time after the line before. */
  readonly isDated?: boolean | undefined;
  /** Of stamps without a zone; without it they are UTC. */
  readonly zone?: Zone | undefined;
  readonly dateOrder?: 'day' | 'month' | undefined;
  /** Form of the stamps, as strptime describes it. Stamps that begin with a year, a name or an epoch are read besides. */
  readonly timeFormat?: string | undefined;
}

/** How far a time of day alone may be behind the line before, ms: further back it is one of the next day. */
export const outOfOrder = 3_600_000;

/** What may stand directly behind a stamp in a line. */
const behind = new Uint8Array(256);
for (const byte of Buffer.from(' \t\r\n],:;|)}>"\'')) behind[byte] = 1;

/** Reads timestamps one after another. Keeps the minute of the last one: neighbours mostly share it. */
export class TimestampReader {
  /** ms since 1970 of the last stamp read. */
  time = NaN;
  /** Index behind it. */
  end = 0;
  /** It had the form of BSD syslog, without a year and followed by a host. */
  syslog = false;
  /** A stamp was begun and is not understood: why, for people. */
  problem = '';
  /** It is a bare number of seconds (or less) since 1970. */
  isNumber = false;
  /** Which of day and month the source has shown to be first. Set from and kept in the state of the source. */
  dateOrder: number = dateOrders.unknown;

  private readonly heads = [new Uint8Array(16), new Uint8Array(16)] as const;
  private readonly minutesOf = [NaN, NaN];
  private zoned = false;
  private readonly options: TimestampOptions;
  private readonly format: TimeFormat | undefined;
  private readonly parts = newParts();

  constructor(options: TimestampOptions | number = {}) {
    this.options = typeof options === 'number' ? { year: options } : options;
    this.format = this.options.timeFormat === undefined ? undefined : timeFormat(this.options.timeFormat);
  }

  /**
   * Reads the stamp that begins at `from`; false where there is none, or one that is not understood (`problem`).
   *
   * @param near - a time close by, ms, or -1
   * @param whole - the stamp must be all of `bytes[from, end)`, as in a field
   * @param isBroker - `near` is the broker's stamp of this very record
   * @param zone - of stamps without one, where the record names it
   */
  read(
    bytes: Uint8Array,
    from: number,
    end: number,
    near: number,
    whole = false,
    isBroker = false,
    zone?: Zone,
  ): boolean {
    this.syslog = this.isNumber = this.zoned = false;
    this.problem = '';
    this.time = NaN;
    const isOwn = this.format ? this.byFormat(this.format, bytes, from, end, near, isBroker) : false;
    if (this.problem !== '') return false;
    if (!isOwn && !this.begin(bytes, from, end, near, isBroker)) return false;
    if (!isOwn && !this.zoned && !this.isNumber) this.tail(bytes, end, whole);
    if (this.problem !== '' || Number.isNaN(this.time)) return false;
    const by = zone ?? this.options.zone;
    if (!this.zoned && !this.isNumber && by) this.time = by.toUtc(this.time, near, isBroker);
    if (whole) {
      while (this.end < end && bytes[this.end]! <= space) this.end++;
      if (this.end < end) return this.refuse(bytes, from, end, 'is followed by');
    } else if (this.end < end && behind[bytes[this.end]!] === 0) {
      const isDash = bytes[this.end] === dash && (this.end + 1 === end || bytes[this.end + 1] === space);
      if (!isDash) return this.refuse(bytes, from, end, 'is followed by');
    }
    return true;
  }

  private refuse(bytes: Uint8Array, from: number, end: number, what: string): false {
    const text = (a: number, b: number): string => Buffer.from(bytes.subarray(a, b)).toString('latin1');
    const rest = text(this.end, Math.min(end, this.end + 20));
    this.problem = `the timestamp ${text(from, Math.min(this.end, from + 40))} ${what} ${JSON.stringify(rest)}`;
    return false;
  }

  /** Reads a stamp of the form that the source was given; a `problem` where it begins like none of the other forms. */
  private byFormat(
    format: TimeFormat,
    bytes: Uint8Array,
    from: number,
    end: number,
    near: number,
    isBroker: boolean,
  ): boolean {
    const { parts } = this;
    if (!format(bytes, from, end, parts)) {
      const digits = digitsAt(bytes, from, end);
      if (digits > 0 && digits < 10 && !(digits === 4 && bytes[from + 4] === dash)) {
        this.end = Math.min(end, from + 40);
        this.problem = `the timestamp ${text(bytes, from, this.end)} has not the form of time_format, ${this.options.timeFormat ?? ''}`;
      }
      return false;
    }
    this.end = parts.end;
    if (!Number.isNaN(parts.epoch)) {
      this.time = parts.epoch + parts.fraction;
      this.zoned = true;
      return true;
    }
    const clock = clockOf(parts);
    if (Number.isNaN(parts.month) && Number.isNaN(parts.dayOfYear)) this.time = this.onDay(clock, near, isBroker);
    else {
      const isYear = !Number.isNaN(parts.year);
      const year = isYear ? parts.year : this.nearestYear(parts.month || 1, parts.day || 1, near);
      this.time = midnightOf(parts, year) + clock;
      if (Number.isNaN(year)) this.problem = noYear;
      else if (Number.isNaN(this.time)) this.problem = `there is no time ${text(bytes, from, this.end)}`;
    }
    if (!Number.isNaN(parts.offset)) {
      this.time -= parts.offset;
      this.zoned = true;
    } else if (parts.zone !== '') this.byName(parts.zone, parts.end, bytes, end);
    return true;
  }

  private begin(bytes: Uint8Array, from: number, end: number, near: number, isBroker: boolean): boolean {
    if (bytes[from] === 0x40) return this.tai(bytes, from, end);
    if (!isDigit(bytes[from]!)) return this.named(bytes, from, end, near);
    const digits = digitsAt(bytes, from, end);
    const next = bytes[from + digits]!;
    if (digits === 4) {
      if (next === dash || next === slash || next === dot) return this.yearFirst(bytes, from, end);
      return false;
    }
    if (digits <= 2) {
      if (next === slash || next === dot || next === dash) return this.shortFields(bytes, from, end, digits, near);
      if (next === space) return this.dayName(bytes, from, end, digits, near);
      if (next === colon) return this.clock(bytes, from, end, near, isBroker);
      return digits === 2 && isLetter(next) && this.gluedDate(bytes, from, end);
    }
    if (digits === 6 && next === space) return this.hdfs(bytes, from, end);
    if (digits === 8) return this.compact(bytes, from, end);
    if (digits === 14 && bytes[from]! < 0x33) return this.compactAll(bytes, from, end);
    return this.epoch(bytes, from, end, digits);
  }

  /** `@4000000069566b9a1dcd6500`. */
  private tai(bytes: Uint8Array, from: number, end: number): boolean {
    this.time = taiTime(bytes, from, end);
    if (Number.isNaN(this.time)) return false;
    this.end = from + taiLength;
    this.zoned = true;
    return true;
  }

  /** `2026-01-05 12:34:56,789`, `2026/01/05 12:34`, ISO 8601 with T, fraction and zone, week and ordinal dates. */
  private yearFirst(bytes: Uint8Array, from: number, end: number): boolean {
    if (end - from < 10) return false;
    // A line may have two stamps, in two forms: its own, and that of the container around it.
    const place = (bytes[from + 10]! >> 6) & 1;
    const head = this.heads[place]!;
    let same = 0;
    while (same < 16 && head[same] === bytes[from + same]) same++;
    if (same < 16 || end - from < 16) {
      const year = two(bytes, from) * 100 + two(bytes, from + 2);
      let date: number;
      let at = from + 10;
      if (bytes[from + 5] === 0x57) {
        date = weekDate(year, two(bytes, from + 6), bytes[from + 9]! - zero);
        if (bytes[from + 8] !== dash) return false;
      } else if (digitsAt(bytes, from + 5, end) === 3 && bytes[from + 4] === dash) {
        date = ordinalDate(year, two(bytes, from + 5) * 10 + bytes[from + 7]! - zero);
        at = from + 8;
      } else if (bytes[from + 7] === bytes[from + 4]) {
        date = dateOf(year, two(bytes, from + 5), two(bytes, from + 8));
      } else return false;
      const separator = bytes[at]!;
      const isPair = separator === 0x5d && bytes[at + 1] === 0x5b;
      // Db2: 2026-03-04-05.06.07.089123
      const isDashed = separator === dash && digitsAt(bytes, at + 1, end) === 2;
      if (
        separator !== space &&
        (separator | 0x20) !== 0x74 &&
        separator !== 0x09 &&
        separator !== 0x5f &&
        !isPair &&
        !isDashed
      )
        return false;
      const time = isPair ? NaN : this.minutes(bytes, at + 1);
      if (Number.isNaN(time)) {
        // `2026-03-04  5:06:07`, `2026/03/04 - 05:06:07`, `2026-03-04][05:06:07`
        const clock = isPair ? at + 2 : looseClock(bytes, at, end);
        head[0] = 0;
        if (clock > 0 && !Number.isNaN(date) && this.clockAt(bytes, clock, end, date)) return true;
        if (!Number.isNaN(date) && this.dottedClock(bytes, at + 1, end, date)) return true;
        return this.noClock(bytes, from, at, end);
      }
      if (Number.isNaN(date)) {
        this.end = Math.min(end, at);
        this.problem = `there is no day ${Buffer.from(bytes.subarray(from, at)).toString('latin1')}`;
        return false;
      }
      if (at === from + 10) for (let i = 0; i < 16; i++) head[i] = bytes[from + i]!;
      if (at !== from + 10) return this.clockTail(bytes, at + 6, end, date + time);
      this.minutesOf[place] = date + time;
    }
    return this.clockTail(bytes, from + 16, end, this.minutesOf[place]!);
  }

  /** `05.06.07` with a fraction behind another point. */
  private dottedClock(bytes: Uint8Array, i: number, end: number, date: number): boolean {
    const [hour, minute, second] = [two(bytes, i), two(bytes, i + 3), two(bytes, i + 6)];
    if (bytes[i + 2] !== dot || bytes[i + 5] !== dot || !(hour < 24 && minute < 60 && second <= 60)) return false;
    this.time = date + ((hour * 60 + minute) * 60 + second) * 1000;
    this.end = i + 8;
    this.fraction(bytes, end);
    return true;
  }

  /** What follows a date is no time of day: `24:00:00` is the next day, anything else no stamp. */
  private noClock(bytes: Uint8Array, from: number, at: number, end: number): boolean {
    const text = Buffer.from(bytes.subarray(at + 1, Math.min(end, at + 9))).toString('latin1');
    if (text === '24:00:00') {
      const year = two(bytes, from) * 100 + two(bytes, from + 2);
      this.time = dateOf(year, two(bytes, from + 5), two(bytes, from + 8)) + dayMs;
      this.end = at + 9;
      return !Number.isNaN(this.time);
    }
    if (/^\d\d:\d\d/.test(text)) {
      this.end = at;
      this.problem = `there is no time of day ${text}`;
    }
    return false;
  }

  /** Seconds and their fraction at `i`, where there are any, on top of `minute`. */
  private clockTail(bytes: Uint8Array, i: number, end: number, minute: number): boolean {
    if (i < end && bytes[i] === colon) {
      const second = two(bytes, i + 1);
      if (!(second <= 60) || i + 3 > end) {
        this.end = i;
        this.problem = `the time of day has no seconds behind its colon, or more than 60`;
        return false;
      }
      this.time = minute + second * 1000;
      this.end = i + 3;
      this.fraction(bytes, end);
      return true;
    }
    this.time = minute;
    this.end = i;
    return true;
  }

  /** `20260105T123456Z`, `20260105 123456`, `20260105.123456,789`, `20260105-12:34:56`. */
  private compact(bytes: Uint8Array, from: number, end: number): boolean {
    const separator = bytes[from + 8]!;
    const isDotted = separator === dot && digitsAt(bytes, from + 9, end) === 6;
    if ((separator | 0x20) !== 0x74 && separator !== space && separator !== dash && !isDotted) return false;
    const year = two(bytes, from) * 100 + two(bytes, from + 2);
    const date = dateOf(year, two(bytes, from + 4), two(bytes, from + 6));
    if (Number.isNaN(date)) return false;
    const digits = digitsAt(bytes, from + 9, end);
    if (digits <= 2 && separator === dash && bytes[from + 9 + digits] === colon) {
      const clock = /^(\d\d?):(\d\d?):(\d\d?)(?!\d)/.exec(text(bytes, from + 9, Math.min(end, from + 20)));
      if (clock && clock[0].length < 8) {
        const [hour, minute, second] = [Number(clock[1]), Number(clock[2]), Number(clock[3])];
        if (!(hour < 24 && minute < 60 && second <= 60)) return false;
        this.time = date + ((hour * 60 + minute) * 60 + second) * 1000;
        this.end = from + 9 + clock[0].length;
        this.fraction(bytes, end);
        return true;
      }
    }
    if (digits === 2) {
      const time = this.minutes(bytes, from + 9);
      return !Number.isNaN(time) && this.clockTail(bytes, from + 14, end, date + time);
    }
    if (digits !== 6 && digits !== 4) return false;
    return this.digitClock(bytes, from + 9, end, date, digits);
  }

  /** `20260105123456`, maybe with a fraction. */
  private compactAll(bytes: Uint8Array, from: number, end: number): boolean {
    const year = two(bytes, from) * 100 + two(bytes, from + 2);
    const date = dateOf(year, two(bytes, from + 4), two(bytes, from + 6));
    return !Number.isNaN(date) && this.digitClock(bytes, from + 8, end, date, 6);
  }

  private digitClock(bytes: Uint8Array, i: number, end: number, date: number, digits: number): boolean {
    const hour = two(bytes, i);
    const minute = two(bytes, i + 2);
    const second = digits === 6 ? two(bytes, i + 4) : 0;
    if (!(hour < 24 && minute < 60 && second <= 60)) return false;
    this.time = date + ((hour * 60 + minute) * 60 + second) * 1000;
    this.end = i + digits;
    this.fraction(bytes, end);
    return true;
  }

  /** `081109 203518`, year, month, day, then time, without separators; `081109 20:35:18` of MySQL. */
  private hdfs(bytes: Uint8Array, from: number, end: number): boolean {
    const date = dateOf(2000 + two(bytes, from), two(bytes, from + 2), two(bytes, from + 4));
    const clock = from + (bytes[from + 7] === space ? 8 : 7);
    const digits = digitsAt(bytes, clock, end);
    if (Number.isNaN(date) || (digits !== 6 && bytes[clock + digits] !== colon)) return false;
    return digits === 6 ? this.digitClock(bytes, clock, end, date, 6) : this.clockAt(bytes, clock, end, date);
  }

  /**
   * `17/06/09 20:10:40` (year first), `05/01/2026 12:34:56`, `05.01.2026 12:34`, `05/Jan/2026:12:34:56 +0100`,
   * `05-Jan-2026 12:34:56.789`.
   */
  private shortFields(bytes: Uint8Array, from: number, end: number, digits: number, near: number): boolean {
    const mark = bytes[from + digits]!;
    const first = digits === 2 ? two(bytes, from) : bytes[from]! - zero;
    let i = from + digits + 1;
    const month = monthOf(bytes, i);
    if (month > 0) {
      i += 3;
      // Bacula: 04-Mar 05:06:07
      if (bytes[i] === space) return this.withoutYear(bytes, i + 1, end, first, month, near);
      if (bytes[i] !== mark) return false;
      return this.afterMonth(bytes, i + 1, end, first, month);
    }
    const secondDigits = digitsAt(bytes, i, end);
    if (secondDigits < 1 || secondDigits > 2) return false;
    const second = secondDigits === 2 ? two(bytes, i) : bytes[i]! - zero;
    // Android: 01-05 12:34:56.789
    if (mark === dash && digits === 2 && secondDigits === 2 && bytes[i + 2] === space && bytes[i + 5] === colon) {
      const year = this.nearestYear(first, second, near);
      const date = dateOf(year, first, second);
      return !Number.isNaN(date) && this.clockAt(bytes, i + 3, end, date);
    }
    // Snort: 01/05-12:34:56.789012
    if (mark === slash && digits === 2 && secondDigits === 2 && bytes[i + 2] === dash && bytes[i + 5] === colon) {
      const year = this.nearestYear(first, second, near);
      if (Number.isNaN(year)) this.problem = noYear;
      const date = dateOf(year, first, second);
      return !Number.isNaN(date) && this.clockAt(bytes, i + 3, end, date);
    }
    // Proxifier: [01.05 12:34:56]
    if (mark === dot && digits === 2 && secondDigits === 2 && bytes[from - 1] === 0x5b && bytes[i + 5] === colon)
      return this.dottedDay(bytes, from, end, near);
    if (bytes[i + secondDigits] !== mark) return false;
    i += secondDigits + 1;
    const yearDigits = digitsAt(bytes, i, end);
    const isMonthFirst = bytes[i + yearDigits] === dash && bytes[i + yearDigits + 3] === colon;
    if (mark === slash && isMonthFirst && (yearDigits === 4 || yearDigits === 2)) {
      const year = yearDigits === 4 ? two(bytes, i) * 100 + two(bytes, i + 2) : 2000 + two(bytes, i);
      const date = dateOf(year, first, second);
      return !Number.isNaN(date) && this.clockAt(bytes, i + yearDigits + 1, end, date);
    }
    // Suricata: 5/1/2026 -- 12:34:56
    if (mark === slash && yearDigits === 4 && text(bytes, i + 4, i + 8) === ' -- ') {
      const date = dateOf(two(bytes, i) * 100 + two(bytes, i + 2), second, first);
      return !Number.isNaN(date) && this.clockAt(bytes, i + 8, end, date);
    }
    // WebSphere: 1/5/26 12:34:56:789 CET
    if (mark === slash && yearDigits === 2 && digits + secondDigits < 4 && bytes[i + 2] === space) {
      return this.ordered(bytes, from, i + 2, end, 2000 + two(bytes, i), first, second, mark);
    }
    if (yearDigits === 2 && digits === 2 && secondDigits === 2 && mark === slash) {
      this.end = i + 2;
      const date = this.shortYear(first, second, two(bytes, i), near);
      return bytes[i + 2] === space && !Number.isNaN(date) && this.clockAt(bytes, i + 3, end, date);
    }
    if (yearDigits !== 4) return false;
    const year = two(bytes, i) * 100 + two(bytes, i + 2);
    i += 4;
    if (bytes[i] === 0x2c) i++;
    if (bytes[i] !== space && (bytes[i]! | 0x20) !== 0x74 && bytes[i] !== 0x09 && bytes[i] !== colon) return false;
    return this.ordered(bytes, from, i, end, year, first, second, mark);
  }

  /** `01.05 12:34:56` in brackets: month and day in the order that the source has shown or was given. */
  private dottedDay(bytes: Uint8Array, from: number, end: number, near: number): boolean {
    const [first, second] = [two(bytes, from), two(bytes, from + 3)];
    const order = this.orderOf(first, second, slash);
    this.end = from + 5;
    if (order === dateOrders.unknown) {
      this.problem = `of ${text(bytes, from, this.end)} it is unknown which is the day and which the month: set date_order of the source`;
      return false;
    }
    const [month, dayOfMonth] = order === dateOrders.dayFirst ? [second, first] : [first, second];
    const year = this.nearestYear(month, dayOfMonth, near);
    if (Number.isNaN(year)) this.problem = noYear;
    const date = dateOf(year, month, dayOfMonth);
    return !Number.isNaN(date) && this.clockAt(bytes, from + 6, end, date);
  }

  /** Day and month in an order that has to be known, and the time of day behind `i`. */
  private ordered(
    bytes: Uint8Array,
    from: number,
    i: number,
    end: number,
    year: number,
    first: number,
    second: number,
    mark: number,
  ): boolean {
    const order = this.orderOf(first, second, mark);
    if (order === dateOrders.unknown) {
      this.end = i;
      this.problem = `of ${Buffer.from(bytes.subarray(from, i)).toString('latin1')} it is unknown which is the day and which the month: set date_order of the source`;
      return false;
    }
    const date = order === dateOrders.dayFirst ? dateOf(year, second, first) : dateOf(year, first, second);
    if (Number.isNaN(date)) {
      this.end = i;
      this.problem = `there is no day ${Buffer.from(bytes.subarray(from, i)).toString('latin1')}`;
      return false;
    }
    return this.clockAt(bytes, i + 1, end, date);
  }

  /**
   * The date of `26/03/04`: the year is first, as Spark and Hadoop have it, where the source is not told or has not shown
   * another order. A date that would be far off, while one with the year last would not, has a `problem`; NaN without a date.
   */
  private shortYear(first: number, second: number, third: number, near: number): number {
    const told = this.options.dateOrder ?? (this.dateOrder === dateOrders.unknown ? undefined : this.dateOrder);
    const dayFirst = dateOf(2000 + third, second, first);
    const monthFirst = dateOf(2000 + third, first, second);
    if (told === 'day' || told === dateOrders.dayFirst) return dayFirst;
    if (told === 'month' || told === dateOrders.monthFirst) return monthFirst;
    const yearFirst = dateOf(2000 + first, second, third);
    // 01/25/22 is a day in one order only, and shows it.
    if (Number.isNaN(yearFirst) && Number.isNaN(dayFirst) !== Number.isNaN(monthFirst)) {
      const isMonth = Number.isNaN(dayFirst);
      this.dateOrder = isMonth ? dateOrders.monthFirst : dateOrders.dayFirst;
      return isMonth ? monthFirst : dayFirst;
    }
    const isNear = (date: number): boolean =>
      near >= 0 ? Math.abs(date - near) < 2 * 366 * dayMs : date >= Date.UTC(2010, 0);
    if (!isNear(yearFirst) && (isNear(dayFirst) || isNear(monthFirst))) {
      this.problem = `of ${[first, second, third].map((part) => String(part).padStart(2, '0')).join('/')} it is unknown which is the year: set date_order of the source`;
      return NaN;
    }
    return yearFirst;
  }

  /** With dots the day is first; else what the numbers, the settings, or the source so far say. */
  private orderOf(first: number, second: number, mark: number): number {
    if (mark === dot) return dateOrders.dayFirst;
    if (this.options.dateOrder) {
      return this.options.dateOrder === 'day' ? dateOrders.dayFirst : dateOrders.monthFirst;
    }
    if (first > 12) return (this.dateOrder = dateOrders.dayFirst);
    if (second > 12) return (this.dateOrder = dateOrders.monthFirst);
    if (first === second) return dateOrders.dayFirst;
    return this.dateOrder;
  }

  /** `05Jan2026 12:34:56.789` of Forge. */
  private gluedDate(bytes: Uint8Array, from: number, end: number): boolean {
    const month = monthOf(bytes, from + 2);
    if (month === 0 || digitsAt(bytes, from + 5, end) !== 4 || bytes[from + 9] !== space) return false;
    const date = dateOf(two(bytes, from + 5) * 100 + two(bytes, from + 7), month, two(bytes, from));
    return !Number.isNaN(date) && this.clockAt(bytes, from + 10, end, date);
  }

  /** Year, separator and time of day behind the name of a month. */
  private afterMonth(bytes: Uint8Array, i: number, end: number, dayOfMonth: number, month: number): boolean {
    const digits = digitsAt(bytes, i, end);
    // RFC 850 has two digits.
    if (digits !== 4 && digits !== 2) return false;
    const year = digits === 4 ? two(bytes, i) * 100 + two(bytes, i + 2) : 2000 + two(bytes, i);
    const date = dateOf(year, month, dayOfMonth);
    i += digits;
    const separator = bytes[i]!;
    if (separator !== colon && separator !== space && separator !== 0x2c && (separator | 0x20) !== 0x74) return false;
    i++;
    // Erlang: 5-Jan-2026::12:34:56
    if (separator === colon && bytes[i] === colon) i++;
    while (i < end && bytes[i] === space) i++;
    return !Number.isNaN(date) && this.clockAt(bytes, i, end, date);
  }

  /** `05 Jan 2026 12:34:56`, `05 Jan 12:34:56`. */
  private dayName(bytes: Uint8Array, from: number, end: number, digits: number, near: number): boolean {
    const month = monthOf(bytes, from + digits + 1);
    if (month === 0) return false;
    const i = from + digits + 1 + monthLength(bytes, from + digits + 1, month);
    if (bytes[i] !== space) return false;
    const dayOfMonth = digits === 2 ? two(bytes, from) : bytes[from]! - zero;
    if (bytes[i + 3] === colon) return this.withoutYear(bytes, i + 1, end, dayOfMonth, month, near);
    return this.afterMonth(bytes, i + 1, end, dayOfMonth, month);
  }

  /** A time of day behind a date without a year. */
  private withoutYear(
    bytes: Uint8Array,
    i: number,
    end: number,
    dayOfMonth: number,
    month: number,
    near: number,
  ): boolean {
    if (Number.isNaN(this.minutes(bytes, i)) || bytes[i + 5] !== colon) return false;
    const year = this.nearestYear(month, dayOfMonth, near);
    if (Number.isNaN(year)) {
      this.end = i;
      this.problem = noYear;
      return false;
    }
    const date = dateOf(year, month, dayOfMonth);
    return !Number.isNaN(date) && this.clockAt(bytes, i, end, date);
  }

  /** `12:34:56.789`, `5:06AM` without a date: the one that is next to the broker's stamp. */
  private clock(bytes: Uint8Array, from: number, end: number, near: number, isBroker: boolean): boolean {
    const hourEnd = bytes[from + 1] === colon ? from + 1 : from + 2;
    const minute = two(bytes, hourEnd + 1);
    const hour = hourEnd - from === 2 ? two(bytes, from) : bytes[from]! - zero;
    if (!(hour < 24 && minute < 60)) return false;
    const minutes = (hour * 60 + minute) * 60_000;
    const isHalfBehind = isHalf(bytes, hourEnd + 3, end);
    if (!isHalfBehind && bytes[hourEnd + 3] !== colon) return false;
    if (!this.clockTail(bytes, hourEnd + 3, end, minutes)) return false;
    const gap = bytes[this.end] === space ? 1 : 0;
    if (isHalf(bytes, this.end + gap, end) && !this.halfDay(bytes, this.end + gap)) return false;
    this.time = this.onDay(this.time, near, isBroker);
    return this.problem === '';
  }

  /**
   * A time of day on the day that is next to the broker's stamp; without a broker the next such time after the line before, which may
   * be a little out of order.
   */
  private onDay(clock: number, near: number, isBroker: boolean): number {
    if (near >= 0 && !isBroker && this.options.isDated === true) {
      const earliest = (this.options.zone?.toLocal(near) ?? near) - outOfOrder;
      return clock + Math.ceil((earliest - clock) / dayMs) * dayMs;
    }
    if (near < 0 || !isBroker) {
      this.problem =
        'the stamp has no date: set date of the source to the day of its first line, or use a topic, whose broker knows the day';
      return NaN;
    }
    const today = Math.floor(near / dayMs) * dayMs;
    let best = NaN;
    for (const date of [today - dayMs, today, today + dayMs]) {
      const time = date + clock;
      if (!(Math.abs(time - near) >= Math.abs(best - near))) best = time;
    }
    return best;
  }

  /** Seconds (10 digits, with a fraction), milli-, micro- or nanoseconds (13, 16, 19) since 1970. */
  private epoch(bytes: Uint8Array, from: number, end: number, digits: number): boolean {
    if (digits !== 10 && digits !== 13 && digits !== 16 && digits !== 19) return false;
    let value = 0;
    // Up to the milliseconds: nineteen digits are no safe integer.
    const kept = Math.min(digits, 13);
    for (let i = from; i < from + kept; i++) value = value * 10 + bytes[i]! - zero;
    this.time = digits === 10 ? value * 1000 : value;
    this.end = from + digits;
    this.isNumber = true;
    if (bytes[this.end] === dot && (digits === 10 || digits === 13)) {
      const time = this.time;
      this.fraction(bytes, end);
      if (digits === 13) this.time = time;
    }
    return true;
  }

  /**
   * `Jan  5 12:34:56` (year inferred), `Mon Jan 05 12:34:56 2026`, `Mon Jan  5 12:34:56 UTC 2026`, `Jan 5, 2026 12:34:56 PM`,
   * `Jan 5, 2026 @ 12:00:00.123`, `Mon, 05 Jan 2026 12:34:56 GMT`.
   */
  private named(bytes: Uint8Array, from: number, end: number, near: number): boolean {
    if (end - from < 14) return false;
    let at = from;
    // Monit: [CET Jan  5 12:34:56]
    const named = isUpper(bytes[from + 1]!) && isUpper(bytes[from + 2]!) ? (bytes[from + 3] === space ? 3 : 4) : 0;
    if (named > 0 && bytes[from + named] === space && monthOf(bytes, from + named + 1) > 0) {
      const offset = this.zoneName(bytes, from, from + named);
      if (Number.isNaN(offset) || !this.named(bytes, from + named + 1, end, near)) return false;
      this.time -= offset;
      this.zoned = true;
      this.syslog = false;
      return true;
    }
    if (isWeekday(bytes, at)) {
      at += 3;
      while (at < end && at - from < 10 && isLetter(bytes[at]!)) at++;
      if (bytes[at] === 0x2c) at++;
      if (bytes[at] !== space) return false;
      at++;
      if (isDigit(bytes[at]!)) return this.dayMonth(bytes, at, end, near);
    }
    const month = monthOf(bytes, at);
    if (month === 0) return false;
    let i = at + monthLength(bytes, at, month);
    if (bytes[i] !== space) return false;
    i++;
    if (bytes[i] === space) i++;
    let dayOfMonth = bytes[i++]! - zero;
    if (isDigit(bytes[i]!)) dayOfMonth = dayOfMonth * 10 + bytes[i++]! - zero;
    if (!(dayOfMonth >= 1 && dayOfMonth <= 31)) return false;
    if (bytes[i] === 0x2c && bytes[i + 1] === space) {
      const date = dateOf(two(bytes, i + 2) * 100 + two(bytes, i + 4), month, dayOfMonth);
      i += 6;
      if (bytes[i] === 0x2c) i++;
      if (bytes[i] === space && bytes[i + 1] === 0x40) i += 2;
      return bytes[i] === space && !Number.isNaN(date) && this.clockAt(bytes, i + 1, end, date);
    }
    if (bytes[i] !== space) return false;
    i++;
    // Cisco and some syslog daemons have the year here: Jan  5 2026 12:34:56
    if (digitsAt(bytes, i, end) === 4 && bytes[i + 4] === space) {
      const date = dateOf(two(bytes, i) * 100 + two(bytes, i + 2), month, dayOfMonth);
      this.syslog = at === from;
      return !Number.isNaN(date) && this.clockAt(bytes, i + 5, end, date);
    }
    if (i + 8 > end || Number.isNaN(this.minutes(bytes, i)) || bytes[i + 5] !== colon) return false;
    if (!this.clockTail(bytes, i + 5, end, this.minutes(bytes, i))) return false;
    const inDay = this.time;
    let year = NaN;
    i = this.end;
    if (bytes[i] === space && digitsAt(bytes, i + 1, end) === 4 && at > from) {
      year = two(bytes, i + 1) * 100 + two(bytes, i + 3);
      this.end = i + 5;
    } else if (at > from && bytes[i] === space) {
      // The zone is before the year: Mon Jan  5 12:34:56 CET 2026
      const offset = this.zoneName(bytes, i + 1, end);
      if (this.problem !== '') return false;
      if (!Number.isNaN(offset) && bytes[this.end] === space && digitsAt(bytes, this.end + 1, end) === 4) {
        year = two(bytes, this.end + 1) * 100 + two(bytes, this.end + 3);
        this.end += 5;
        this.time = dateOf(year, month, dayOfMonth) + inDay - offset;
        this.zoned = true;
        return !Number.isNaN(this.time);
      }
      this.end = i;
    }
    if (Number.isNaN(year)) {
      // A weekday stands before those of other writers.
      this.syslog = at === from;
      year = this.nearestYear(month, dayOfMonth, near);
      if (Number.isNaN(year)) {
        this.problem = noYear;
        return false;
      }
    }
    this.time = dateOf(year, month, dayOfMonth) + inDay;
    return !Number.isNaN(this.time);
  }

  private dayMonth(bytes: Uint8Array, at: number, end: number, near: number): boolean {
    const digits = digitsAt(bytes, at, end);
    if (digits > 2) return false;
    const separator = bytes[at + digits];
    if (separator === dash) return this.shortFields(bytes, at, end, digits, near);
    return separator === space && this.dayName(bytes, at, end, digits, near);
  }

  /** The year that brings a month and day closest to `near`, or the configured one. */
  nearestYear(month: number, dayOfMonth: number, near: number): number {
    if (near < 0) return this.options.year ?? NaN;
    const base = 1970 + Math.floor(near / (365.2425 * dayMs));
    let best = NaN;
    let distance = Infinity;
    for (let year = base - 1; year <= base + 1; year++) {
      const gap = Math.abs(daysOf(year, month, dayOfMonth) * dayMs - near);
      if (gap < distance) {
        distance = gap;
        best = year;
      }
    }
    return best;
  }

  /** `hh:mm[:ss[.fraction]]` at `i`, on a date. */
  private clockAt(bytes: Uint8Array, i: number, end: number, date: number): boolean {
    if (i + 5 > end) return false;
    let minutes = this.minutes(bytes, i);
    let at = i + 5;
    if (Number.isNaN(minutes) && isDigit(bytes[i]!) && bytes[i + 1] === colon) {
      // 1:34:56 PM
      const minute = two(bytes, i + 2);
      minutes = minute < 60 ? ((bytes[i]! - zero) * 60 + minute) * 60_000 : NaN;
      at = i + 4;
    }
    return !Number.isNaN(minutes) && this.clockTail(bytes, at, end, date + minutes);
  }

  /** ms of `hh:mm` at `i`, or NaN. */
  private minutes(bytes: Uint8Array, i: number): number {
    const hour = two(bytes, i);
    const minute = two(bytes, i + 3);
    return bytes[i + 2] === colon && hour < 24 && minute < 60 ? (hour * 60 + minute) * 60_000 : NaN;
  }

  /** Takes a fraction of a second where one follows; what is finer than a millisecond is cut. */
  private fraction(bytes: Uint8Array, end: number): void {
    let i = this.end;
    if (i + 1 >= end || !isDigit(bytes[i + 1]!)) return;
    // Milliseconds behind another colon: 12:34:56:789
    if (bytes[i] === colon) {
      const digits = digitsAt(bytes, i + 1, end);
      const stop = i + 1 + digits;
      if (digits > 3 || (stop < end && (behind[bytes[stop]!] === 0 || bytes[stop] === colon))) return;
      let ms = 0;
      for (i++; i < stop; i++) ms = ms * 10 + bytes[i]! - zero;
      this.time += ms;
      this.end = stop;
      return;
    }
    if (bytes[i] !== dot && bytes[i] !== 0x2c) return;
    let scale = 100;
    for (i++; i < end && isDigit(bytes[i]!); i++) {
      if (scale < 1) continue;
      this.time += (bytes[i]! - zero) * scale;
      scale = scale === 1 ? 0 : scale / 10;
    }
    this.end = i;
  }

  /** What changes the time behind the clock: AM and PM, offsets, names of zones. */
  private tail(bytes: Uint8Array, end: number, whole: boolean): void {
    let i = this.end;
    if (i >= end) return;
    const first = bytes[i]!;
    if ((first | 0x20) === 0x7a && (i + 1 >= end || behind[bytes[i + 1]!] === 1 || bytes[i + 1] === 0x5b)) {
      this.end = i + 1;
      this.zoned = true;
      return;
    }
    if (first === 0x2b || first === dash) this.offset(bytes, i, end);
    else if (first === space || isLetter(first)) {
      const gap = first === space ? 1 : 0;
      if (isHalf(bytes, i + gap, end)) {
        if (!this.halfDay(bytes, i + gap)) return;
        i = this.end;
        if (i < end && bytes[i] === space) this.zoneBehind(bytes, i + 1, end, whole);
      } else this.zoneBehind(bytes, i + gap, end, whole);
    }
    if (this.problem !== '') return;
    // 2023-10-29T02:00:08+01:00[Europe/Warsaw]
    if (this.zoned && bytes[this.end] === 0x5b) {
      const close = bytes.indexOf(0x5d, this.end);
      if (close > 0 && close < end && close - this.end < 64) this.end = close + 1;
      return;
    }
    if (!this.zoned && bytes[this.end] === 0x5b && isUpper(bytes[this.end + 1]!)) {
      const close = bytes.indexOf(0x5d, this.end);
      const name = close > 0 && close < end && close - this.end < 64 ? text(bytes, this.end + 1, close) : '';
      if (name.includes('/')) this.byName(name, close + 1, bytes, end);
    }
    // +0000 UTC, as Go writes it, and maybe m=+0.000012
    if (this.zoned && bytes[this.end] === space && isUpper(bytes[this.end + 1]!)) {
      const at = this.end;
      const offset = this.zoneName(bytes, at + 1, end);
      if (Number.isNaN(offset)) {
        this.end = at;
        this.problem = '';
      }
    }
    if (bytes[this.end] === space && bytes[this.end + 1] === 0x6d && bytes[this.end + 2] === 0x3d) {
      let j = this.end + 3;
      if (bytes[j] === 0x2b || bytes[j] === dash) j++;
      while (j < end && (isDigit(bytes[j]!) || bytes[j] === dot)) j++;
      this.end = j;
    }
  }

  private zoneBehind(bytes: Uint8Array, i: number, end: number, whole: boolean): void {
    if (bytes[i] === 0x2b || bytes[i] === dash) {
      // A dash with a blank separates; minus and digits are an offset.
      if (digitsAt(bytes, i + 1, end) >= 2 && (whole || digitsAt(bytes, i + 1, end) === 4 || bytes[i + 3] === colon)) {
        this.offset(bytes, i, end);
      }
      return;
    }
    if (!isUpper(bytes[i]!)) return;
    const before = this.end;
    const offset = this.zoneName(bytes, i, end);
    if (this.problem !== '') return;
    if (!Number.isNaN(offset)) {
      this.time -= offset;
      this.zoned = true;
      // UTC+01:00
      if (offset === 0 && (bytes[this.end] === 0x2b || bytes[this.end] === dash)) {
        // GMT+2
        if (digitsAt(bytes, this.end + 1, end) === 1) {
          const sign = bytes[this.end] === 0x2b ? 1 : -1;
          this.time -= sign * (bytes[this.end + 1]! - zero) * 3_600_000;
          this.end += 2;
        } else this.offset(bytes, this.end, end);
      }
      return;
    }
    this.end = before;
    let stop = i;
    let slashes = 0;
    for (; stop < end && (isLetter(bytes[stop]!) || bytes[stop] === slash || bytes[stop] === 0x5f); stop++)
      if (bytes[stop] === slash && stop < i + 40) slashes++;
    if (slashes === 0) return;
    const name = text(bytes, i, Math.min(stop, i + 40));
    if (zoneNamed(name)) this.byName(name, stop, bytes, end);
  }

  private byName(name: string, stop: number, bytes: Uint8Array, end: number): void {
    const zone = zoneNamed(name);
    if (!zone) {
      this.refuse(bytes, this.end, end, 'names no time zone:');
      return;
    }
    this.time = zone.toUtc(this.time, -1, false);
    this.zoned = true;
    this.end = stop;
  }

  /** ms of the zone that is named at `i`; NaN where none is. Sets `end` behind it. */
  private zoneName(bytes: Uint8Array, i: number, end: number): number {
    let stop = i;
    while (stop < end && isUpper(bytes[stop]!) && stop - i < 6) stop++;
    if (stop === i || stop - i > 5 || (stop < end && isWordByte(bytes[stop]!))) return NaN;
    const minutes = offsetOfBytes(bytes, i, stop);
    if (Number.isNaN(minutes)) return NaN;
    this.end = stop;
    if (minutes !== ambiguousZone) return minutes * 60_000;
    if (this.options.zone) return NaN;
    this.problem = `the zone name ${text(bytes, i, stop)} stands for several zones: set timezone of the source`;
    return NaN;
  }

  /** `+02:00`, `-0700`, `+01` at `i`. */
  private offset(bytes: Uint8Array, i: number, end: number): void {
    const sign = bytes[i] === 0x2b ? 1 : -1;
    const digits = digitsAt(bytes, i + 1, end);
    // Db2 has minutes: +060
    if (digits === 3) {
      this.time -= sign * (two(bytes, i + 1) * 10 + bytes[i + 3]! - zero) * 60_000;
      this.end = i + 4;
      this.zoned = true;
      return;
    }
    const hour = two(bytes, i + 1);
    let minute = 0;
    let stop = i + 3;
    if (digits === 4) {
      minute = two(bytes, i + 3);
      stop = i + 5;
    } else if (digits === 2 && bytes[i + 3] === colon) {
      if (digitsAt(bytes, i + 4, end) !== 2) return;
      minute = two(bytes, i + 4);
      stop = i + 6;
    } else if (digits !== 2) return;
    if (!(hour <= 15 && minute < 60)) {
      this.problem = `there is no offset ${text(bytes, i, stop)}`;
      return;
    }
    this.time -= sign * (hour * 60 + minute) * 60_000;
    this.end = stop;
    this.zoned = true;
  }

  /** `AM` and `PM`, `a.m.`; an hour of 13 has none. */
  private halfDay(bytes: Uint8Array, i: number): boolean {
    const isPm = (bytes[i]! | 0x20) === 0x70;
    const hour = Math.floor((this.time % dayMs) / 3_600_000);
    this.end = bytes[i + 1] === dot ? i + 4 : i + 2;
    if (hour > 12 || hour === 0) {
      this.problem = `the stamp has ${isPm ? 'PM' : 'AM'} behind an hour of ${hour}`;
      return false;
    }
    if (isPm && hour < 12) this.time += 12 * 3_600_000;
    else if (!isPm && hour === 12) this.time -= 12 * 3_600_000;
    return true;
  }
}

/** Where a time of day begins behind blanks and maybe a dash; -1 where none does. */
function looseClock(bytes: Uint8Array, i: number, end: number): number {
  if (bytes[i] !== space) return -1;
  while (i < end && bytes[i] === space) i++;
  if (bytes[i] === dash && bytes[i + 1] === space) i += 2;
  while (i < end && bytes[i] === space) i++;
  return i < end && isDigit(bytes[i]!) ? i : -1;
}

const text = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.subarray(from, to)).toString('latin1');
const isUpper = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a;
const isLetter = (byte: number): boolean => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
const isWordByte = (byte: number): boolean =>
  isLetter(byte) || isDigit(byte) || byte === 0x5f || byte === dot || byte === slash;

/** `AM`, `pm`, `a.m.` as a word at `i`. */
function isHalf(bytes: Uint8Array, i: number, end: number): boolean {
  const first = bytes[i]! | 0x20;
  if ((first !== 0x61 && first !== 0x70) || i + 2 > end) return false;
  if ((bytes[i + 1]! | 0x20) === 0x6d) return i + 2 === end || !isWordByte(bytes[i + 2]!);
  return bytes[i + 1] === dot && (bytes[i + 2]! | 0x20) === 0x6d && bytes[i + 3] === dot;
}
