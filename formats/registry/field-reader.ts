/** From a decoded value to the fields of a log record or metric point. Paths are found in the schema, once. */
import type { Fields, FormatReason, LineContext } from '../format.js';
import { findLevel, levelOfText } from '../level.js';
import { levelOfNumber } from '../level-numbers.js';
import { numberOf, timeOfNumber } from '../number.js';
import { TimestampReader } from '../timestamp.js';
import { usualLogFields, usualPointFields, type FieldPaths } from '../usual-fields.js';

/** What a schema says of a value: which keys it has, and how a leaf is shown where its number is a name. */
export interface SchemaShape {
  /** Shape behind a key; undefined where the schema has no such key. */
  child(key: string): SchemaShape | undefined;
  /** Name of an enumeration's number. */
  readonly nameOf?: (value: number) => string | undefined;
}

/** Where decoded values have their fields. */
export interface FieldReaderOptions {
  readonly kind: 'log' | 'metric';
  readonly fields: FieldPaths;
  readonly year?: number | undefined;
}

/** Messages are written into pieces of this size. */
const pieceBytes = 65_536;
/** Names of levels that are remembered. */
const maxLevels = 64;

/** Keys from the record to a leaf. */
interface FieldPath {
  readonly keys: readonly string[];
  readonly shape: SchemaShape;
}

/** The first of some paths that a schema has: a dot leads into a record, or is part of a key. */
function pathIn(shape: SchemaShape, candidates: readonly string[]): FieldPath | undefined {
  for (const candidate of candidates) {
    for (const keys of candidate.includes('.') ? [[candidate], candidate.split('.')] : [[candidate]]) {
      let at: SchemaShape | undefined = shape;
      for (const key of keys) at = at?.child(key);
      if (at) return { keys, shape: at };
    }
  }
  return undefined;
}

/** Names of label fields, in the order of `Fields.labels`. */
export const labelNames = ({ kind, fields }: FieldReaderOptions): readonly string[] =>
  Object.keys({ [kind === 'log' ? 'service' : 'series']: '', ...fields.labels });

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/**
 * A leaf as text, number or bytes. What stands for one is taken for it: a long in two halves, a value in a wrapper, and
 * a branch of an Avro union that is named by its key.
 */
function leaf(value: unknown): unknown {
  if (!isObject(value) || ArrayBuffer.isView(value)) return value;
  if (typeof value.toNumber === 'function') return (value as unknown as { toNumber(): number }).toNumber();
  if (isObject(value) && 'seconds' in value) return value;
  const keys = Object.keys(value);
  if (keys.length === 1) return leaf(value[keys[0]!]);
  return 'value' in value ? leaf(value.value) : value;
}

/** A time as text or as a number, also as seconds and nanoseconds. */
const isStamp = (value: unknown): value is { seconds: unknown; nanos?: unknown } =>
  isObject(value) && 'seconds' in value;

/** Reads decoded values of one schema. */
export class FieldReader {
  private readonly time: FieldPath | undefined;
  private readonly level: FieldPath | undefined;
  private readonly message: FieldPath | undefined;
  private readonly value: FieldPath | undefined;
  private readonly labels: readonly (FieldPath | undefined)[];
  private readonly stamp: TimestampReader;
  /** Label values of the record at hand, one after another. */
  private line = Buffer.alloc(256);
  /** Messages, one after another, up to `used`. */
  private piece = Buffer.alloc(0);
  private used = 0;
  /** Levels of names that came before. */
  private readonly levels = new Map<string, number>();

  constructor(
    shape: SchemaShape,
    private readonly options: FieldReaderOptions,
  ) {
    const { kind, fields, year } = options;
    const usual = { ...usualLogFields, ...usualPointFields, ...(kind === 'log' ? usualLogFields : {}) };
    const find = (path: string | undefined, names: readonly string[]): FieldPath | undefined =>
      pathIn(shape, path === undefined || path === '' ? names : [path]);
    this.time = find(fields.time, usual.time);
    this.level = find(fields.level, usual.level);
    this.message = find(fields.message, usual.message);
    this.value = find(fields.value, usual.value);
    this.labels = Object.entries({ [kind === 'log' ? 'service' : 'series']: '', ...fields.labels }).map(
      ([name, path]) => find(path, name === 'service' ? usual.service : name === 'series' ? usual.series : [name]),
    );
    this.stamp = new TimestampReader(year);
  }

  /** Fills `into` from a decoded value. */
  read(record: unknown, context: LineContext, into: Fields): FormatReason | undefined {
    const { kind, fields } = this.options;
    const time = this.timeOf(record, context);
    if (Number.isNaN(time)) {
      const usual = kind === 'log' ? usualLogFields.time : usualPointFields.time;
      into.detail = `no usable time: looked for ${fields.time ?? usual.join(', ')}`;
      return 'no-time';
    }
    into.time = time;
    this.readLabels(record, into);
    into.value = this.numberAt(record, this.value, kind === 'log');
    if (kind === 'metric') {
      into.kind = 'point';
      if (Number.isFinite(into.value)) return undefined;
      into.detail = 'the point has no number as its value';
      return 'no-value';
    }
    into.kind = 'log';
    this.readMessage(record, into);
    into.level = this.levelOf(record) || findLevel(into.bytes, into.start, into.end);
    return undefined;
  }

  private at(record: unknown, path: FieldPath | undefined, own = false): unknown {
    if (!path) return undefined;
    let at = record;
    for (const key of path.keys) {
      if (!isObject(at)) return undefined;
      const below: unknown = own && !Object.hasOwn(at, key) ? undefined : at[key];
      // A branch of an Avro union that is named by its key.
      at = below === undefined && !(key in at) ? inBranch(at, key) : below;
    }
    return at;
  }

  private timeOf(record: unknown, context: LineContext): number {
    let value = this.at(record, this.time);
    if (!isStamp(value)) value = leaf(value);
    if (isStamp(value)) {
      const seconds = Number(leaf(value.seconds ?? 0));
      const nanos = Number(leaf(value.nanos ?? 0));
      return seconds * 1000 + Math.floor(nanos / 1e6);
    }
    if (typeof value === 'number' || typeof value === 'bigint') return timeOfNumber(Number(value));
    if (typeof value !== 'string') return NaN;
    const bytes = Buffer.from(value, 'latin1');
    const near = context.timestamp >= 0 ? context.timestamp : context.near;
    if (this.stamp.read(bytes, 0, bytes.length, near, true, context.timestamp >= 0) && !this.stamp.isNumber)
      return this.stamp.time;
    return timeOfNumber(numberOf(bytes, 0, bytes.length));
  }

  /** A Protobuf field that was not sent has a default: for a value of 0 that is meant, for a latency it is not. */
  private numberAt(record: unknown, path: FieldPath | undefined, own: boolean): number {
    const value = leaf(this.at(record, path, own));
    if (typeof value === 'number') return value;
    if (typeof value === 'bigint') return Number(value);
    if (typeof value !== 'string') return NaN;
    const bytes = Buffer.from(value, 'latin1');
    return numberOf(bytes, 0, bytes.length);
  }

  private levelOf(record: unknown): number {
    const { level } = this;
    const value = leaf(this.at(record, level));
    if (typeof value === 'number') {
      const name = level?.shape.nameOf?.(value);
      return name === undefined ? levelOfNumber(value) : this.levelNamed(name);
    }
    return typeof value === 'string' ? this.levelNamed(value) : 0;
  }

  private levelNamed(name: string): number {
    let found = this.levels.get(name);
    if (found === undefined) {
      found = levelOfName(name);
      if (this.levels.size >= maxLevels) this.levels.clear();
      this.levels.set(name, found);
    }
    return found;
  }

  /** Without a message field the whole record is the message, as JSON. */
  private readMessage(record: unknown, into: Fields): void {
    const value = leaf(this.at(record, this.message));
    if (value instanceof Uint8Array) {
      into.bytes = value;
      into.start = 0;
      into.end = value.length;
      return;
    }
    const text = typeof value === 'string' ? value : JSON.stringify(this.message ? (value ?? null) : record, withLongs);
    const most = 3 * text.length;
    // What is written is valid until the batch has passed, so that a full piece is left to those who hold it.
    if (this.used + most > this.piece.length) {
      this.piece = Buffer.allocUnsafe(Math.max(pieceBytes, most));
      this.used = 0;
    }
    into.bytes = this.piece;
    into.start = this.used;
    into.end = this.used += this.piece.write(text, this.used);
  }

  private readLabels(record: unknown, into: Fields): void {
    let length = 0;
    for (let i = 0; i < this.labels.length; i++) {
      const path = this.labels[i];
      let value = path && leaf(this.at(record, path));
      if (typeof value === 'number') value = path?.shape.nameOf?.(value) ?? String(value);
      else if (typeof value === 'boolean' || typeof value === 'bigint') value = String(value);
      if (typeof value !== 'string') {
        into.labels[2 * i] = into.labels[2 * i + 1] = -1;
        continue;
      }
      // A backslash as JSON has it: labels of JSON payloads are kept escaped, too.
      const isPlain = this.options.kind === 'metric' || !value.includes('\\');
      const text = isPlain ? value : JSON.stringify(value).slice(1, -1);
      const most = length + 3 * text.length;
      if (most > this.line.length) this.line = Buffer.concat([this.line, Buffer.alloc(most)]);
      into.labels[2 * i] = length;
      length += this.line.write(text, length);
      into.labels[2 * i + 1] = length;
    }
    into.line = this.line;
  }
}

/** A key below the one branch of a union. */
function inBranch(at: Readonly<Record<string, unknown>>, key: string): unknown {
  const keys = Object.keys(at);
  const branch = keys.length === 1 ? at[keys[0]!] : undefined;
  return isObject(branch) ? branch[key] : undefined;
}

/** `ERROR`, and what ends in it, as the names in enumerations do: `LEVEL_ERROR`. */
function levelOfName(name: string): number {
  const bytes = Buffer.from(name, 'latin1');
  return levelOfText(bytes, 0, bytes.length);
}

const withLongs = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
