/** Writes lines straight to bytes: fixed fragments are copied, variable parts are drawn and formatted in place. */
import { type Compiled, Slot } from './message.js';
import type { Random } from './random.js';
import type { LineFormat } from './service.js';

/** Taken from Math once: inside a vm context, where tests run, every look-up of a global is slow. */
const { exp, floor, max, min, round } = Math;

/** No line is longer: the room that is made before each. */
const longest = 1024;
const minute = 60_000;
const hexDigits = new TextEncoder().encode('0123456789abcdef');
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** 4,096 draws of a log-normal multiplier with sigma .35: a table, for speed. */
const spread = logNormal(4096, 0.35);

function logNormal(size: number, sigma: number): Float64Array {
  // The sum of twelve uniforms less 6 is close to a standard normal.
  const draws = new Float64Array(size);
  let state = 1;
  for (let i = 0; i < size; i++) {
    let sum = -6;
    for (let k = 0; k < 12; k++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      sum += state / 0x100000000;
    }
    draws[i] = exp(sigma * sum);
  }
  return draws;
}

/** The stamp of a minute up to and including the colon before the seconds. */
export function stampHead(format: LineFormat, minuteStart: number): string {
  const date = new Date(minuteStart);
  const iso = date.toISOString();
  switch (format) {
    case 'json':
      return `{"ts":"${iso.slice(0, 17)}`;
    case 'iso':
      return iso.slice(0, 17);
    case 'log4j':
    case 'python':
      return `${iso.slice(0, 10)} ${iso.slice(11, 17)}`;
    case 'syslog':
      return `${months[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${iso.slice(11, 17)}`;
  }
}

/** The character before the milliseconds; 0 where a format has none. */
const fractionMark: Record<LineFormat, number> = { json: 46, iso: 46, log4j: 44, python: 44, syslog: 0 };

/** One stream's writer. `latency`, `load` and `key` are what the service's health puts into the lines. */
export class LineWriter {
  bytes: Buffer = Buffer.alloc(0);
  at = 0;
  lines = 0;
  /** Multiplier of every duration. */
  latency = 1;
  /** Memory pressure, 0 to 1. */
  load = 0;
  /** 32 bits of the session that a line belongs to. */
  key = 0;
  private headMinute = NaN;
  private head = new Uint8Array();
  private readonly mark: number;
  private readonly format: LineFormat;
  private readonly random: Random;

  constructor(format: LineFormat, random: Random) {
    this.format = format;
    this.random = random;
    this.mark = fractionMark[format];
  }

  /** Begins a new buffer of `size` bytes; what was written before belongs to the caller. */
  begin(size: number): void {
    this.bytes = Buffer.allocUnsafeSlow(max(size, longest));
    this.at = 0;
    this.lines = 0;
  }

  /** Appends one line with the stamp `time` (ms). */
  line(template: Compiled, time: number): void {
    if (this.at + longest > this.bytes.length) this.grow();
    this.stamp(time);
    for (const { bytes, slot, low, high, words } of template) {
      this.copy(bytes);
      if (slot !== Slot.none) this.variable(slot, low, high, words);
    }
    this.lines++;
  }

  private grow(): void {
    const bigger = Buffer.allocUnsafeSlow(this.bytes.length * 2);
    this.bytes.copy(bigger, 0, 0, this.at);
    this.bytes = bigger;
  }

  private stamp(time: number): void {
    const inMinute = time % minute;
    if (time - inMinute !== this.headMinute) {
      this.headMinute = time - inMinute;
      this.head = new TextEncoder().encode(stampHead(this.format, this.headMinute));
    }
    this.copy(this.head);
    const second = (inMinute / 1000) | 0;
    this.digits(second, 2);
    if (this.mark === 0) return;
    this.bytes[this.at++] = this.mark;
    this.digits(inMinute - second * 1000, 3);
  }

  private copy(bytes: Uint8Array): void {
    const to = this.bytes;
    let at = this.at;
    // A call of `set` costs more than this loop at the length of a fragment.
    for (let i = 0; i < bytes.length; i++) to[at++] = bytes[i]!;
    this.at = at;
  }

  private variable(slot: Slot, low: number, high: number, words: readonly Uint8Array[]): void {
    const random = this.random;
    switch (slot) {
      case Slot.int: {
        this.integer(random.integer(low, high));
        return;
      }
      case Slot.skew: {
        const u = random.fraction();
        this.integer(low + floor(u * u * u * (high - low + 1)));
        return;
      }
      case Slot.hex: {
        this.hex(low);
        return;
      }
      case Slot.uuid:
        this.hex(8);
        for (let i = 0; i < 4; i++) {
          this.bytes[this.at++] = 45;
          this.hex(i < 3 ? 4 : 12);
        }
        return;
      case Slot.ip: {
        const bits = random.next();
        this.integer(10);
        for (let shift = 0; shift < 24; shift += 8) {
          this.bytes[this.at++] = 46;
          this.integer((bits >>> shift) & 0xff);
        }
        return;
      }
      case Slot.ms:
      case Slot.duration: {
        this.tenths(low * this.latency * spread[random.next() & 4095]!);
        return;
      }
      case Slot.of: {
        this.copy(words[random.integer(0, words.length - 1)]!);
        return;
      }
      case Slot.load: {
        this.integer(min(99, round(38 + 58 * this.load + 5 * random.fraction())));
        return;
      }
      case Slot.key: {
        this.hexOf(this.key, 8);
        return;
      }
      case Slot.none:
        return;
    }
  }

  private integer(value: number): void {
    if (value < 0) {
      this.bytes[this.at++] = 45;
      value = -value;
    }
    let count = 1;
    for (let limit = 10; limit <= value; limit *= 10) count++;
    this.digits(value, count);
  }

  private tenths(value: number): void {
    const tenths = round(value * 10);
    const whole = floor(tenths / 10);
    this.integer(whole);
    this.bytes[this.at++] = 46;
    this.digits(tenths - whole * 10, 1);
  }

  private digits(value: number, count: number): void {
    const bytes = this.bytes;
    for (let i = this.at + count - 1; i >= this.at; i--) {
      const rest = floor(value / 10);
      bytes[i] = 48 + value - rest * 10;
      value = rest;
    }
    this.at += count;
  }

  private hex(count: number): void {
    for (; count > 8; count -= 8) this.hexOf(this.random.next(), 8);
    this.hexOf(this.random.next(), count);
  }

  private hexOf(bits: number, count: number): void {
    for (let shift = 4 * (count - 1); shift >= 0; shift -= 4) this.bytes[this.at++] = hexDigits[(bits >>> shift) & 15]!;
  }
}
