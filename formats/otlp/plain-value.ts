/** Values of OpenTelemetry's `AnyValue` as plain ones, from Protobuf and from JSON. */
import { ShortTexts, wireTypes, type WireReader } from '../../records/wire/protobuf.js';

/** Plain data, as JSON has it. */
export type PlainValue = string | number | boolean | null | readonly PlainValue[] | PlainObject;
/** An object of plain data. */
export interface PlainObject {
  readonly [key: string]: PlainValue;
}

/** Deeper values are left out. */
const maxDepth = 32;

/** Whether a value is an object, and no array. */
export const isPlainObject = (value: unknown): value is PlainObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object without a prototype: `__proto__` is a key like any other. */
const bare = (): Record<string, PlainValue> => Object.create(null) as Record<string, PlainValue>;

/** `AnyValue` of common.proto. */
export function anyOfWire(reader: WireReader, depth = 0): PlainValue {
  let value: PlainValue = null;
  while (reader.next()) {
    const { field, type } = reader;
    if (field === 1 && type === wireTypes.bytes) value = reader.text();
    else if (field === 2 && type === wireTypes.varint) value = reader.low !== 0;
    else if (field === 3 && type === wireTypes.varint) value = reader.signed();
    else if (field === 4 && type === wireTypes.fixed64) value = reader.double();
    else if (field === 5 && type === wireTypes.bytes) value = depth < maxDepth ? arrayOfWire(reader, depth) : null;
    else if (field === 6 && type === wireTypes.bytes)
      value = depth < maxDepth ? attributesOfWire([reader.message()], 1, depth + 1) : null;
    else if (field === 7 && type === wireTypes.bytes)
      value = Buffer.from(reader.bytes.subarray(reader.from, reader.to)).toString('base64');
  }
  return value;
}

function arrayOfWire(reader: WireReader, depth: number): PlainValue[] {
  const items: PlainValue[] = [];
  const list = reader.message();
  while (list.next())
    if (list.field === 1 && list.type === wireTypes.bytes) items.push(anyOfWire(list.message(), depth + 1));
  return items;
}

/** Pairs of key and value, which are `field` of some messages. */
export function attributesOfWire(messages: readonly WireReader[], field: number, depth = 0): PlainObject {
  const object = bare();
  for (const message of messages) {
    while (message.next())
      if (message.field === field && message.type === wireTypes.bytes) pairOfWire(message.message(), object, depth);
  }
  return object;
}

/** Keys are few. */
export const shortTexts = new ShortTexts();

/** Puts one `KeyValue` into `object`. */
export function pairOfWire(pair: WireReader, object: Record<string, PlainValue>, depth = 0): void {
  let key = '';
  let value: PlainValue = null;
  while (pair.next()) {
    if (pair.type !== wireTypes.bytes) continue;
    if (pair.field === 1) key = shortTexts.of(pair);
    else if (pair.field === 2) value = anyOfWire(pair.message(), depth);
  }
  if (key !== '') object[key] = value;
}

/** Field of a JSON message by its name in JSON or in the `.proto` file. */
export function fieldOf(message: unknown, name: string, protoName: string): unknown {
  if (!isPlainObject(message)) return undefined;
  return Object.hasOwn(message, name)
    ? message[name]
    : Object.hasOwn(message, protoName)
      ? message[protoName]
      : undefined;
}

/** A list of JSON messages; what is none is an empty one. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

/** `AnyValue` as JSON: numbers of 64 bits are texts there. */
export function anyOfJson(value: unknown, depth = 0): PlainValue {
  const text = fieldOf(value, 'stringValue', 'string_value');
  if (typeof text === 'string') return text;
  const flag = fieldOf(value, 'boolValue', 'bool_value');
  if (typeof flag === 'boolean') return flag;
  const number = fieldOf(value, 'intValue', 'int_value') ?? fieldOf(value, 'doubleValue', 'double_value');
  if (typeof number === 'number' || typeof number === 'string') return Number(number);
  if (depth >= maxDepth) return null;
  const array = fieldOf(value, 'arrayValue', 'array_value');
  if (isPlainObject(array)) return listOf(array.values).map((item) => anyOfJson(item, depth + 1));
  const pairs = fieldOf(value, 'kvlistValue', 'kvlist_value');
  if (isPlainObject(pairs)) return attributesOfJson(pairs.values, depth + 1);
  const bytes = fieldOf(value, 'bytesValue', 'bytes_value');
  return typeof bytes === 'string' ? bytes : null;
}

/** A list of `KeyValue` as JSON. */
export function attributesOfJson(list: unknown, depth = 0): PlainObject {
  const object = bare();
  for (const pair of listOf(list)) {
    if (!isPlainObject(pair) || typeof pair.key !== 'string' || pair.key === '') continue;
    object[pair.key] = anyOfJson(pair.value, depth);
  }
  return object;
}

/** ms of a JSON time in nanoseconds, as text or number; 0 where there is none. */
export function millisOfJson(value: unknown): number {
  if (typeof value === 'string' && /^\d{1,20}$/.test(value)) return Number(value.slice(0, -6));
  return typeof value === 'number' && value > 0 ? Math.floor(value / 1e6) : 0;
}

/** Text of a value for a label or a message. */
export function textOf(value: PlainValue | undefined): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
}
