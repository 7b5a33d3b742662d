/**
 * Walks an Avro payload by its writer's schema, and says whether it lies within its bytes. avsc looks at bounds only
 * when it has read everything: a count of 2^40 items in ten bytes would be believed, and a block size that leads
 * backwards be followed for ever.
 */
import avsc, { type Type } from 'avsc';

const { types } = avsc;

/** Position after a value that begins at `pos`, or -1. */
type SkipStep = (pos: number, depth: number) => number;

/** A payload that is nested deeper is refused: records may contain themselves. */
const maxDepth = 64;

/** Checks payloads of one schema. */
export class AvroBounds {
  private bytes: Uint8Array = new Uint8Array();
  private end = 0;
  /** Items of arrays that may still come. One of zero bytes (a null) costs nothing to claim, but memory to read. */
  private items = 0;
  /** Value of the last long read. */
  private long = 0;
  private readonly root: SkipStep;
  private readonly steps = new Map<Type, SkipStep>();

  /** @param type of the writer */
  constructor(type: Type) {
    this.root = this.step(type);
  }

  /** Whether one value of the type is exactly `bytes[start, end)`. */
  fits(bytes: Uint8Array, start: number, end: number): boolean {
    this.bytes = bytes;
    this.end = end;
    this.items = end - start;
    return this.root(start, 0) === end;
  }

  /** A type may contain itself: its step is known before it is made. */
  private step(type: Type): SkipStep {
    const known = this.steps.get(type);
    if (known) return known;
    this.steps.set(type, (pos, depth) => made(pos, depth));
    const made = this.make(type);
    this.steps.set(type, made);
    return made;
  }

  private make(type: Type): SkipStep {
    if (type instanceof types.FixedType) {
      const { size } = type;
      return (pos) => this.fixed(pos, size);
    }
    if (type instanceof types.EnumType) {
      const { length } = type.symbols;
      return (pos) => {
        const after = this.readLong(pos);
        return after >= 0 && this.long >= 0 && this.long < length ? after : -1;
      };
    }
    if (type instanceof types.WrappedUnionType || type instanceof types.UnwrappedUnionType) {
      const branches = type.types.map((branch) => this.step(branch));
      return (pos, depth) => {
        const after = this.readLong(pos);
        return after >= 0 && this.long >= 0 && this.long < branches.length ? branches[this.long]!(after, depth) : -1;
      };
    }
    if (type instanceof types.ArrayType) {
      const item = this.step(type.itemsType);
      return (pos, depth) => this.blocks(pos, depth, item);
    }
    if (type instanceof types.MapType) {
      const value = this.step(type.valuesType as Type);
      return (pos, depth) =>
        this.blocks(pos, depth, (at, below) => {
          const after = this.sized(at);
          return after < 0 ? -1 : value(after, below);
        });
    }
    if (type instanceof types.RecordType) {
      const fields = type.fields.map((field) => this.step(field.type));
      return (pos, depth) => {
        if (depth >= maxDepth) return -1;
        for (let i = 0; i < fields.length && pos >= 0; i++) pos = fields[i]!(pos, depth + 1);
        return pos;
      };
    }
    return this.primitive(type.typeName);
  }

  private primitive(name: string): SkipStep {
    switch (name) {
      case 'null':
        return (pos) => pos;
      case 'boolean':
        return (pos) => this.fixed(pos, 1);
      case 'float':
        return (pos) => this.fixed(pos, 4);
      case 'double':
        return (pos) => this.fixed(pos, 8);
      case 'int':
      case 'long':
        return (pos) => this.readLong(pos);
      case 'bytes':
      case 'string':
        return (pos) => this.sized(pos);
      default:
        throw new Error(`type ${name} is not known here`);
    }
  }

  private fixed(pos: number, size: number): number {
    return pos + size <= this.end ? pos + size : -1;
  }

  /** A zigzag varint of at most ten bytes. */
  private readLong(pos: number): number {
    const { bytes, end } = this;
    const first = pos < end ? bytes[pos]! : 0x80;
    if (first < 0x80) {
      this.long = (first >>> 1) ^ -(first & 1);
      return pos + 1;
    }
    let value = 0;
    let scale = 1;
    const last = Math.min(end, pos + 10);
    while (pos < last) {
      const byte = bytes[pos++]!;
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) {
        this.long = value % 2 === 0 ? value / 2 : -(value + 1) / 2;
        return pos;
      }
    }
    return -1;
  }

  private sized(pos: number): number {
    const after = this.readLong(pos);
    return after >= 0 && this.long >= 0 && this.long <= this.end - after ? after + this.long : -1;
  }

  /** Items in blocks: a count each, negative where a size in bytes follows, until one of 0. */
  private blocks(pos: number, depth: number, item: SkipStep): number {
    if (depth >= maxDepth) return -1;
    for (;;) {
      pos = this.readLong(pos);
      if (pos < 0) return -1;
      let count = this.long;
      if (count === 0) return pos;
      const isSized = count < 0;
      let expected = 0;
      if (isSized) {
        count = -count;
        pos = this.readLong(pos);
        if (pos < 0) return -1;
        expected = pos + this.long;
      }
      this.items -= count;
      if (this.items < 0) return -1;
      for (let i = 0; i < count && pos >= 0; i++) pos = item(pos, depth + 1);
      if (pos < 0 || (isSized && pos !== expected)) return -1;
    }
  }
}
