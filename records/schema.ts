/** A schema as a registry has it: what is behind the id in a Confluent frame. It never changes under its id. */
import { list, struct, text, type Codec } from './wire/codec.js';

/** A schema that another one refers to. */
export interface SchemaReference {
  /** The name by which the schema refers to it: an Avro full name, a Protobuf import, a JSON `$ref`. */
  readonly name: string;
  readonly text: string;
}

/** A schema with all that it refers to. */
export interface SchemaDocument {
  /** `AVRO`, `JSON` or `PROTOBUF`; what a registry calls otherwise cannot be read. */
  readonly type: string;
  readonly text: string;
  /** All that it refers to, also by way of others: what is referred to comes first. */
  readonly references: readonly SchemaReference[];
}

/** Characters of a schema with its references: compiling a longer one would hold everything up. */
export const longestSchema = 1_048_576;

/** The schema of an id, where it was resolved. */
export type ResolvedSchemas = (id: number) => SchemaDocument | undefined;

/** Canonical bytes of a schema. */
export const schemaCodec: Codec<SchemaDocument> = struct<SchemaDocument>({
  type: text,
  text,
  references: list(struct<SchemaReference>({ name: text, text })),
});
