/**
 * How Feast's online store lays features out in Redis (entity key serialisation 3): one hash an entity, a field a feature
 * of a view, and one more for the time of the view's row. Feast's own clients read it.
 *
 * Source: `feast/infra/key_encoding_utils.py`, `feast/infra/online_stores/redis.py`, `feast/types/Value.proto`.
 */
import { murmur3 } from './murmur3.js';

/** Type of a value of an entity key: the number of `ValueType.STRING`. */
const stringType = 2;

/** Types of features; numbers are fields of `feast.types.Value`. */
export const valueTypes = { string: 2, int32: 3, double: 5, float: 6, bool: 7 } as const;
/** A type of Feast's `Value`. */
export type ValueType = keyof typeof valueTypes;

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** The key of an entity's hash: one join key with a text, then the project. */
export function entityKey(joinKey: string, value: string, project: string): Buffer {
  const [name, text] = [Buffer.from(joinKey), Buffer.from(value)];
  return Buffer.concat([
    uint32(1),
    ...[uint32(stringType), uint32(name.length), name],
    ...[uint32(stringType), uint32(text.length), text],
    Buffer.from(project),
  ]);
}

/** The field of a feature. */
export const featureField = (view: string, feature: string): Buffer =>
  uint32(murmur3(Buffer.from(`${view}:${feature}`)));

/** The field with the time of a view's row. */
export const timeField = (view: string): string => `_ts:${view}`;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

/** Wire types of protobuf. */
const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
const tag = (field: number, type: number): Buffer => Buffer.from([(field << 3) | type]);

/** A `feast.types.Value`; without a value an empty one, which Feast reads as null. */
export function encodeValue(type: ValueType, value: string | number | boolean | null): Buffer {
  if (value === null) return Buffer.alloc(0);
  const field = valueTypes[type];
  switch (type) {
    case 'float': {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatLE(Number(value));
      return Buffer.concat([tag(field, wire.fixed32), bytes]);
    }
    case 'double': {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(Number(value));
      return Buffer.concat([tag(field, wire.fixed64), bytes]);
    }
    case 'string': {
      const text = Buffer.from(String(value));
      return Buffer.concat([tag(field, wire.bytes), varint(text.length), text]);
    }
    case 'int32':
    case 'bool':
      return Buffer.concat([tag(field, wire.varint), varint(Number(value))]);
  }
}

/** A `google.protobuf.Timestamp`. @param ms since 1970 */
export function encodeTime(ms: number): Buffer {
  const seconds = Math.floor(ms / 1000);
  const nanos = (ms - seconds * 1000) * 1e6;
  return Buffer.concat([
    ...(seconds === 0 ? [] : [tag(1, wire.varint), varint(seconds)]),
    ...(nanos === 0 ? [] : [tag(2, wire.varint), varint(nanos)]),
  ]);
}

/** The time of what `encodeTime` gave, ms; undefined where it is something else. */
export function decodeTime(bytes: Uint8Array): number | undefined {
  let at = 0;
  const next = (): number => {
    let value = 0n;
    for (let shift = 0n; at < bytes.length; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) break;
    }
    return Number(BigInt.asIntN(64, value));
  };
  let ms = 0;
  while (at < bytes.length) {
    const head = next();
    if (head === 8) ms += next() * 1000;
    else if (head === 16) ms += Math.floor(next() / 1e6);
    else return undefined;
  }
  return ms;
}
