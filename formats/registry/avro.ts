/** Avro payloads, read with the schema of their writer or resolved to one of our own. */
import avsc, { type Resolver, type Type } from 'avsc';
import type { SchemaDocument } from '../../records/schema.js';
import { AvroBounds } from './avro-bounds.js';
import type { SchemaShape } from './field-reader.js';
import type { ReadableSchema } from './readable.js';

const { types } = avsc;

/** avsc's reader of bytes, as far as it is used here. */
interface Tap {
  readLong(): number;
}

/**
 * Longs beyond 2^53 become the nearest number: avsc refuses them, and with them every record whose time is given in
 * nanoseconds.
 */
class NearestLong extends types.LongType {
  _read(tap: Tap): number {
    return tap.readLong();
  }
}

const long = Object.freeze(new NearestLong());

/** Takes longs for `NearestLong`; logical types are read as what they are built on. */
function typeHook(schema: unknown): Type | undefined {
  const isLong = schema === 'long' || (typeof schema === 'object' && (schema as { type?: unknown }).type === 'long');
  return isLong ? long : undefined;
}

/**
 * Compiles a schema text.
 *
 * @param references schemas that it names, each after those that it names itself
 * @throws Error where it is no Avro schema
 */
export function avroType(text: string, references: SchemaDocument['references'] = []): Type {
  // Types that are named in one are known in the next: they share a registry, which no other schema sees.
  const registry: Record<string, Type> = {};
  const compile = (schema: string): Type =>
    avsc.Type.forSchema(JSON.parse(schema) as avsc.Schema, { registry, typeHook });
  for (const reference of references) compile(reference.text);
  return compile(text);
}

function shapeOf(type: Type): SchemaShape {
  return {
    child(key) {
      if (type instanceof types.RecordType) {
        const field = type.fields.find(({ name }) => name === key);
        return field && shapeOf(field.type);
      }
      if (type instanceof types.MapType) return shapeOf(type.valuesType as Type);
      if (!(type instanceof types.WrappedUnionType || type instanceof types.UnwrappedUnionType)) return undefined;
      for (const branch of type.types) {
        const child = shapeOf(branch).child(key);
        if (child) return child;
      }
      return undefined;
    },
  };
}

/**
 * A writer's schema, compiled once: avsc's own client would make type and resolver anew for every record.
 *
 * @param reader what is made of records of any writer, by the rules of schema resolution (Avro specification); without
 * it records are as they were written
 * @throws Error where the schema is none, or the reader's cannot be made of it
 */
export function readableAvro({ text, references }: SchemaDocument, reader: Type | undefined): ReadableSchema {
  const writer = avroType(text, references);
  const type = reader ?? writer;
  const resolver: Resolver | undefined = reader?.createResolver(writer);
  const bounds = new AvroBounds(writer);
  const shape = shapeOf(type);
  return {
    shapeAt: () => shape,
    decode(bytes, start, end) {
      if (!bounds.fits(bytes, start, end))
        throw new Error(`${end - start} bytes of payload are no value of the schema: cut short, too long or damaged`);
      return type.decode(bytes, start, resolver).value as unknown;
    },
  };
}
