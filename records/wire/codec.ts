/**
 * Canonical bytes. A codec is described once and gives both directions, so that they are inverse by construction;
 * equal values have equal bytes (maps are written in key order), which is what `cmp` of two decision files needs.
 */
import { compareBytes } from './order.js';

/** Characters of a text that is written byte by byte: a call of the runtime costs as much as so many. */
const shortText = 64;

const viewOf = (buffer: Buffer): DataView => new DataView(buffer.buffer, buffer.byteOffset, buffer.length);

/** Growing output buffer. */
export class Writer {
  private buffer = Buffer.allocUnsafe(512);
  private view = viewOf(this.buffer);
  private length = 0;

  private room(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const bigger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes));
    this.buffer.copy(bigger, 0, 0, this.length);
    this.buffer = bigger;
    this.view = viewOf(bigger);
  }

  byte(value: number): void {
    this.room(1);
    this.buffer[this.length++] = value;
  }

  /** Unsigned LEB128 of a safe integer, 1 to 8 bytes. */
  varint(value: number): void {
    this.room(8);
    const { buffer } = this;
    // Division of doubles is slow: beyond 28 bits in two parts, each of integers.
    if (value >= 0x10000000) {
      const high = Math.floor(value / 0x10000000);
      const low = value - high * 0x10000000;
      for (let shift = 0; shift < 28; shift += 7) buffer[this.length++] = ((low >>> shift) & 0x7f) | 0x80;
      value = high;
    }
    while (value >= 0x80) {
      buffer[this.length++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    buffer[this.length++] = value;
  }

  double(value: number): void {
    this.room(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  float(value: number): void {
    this.room(4);
    this.view.setFloat32(this.length, value, true);
    this.length += 4;
  }

  /** Singles one behind the other, -0 as 0. */
  floats(values: Float32Array): void {
    this.room(4 * values.length);
    const { view } = this;
    for (let i = 0; i < values.length; i++, this.length += 4) view.setFloat32(this.length, values[i]! + 0, true);
  }

  raw(value: Uint8Array): void {
    this.room(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
  }

  text(value: string): void {
    if (value.length <= shortText && this.ascii(value)) return;
    const size = Buffer.byteLength(value);
    this.varint(size);
    this.room(size);
    this.length += this.buffer.write(value, this.length);
  }

  /** Writes a short text of ASCII alone, whose length is its size; false, with nothing written, where it is none. */
  private ascii(value: string): boolean {
    const { length } = value;
    this.room(length + 1);
    const { buffer } = this;
    const start = this.length + 1;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      buffer[start + i] = code;
    }
    buffer[this.length] = length;
    this.length = start + length;
    return true;
  }

  /** A copy of what was written; the writer may be used again after `reset`. */
  bytes(): Buffer {
    return Buffer.from(this.buffer.subarray(0, this.length));
  }

  reset(): this {
    this.length = 0;
    return this;
  }
}

/** Reads what a Writer wrote. Every method throws a RangeError past the end. */
export class Reader {
  private readonly buffer: Buffer;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.buffer.length - this.at;
  }

  private need(bytes: number): void {
    if (!(bytes >= 0 && this.left >= bytes)) throw new RangeError(`record ends ${bytes - this.left} bytes early`);
  }

  byte(): number {
    this.need(1);
    return this.buffer[this.at++]!;
  }

  varint(): number {
    let value = this.byte();
    if (value < 0x80) return value;
    value &= 0x7f;
    let scale = 0x80;
    for (let i = 1; i < 8; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
      scale *= 0x80;
    }
    throw new RangeError(`varint at byte ${this.at} is longer than a safe integer`);
  }

  double(): number {
    this.need(8);
    this.at += 8;
    return this.buffer.readDoubleLE(this.at - 8);
  }

  float(): number {
    this.need(4);
    this.at += 4;
    return this.buffer.readFloatLE(this.at - 4);
  }

  floats(length: number): Float32Array {
    this.need(4 * length);
    const values = new Float32Array(length);
    for (let i = 0; i < length; i++, this.at += 4) values[i] = this.buffer.readFloatLE(this.at);
    return values;
  }

  raw(length: number): Buffer {
    this.need(length);
    this.at += length;
    return Buffer.from(this.buffer.subarray(this.at - length, this.at));
  }

  text(): string {
    const length = this.varint();
    this.need(length);
    this.at += length;
    return this.buffer.toString('utf8', this.at - length, this.at);
  }
}

/** How values of a type are written and read. Equal values are written as equal bytes. */
export interface Codec<T> {
  write(to: Writer, value: T): void;
  read(from: Reader): T;
  /** Of an object: reads its fields into one that is there. */
  readInto?(from: Reader, value: object): T;
}

/** The TypeScript type that a codec carries. */
export type Of<C> = C extends Codec<infer T> ? T : never;

function unsigned(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not an unsigned safe integer`);
  return value;
}

/** Unsigned safe integer. */
export const uint: Codec<number> = {
  write: (to, value) => to.varint(unsigned(value)),
  read: (from) => from.varint(),
};

/** The last ms that a date can have (ECMAScript): sums of times and durations stay safe integers. */
const MOST_MS = 8_640_000_000_000_000;

function withinDates(value: number): number {
  if (value > MOST_MS) throw new RangeError(`${value} is no time in ms: the last is ${MOST_MS}`);
  return value;
}

/** A time in ms since 1970. */
export const time: Codec<number> = {
  write: (to, value) => uint.write(to, withinDates(value)),
  read: (from) => withinDates(from.varint()),
};

/** Signed integer below 2^52 in size, zigzag. */
export const int: Codec<number> = {
  write(to, value) {
    if (!Number.isSafeInteger(value * 2)) throw new RangeError(`${value} is not an integer below 2^52`);
    to.varint(value < 0 ? -2 * value - 1 : 2 * value);
  },
  read(from) {
    const value = from.varint();
    // -2^52 is the one value that could be read and not be written.
    if (value === Number.MAX_SAFE_INTEGER) throw new RangeError('an integer is not below 2^52 in size');
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  },
};

/** Ascending unsigned integers, written as differences. */
export const ascending: Codec<number[]> = {
  write(to, values) {
    to.varint(values.length);
    values.forEach((value, i) => uint.write(to, i === 0 ? value : value - values[i - 1]!));
  },
  read(from) {
    const length = from.varint();
    const values: number[] = [];
    let value = 0;
    for (let i = 0; i < length; i++) values.push((value = uintSum(value, from.varint())));
    return values;
  },
};

/** What is read as a difference must come to what can be written. */
export const uintSum = (a: number, b: number): number => unsigned(a + b);

/** IEEE 754 double, little endian; every NaN is written alike, and so are 0 and -0. */
export const double: Codec<number> = {
  write: (to, value) => to.double(value === 0 ? 0 : value),
  read: (from) => from.double(),
};

/** IEEE 754 single: the value must already be one (`Math.fround`), else what is read differs from what was written. */
export const float: Codec<number> = {
  write: (to, value) => to.float(value === 0 ? 0 : value),
  read: (from) => from.float(),
};

/** A fixed number of singles, without their length; -0 is written as 0. */
export const singles = (length: number): Codec<Float32Array> => ({
  write: (to, value) => to.floats(value),
  read: (from) => from.floats(length),
});

/** One byte, 0 or 1. */
export const bool: Codec<boolean> = {
  write: (to, value) => to.byte(value ? 1 : 0),
  read(from) {
    const byte = from.byte();
    if (byte > 1) throw new RangeError(`${byte} is not a boolean`);
    return byte === 1;
  },
};

/** Length in UTF-8 bytes, then the bytes. */
export const text: Codec<string> = {
  write: (to, value) => to.text(value),
  read: (from) => from.text(),
};

/** Length, then the bytes. What is read is a copy. */
export const bytes: Codec<Uint8Array> = {
  write(to, value) {
    to.varint(value.length);
    to.raw(value);
  },
  read: (from) => from.raw(from.varint()),
};

/** One of a fixed list of words, as its index. Words may be added at the end only. */
export function oneOf<const W extends readonly string[]>(...words: W): Codec<W[number]> {
  return {
    write(to, value) {
      const index = words.indexOf(value);
      if (index < 0) throw new RangeError(`${value} is none of ${words.join(', ')}`);
      to.varint(index);
    },
    read(from) {
      const index = from.varint();
      if (index >= words.length) throw new RangeError(`no word number ${index} in ${words.join(', ')}`);
      return words[index]!;
    },
  };
}

/** Number of items, then each. */
export function list<T>(item: Codec<T>): Codec<readonly T[]> {
  return {
    write(to, values) {
      to.varint(values.length);
      for (let i = 0; i < values.length; i++) item.write(to, values[i]!);
    },
    read(from) {
      const length = from.varint();
      if (length > from.left) throw new RangeError(`a list of ${length} items in ${from.left} bytes`);
      const values: T[] = [];
      for (let i = 0; i < length; i++) values.push(item.read(from));
      return values;
    },
  };
}

/** One behind the other. */
export function pair<A, B>(first: Codec<A>, second: Codec<B>): Codec<readonly [A, B]> {
  return {
    write(to, [a, b]) {
      first.write(to, a);
      second.write(to, b);
    },
    read: (from) => [first.read(from), second.read(from)],
  };
}

/** Keys in ascending order; most maps have theirs in it already. */
function ascendingKeys<K extends number | string>(entries: ReadonlyMap<K, unknown>): readonly K[] {
  const keys = [...entries.keys()];
  for (let i = 1; i < keys.length; i++) {
    if (compareKeys(keys[i - 1]!, keys[i]!) > 0) return keys.sort(compareKeys);
  }
  return keys;
}

const compareKeys = (a: number | string, b: number | string): number =>
  typeof a === 'string' ? compareBytes(a, b as string) : a - (b as number);

/** A Map, written in ascending key order (texts by their UTF-8 bytes) so that equal maps have equal bytes. */
export function map<K extends number | string, V>(key: Codec<K>, value: Codec<V>): Codec<Map<K, V>> {
  return {
    write(to, entries) {
      to.varint(entries.size);
      for (const k of ascendingKeys(entries)) {
        key.write(to, k);
        value.write(to, entries.get(k) as V);
      }
    },
    read(from) {
      const size = from.varint();
      if (size > from.left) throw new RangeError(`a map of ${size} entries in ${from.left} bytes`);
      const entries = new Map<K, V>();
      for (let i = 0; i < size; i++) {
        const k = key.read(from);
        entries.set(k, value.read(from));
      }
      return entries;
    },
  };
}

/** A plain object of texts, in key order. */
export const texts: Codec<Readonly<Record<string, string>>> = {
  write: (to, value) => textMap.write(to, new Map(Object.entries(value))),
  read: (from) => Object.fromEntries(textMap.read(from)),
};
const textMap = map(text, text);

/** A byte that says whether there is a value, then the value. */
export function optional<T>(item: Codec<T>): Codec<T | undefined> {
  return {
    write(to, value) {
      bool.write(to, value !== undefined);
      if (value !== undefined) item.write(to, value);
    },
    read: (from) => (bool.read(from) ? item.read(from) : undefined),
  };
}

/** Values as an older release wrote them, read as what they are now; nothing is written so any more. */
export const readAs = <A, B>(old: Codec<A>, now: (value: A) => B): Codec<B> => ({
  write: () => {
    throw new TypeError('an older form is read only');
  },
  read: (from) => now(old.read(from)),
});

/** An object with fixed fields, written in the order in which they are declared. */
export function struct<T extends object>(fields: { readonly [K in keyof T]-?: Codec<T[K]> }): Codec<T> {
  const names = Object.keys(fields) as (keyof T)[];
  const codecs = names.map((name) => fields[name] as Codec<T[keyof T]>);
  const readInto = (from: Reader, object: object): T => {
    const value = object as T;
    for (let i = 0; i < names.length; i++) {
      const field = codecs[i]!.read(from);
      if (field !== undefined) value[names[i]!] = field;
    }
    return value;
  };
  return {
    write(to, value) {
      for (let i = 0; i < names.length; i++) codecs[i]!.write(to, value[names[i]!]);
    },
    read: (from) => readInto(from, {}),
    readInto,
  };
}

/**
 * One of several objects, discriminated by their `type`. The key of each is its number on the wire: numbers are never
 * used again for something else.
 */
export function union<T extends { readonly type: string }>(
  members: readonly {
    [K in T['type']]: readonly [number, K, Codec<Omit<Extract<T, { type: K }>, 'type'>>];
  }[T['type']][],
): Codec<T> {
  const byType = new Map<string, readonly [number, string, Codec<never>]>();
  const byNumber = new Map<number, readonly [number, string, Codec<object>]>();
  for (const member of members as unknown as (readonly [number, string, Codec<object>])[]) {
    byType.set(member[1], member as unknown as readonly [number, string, Codec<never>]);
    byNumber.set(member[0], member);
  }
  return {
    write(to, value) {
      const member = byType.get(value.type);
      if (!member) throw new RangeError(`no record type ${value.type}`);
      to.varint(member[0]);
      member[2].write(to, value as never);
    },
    read(from) {
      const number = from.varint();
      const member = byNumber.get(number);
      if (!member) throw new RangeError(`unknown record type ${number}: written by a newer version?`);
      const [, type, codec] = member;
      return (codec.readInto?.(from, { type }) ?? { type, ...codec.read(from) }) as unknown as T;
    },
  };
}

const scratch = new Writer();

/** Bytes of a value. */
export function encode<T>(codec: Codec<T>, value: T): Buffer {
  codec.write(scratch.reset(), value);
  return scratch.bytes();
}

/** The value of some bytes; throws a RangeError on cut, broken or trailing bytes. */
export function decode<T>(codec: Codec<T>, input: Uint8Array): T {
  const reader = new Reader(input);
  const value = codec.read(reader);
  if (reader.left > 0) throw new RangeError(`${reader.left} bytes too many at the end of a record`);
  return value;
}

/** What a reader makes of some bytes; undefined where it throws: for those to whom broken ones are nothing. */
export function readableBy<T>(read: (input: Uint8Array) => T, input: Uint8Array): T | undefined {
  try {
    return read(input);
  } catch {
    return undefined;
  }
}

/** The value of some bytes in a form, or in an older one that ended before the first did. @throws RangeError of the first */
export function decodeEither<T>(now: Codec<T>, older: Codec<T>, input: Uint8Array): T {
  try {
    return decode(now, input);
  } catch (error) {
    try {
      return decode(older, input);
    } catch {
      throw error;
    }
  }
}
