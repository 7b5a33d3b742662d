/** A schema as a registry has it: what is behind the id in a Confluent frame. It never changes under its id. */
import { list, oneOf, struct, text, type Codec } from './codec.js';

export const schemaTypes = ['AVRO', 'JSON', 'PROTOBUF'] as const;
export type SchemaType = (typeof schemaTypes)[number];

export interface SchemaReference {
  /** The name by which the schema refers to it: an Avro full name, a Protobuf import, a JSON `$ref`. */
  readonly name: string;
  readonly text: string;
}

export interface SchemaDocument {
  readonly type: SchemaType;
  readonly text: string;
  /** All that it refers to, also by way of others: what is referred to comes first. */
  readonly references: readonly SchemaReference[];
}

/** The schema of an id, where it was resolved. */
export type ResolvedSchemas = (id: number) => SchemaDocument | undefined;

export const schemaCodec: Codec<SchemaDocument> = struct<SchemaDocument>({
  type: oneOf(...schemaTypes),
  text,
  references: list(struct<SchemaReference>({ name: text, text })),
});
