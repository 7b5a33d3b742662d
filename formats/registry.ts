/** Values in Confluent's wire format: the id of a schema, and what was written with it as Avro, JSON or Protobuf. */
import type { Type } from 'avsc';
import { frameBytes, schemaIdOf } from '../records/wire/frame.js';
import { longestSchema, type ResolvedSchemas, type SchemaDocument } from '../records/schema.js';
import type { Fields, Format, FormatReason, LineContext } from './format.js';
import { json } from './json.js';
import { metric } from './metric.js';
import { avroType, readableAvro } from './registry/avro.js';
import { FieldReader, labelNames, type FieldReaderOptions, type SchemaShape } from './registry/field-reader.js';
import { readableProtobuf } from './registry/protobuf.js';
import type { ReadableSchema } from './registry/readable.js';

/** How framed values are read. */
export interface RegistryOptions extends FieldReaderOptions {
  /** The schemas of what is about to be read: resolved before it is handed in. */
  readonly schemas: ResolvedSchemas;
  /** Avro schema to which records of any writer are resolved. */
  readonly readerSchema?: string | undefined;
}

/** A schema as it is used: compiled, or the reason why it cannot be. */
type CompiledSchema = { readonly schema: ReadableSchema } | { readonly json: true } | { readonly why: string };

/**
 * Reads framed values. What an id stands for never changes, so that a record is read alike at any time. Schemas are
 * compiled once each. JSON payloads are read as JSON lines are and, as in Confluent's own deserializer, not validated.
 *
 * Rejects with `bad-frame`, `bad-schema` (compiled it cannot be, or not resolved to the reader's) and `bad-payload`.
 *
 * @throws Error where the reader's schema is none
 */
export function registry(options: RegistryOptions): Format {
  const { schemas, kind, fields, year, readerSchema } = options;
  const reader: Type | undefined = readerSchema === undefined ? undefined : avroType(readerSchema);
  const asJson = (kind === 'log' ? json : metric)({ ...fields, year });
  const compiled = new WeakMap<SchemaDocument, CompiledSchema>();
  const readers = new WeakMap<SchemaShape, FieldReader>();

  function compile(document: SchemaDocument): CompiledSchema {
    const { type, text, references } = document;
    const length = references.reduce((sum, reference) => sum + reference.text.length, text.length);
    if (length > longestSchema) return { why: `it has ${length} characters; at most ${longestSchema} are read` };
    try {
      if (type === 'JSON') return { json: true };
      if (type === 'AVRO') return { schema: readableAvro(document, reader) };
      if (type === 'PROTOBUF') return { schema: readableProtobuf(document) };
      return { why: `it is of type ${type.slice(0, 40)}; AVRO, JSON and PROTOBUF are read` };
    } catch (error) {
      return { why: describe(error) };
    }
  }

  return {
    name: 'registry',
    labels: labelNames(options),
    labelText: (raw) => asJson.labelText(raw),
    read(bytes: Uint8Array, start: number, end: number, context: LineContext, into: Fields): FormatReason | undefined {
      const id = schemaIdOf(bytes, start, end);
      if (id < 0) {
        into.detail = 'no frame of a schema registry: it begins with a zero byte and the four bytes of an id';
        return 'bad-frame';
      }
      const document = schemas(id);
      if (!document) throw new Error(`schema ${id} was not handed in: resolve the schemas of a slice before its pass`);
      let known = compiled.get(document);
      if (!known) compiled.set(document, (known = compile(document)));
      if ('why' in known) {
        into.detail = `schema ${id} cannot be used: ${known.why}`;
        return 'bad-schema';
      }
      const from = start + frameBytes;
      if ('json' in known) {
        const reason = bytes[from] === 0x7b || from === end ? asJson.read(bytes, from, end, context, into) : 'not-json';
        if (reason !== 'not-json' && reason !== 'empty') return reason;
        into.detail = `the payload of schema ${id} is no JSON object`;
        return 'bad-payload';
      }
      try {
        const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        const shape = known.schema.shapeAt(buffer, from, end);
        let fieldReader = readers.get(shape);
        if (!fieldReader) readers.set(shape, (fieldReader = new FieldReader(shape, options)));
        return fieldReader.read(known.schema.decode(buffer, from, end), context, into);
      } catch (error) {
        into.detail = `the payload does not fit schema ${id}: ${describe(error)}`;
        return 'bad-payload';
      }
    },
  };
}

/** The first line of an error, cut: texts from outside may be in it. */
const describe = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!.slice(0, 500);
