/** Protobuf payloads: which message of the file it is stands in front of it. */
import protobuf from 'protobufjs';
import type { SchemaDocument } from '../../records/schema.js';
import type { SchemaShape } from './field-reader.js';
import { messageIndexes } from './message-indexes.js';
import type { ReadableSchema } from './readable.js';

const isMessage = (one: protobuf.ReflectionObject): one is protobuf.Type => one instanceof protobuf.Type;

/** Files that every compiler of Protobuf has: they are imported, and no registry lists them as references. */
const wellKnown = ['any', 'duration', 'empty', 'field_mask', 'struct', 'timestamp', 'wrappers'];

function shapeOf(type: protobuf.Type): SchemaShape {
  return {
    child(key) {
      const field = Object.hasOwn(type.fields, key) ? type.fields[key] : undefined;
      if (!field) return undefined;
      field.resolve();
      const { resolvedType } = field;
      if (field.map) return { child: () => leafOf(resolvedType) };
      return leafOf(resolvedType);
    },
  };
}

function leafOf(type: protobuf.Type | protobuf.Enum | null): SchemaShape {
  if (type instanceof protobuf.Type) return shapeOf(type);
  if (type instanceof protobuf.Enum) return { child: () => undefined, nameOf: (value) => type.valuesById[value] };
  return { child: () => undefined };
}

/**
 * Compiles a `.proto` text with what it imports. Field names are as in the file.
 *
 * @throws Error where it is none, or something that it imports is missing
 */
export function readableProtobuf({ text, references }: SchemaDocument): ReadableSchema {
  const root = new protobuf.Root();
  const options = { keepCase: true };
  const { package: name } = protobuf.parse(text, root, options);
  // Taken before the imports are there, which may declare messages in the same package.
  const space: protobuf.NamespaceBase | null =
    name === undefined ? root : (root.lookup(name.split('.')) as protobuf.NamespaceBase | null);
  const messages = (space?.nestedArray ?? []).filter(isMessage);
  for (const reference of references) protobuf.parse(reference.text, root, options);
  for (const file of wellKnown) {
    const common = protobuf.common.get(`google/protobuf/${file}.proto`);
    const nested = (common?.nested as { google: { nested: { protobuf: protobuf.INamespace } } } | undefined)?.google
      .nested.protobuf.nested;
    for (const [key, declared] of Object.entries(nested ?? {})) {
      const google = root.define('google.protobuf');
      if (!google.get(key)) google.addJSON({ [key]: declared });
    }
  }
  root.resolveAll();
  const shapes = new Map<protobuf.Type, SchemaShape>();

  const messageAt = (bytes: Buffer, start: number, end: number): { type: protobuf.Type; from: number } => {
    const indexes = messageIndexes(bytes, start, end);
    if (!indexes) throw new Error('the message indexes in front of the payload are damaged');
    let type: protobuf.Type | undefined;
    for (const index of indexes.path) {
      const among: readonly protobuf.Type[] = type ? type.nestedArray.filter(isMessage) : messages;
      type = among.at(index);
      if (!type) throw new Error(`the schema has no message at indexes ${indexes.path.join(', ')}`);
    }
    return { type: type!, from: indexes.end };
  };

  return {
    shapeAt(bytes, start, end) {
      const { type } = messageAt(bytes, start, end);
      let shape = shapes.get(type);
      if (!shape) shapes.set(type, (shape = shapeOf(type)));
      return shape;
    },
    decode(bytes, start, end) {
      const { type, from } = messageAt(bytes, start, end);
      return type.decode(bytes.subarray(from, end));
    },
  };
}
