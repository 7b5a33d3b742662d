/** The protobuf wire format, both ways: as much of it as onnx.proto needs. https://protobuf.dev/programming-guides/encoding/ */

const MASK = 0xffffffffffffffffn;

/** Appends the LEB128 form of a 64-bit integer; negative ones as two's complement, ten bytes. */
function append(bytes: number[], value: number | bigint): void {
  if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) {
    while (value >= 0x80) {
      bytes.push((value % 0x80) | 0x80);
      value = Math.floor(value / 0x80);
    }
    bytes.push(value);
    return;
  }
  let rest = BigInt(value) & MASK;
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
}

function varint(...values: readonly (number | bigint)[]): Buffer {
  const bytes: number[] = [];
  for (const value of values) append(bytes, value);
  return Buffer.from(bytes);
}

/** A length-delimited field: a nested message, bytes, or packed numbers. */
export function block(field: number, ...parts: readonly Uint8Array[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([varint(field * 8 + 2, size), ...parts]);
}

/** A field of text. */
export const text = (field: number, value: string): Buffer => block(field, Buffer.from(value));

/** A field of type int32, int64 or enum. */
export const integer = (field: number, value: number | bigint): Buffer => varint(field * 8, value);

/** A packed repeated field of integers. */
export function packedIntegers(field: number, values: readonly number[]): Buffer {
  const bytes: number[] = [];
  for (const value of values) append(bytes, value);
  return block(field, Buffer.from(bytes));
}

/** A field of type float. */
export function float(field: number, value: number): Buffer {
  const body = Buffer.alloc(4);
  body.writeFloatLE(value);
  return Buffer.concat([varint(field * 8 + 5), body]);
}

/** A packed repeated field of type float. */
export function packedFloats(field: number, values: readonly number[]): Buffer {
  const body = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => body.writeFloatLE(value, i * 4));
  return block(field, body);
}

/** The bytes are no model, are cut off, or nest too deeply. */
export class MalformedModel extends Error {
  override name = 'MalformedModel';
}

/** One field of a message: `number` for varints (as bigint), `bytes` for all that has a length. */
export interface Field {
  readonly number: number;
  readonly wire: number;
  /** Value of a varint field; 0 otherwise. */
  readonly integer: bigint;
  /** Payload of a length-delimited or fixed-width field; empty otherwise. */
  readonly bytes: Buffer;
}

function readVarint(from: Buffer, at: number): [bigint, number] {
  // Nearly all numbers are short; the first four bytes fit a 32-bit integer.
  let small = 0;
  for (let i = 0; i < 4 && at + i < from.length; i++) {
    small |= (from[at + i]! & 0x7f) << (7 * i);
    if (from[at + i]! < 0x80) return [BigInt(small), at + i + 1];
  }
  let value = 0n;
  for (let i = 0; i < 10; i++) {
    if (at + i >= from.length)
      throw new MalformedModel('the file ends inside a number: it is cut off, or is no ONNX model');
    const byte = from[at + i]!;
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return [value & MASK, at + i + 1];
  }
  throw new MalformedModel('a number is longer than ten bytes: this is no ONNX model');
}

/** The fields of a message in order. Throws MalformedModel on bytes that are no protobuf message. */
export function* fields(from: Buffer): Generator<Field> {
  const none = from.subarray(0, 0);
  let at = 0;
  while (at < from.length) {
    let tag: bigint;
    [tag, at] = readVarint(from, at);
    const number = Number(tag >> 3n);
    const wire = Number(tag & 7n);
    if (number === 0 || number > 0x1fffffff)
      throw new MalformedModel(`field number ${number} does not exist: this is no ONNX model`);
    if (wire === 0) {
      const [value, next] = readVarint(from, at);
      at = next;
      yield { number, wire, integer: value, bytes: none };
      continue;
    }
    let size = wire === 1 ? 8 : 4;
    if (wire === 2) {
      const [length, next] = readVarint(from, at);
      at = next;
      size = length > BigInt(from.length) ? from.length + 1 : Number(length);
    } else if (wire !== 1 && wire !== 5) {
      throw new MalformedModel(`wire type ${wire} is not used by ONNX: this is no ONNX model`);
    }
    if (at + size > from.length)
      throw new MalformedModel('the file ends inside a field: it is cut off, or is no ONNX model');
    yield { number, wire, integer: 0n, bytes: from.subarray(at, at + size) };
    at += size;
  }
}

/** Numbers of a repeated varint field that may be packed or not, signed. */
export function integersOf(field: Field): bigint[] {
  if (field.wire === 0) return [BigInt.asIntN(64, field.integer)];
  const values: bigint[] = [];
  let at = 0;
  while (at < field.bytes.length) {
    const [value, next] = readVarint(field.bytes, at);
    values.push(BigInt.asIntN(64, value));
    at = next;
  }
  return values;
}

/** Singles of a repeated float field that may be packed or not. */
export function floatsOf(field: Field): number[] {
  return Array.from({ length: Math.floor(field.bytes.length / 4) }, (_, i) => field.bytes.readFloatLE(i * 4));
}

/** Doubles of a repeated double field that may be packed or not. */
export function doublesOf(field: Field): number[] {
  return Array.from({ length: Math.floor(field.bytes.length / 8) }, (_, i) => field.bytes.readDoubleLE(i * 8));
}
