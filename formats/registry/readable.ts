/** What a compiled schema can do: turn a payload into a value, without I/O and within its bytes. */
import type { SchemaShape } from './field-reader.js';

/** A compiled schema. */
export interface ReadableSchema {
  /** Shape of the value that the payload `bytes[start, end)` gives; Protobuf payloads say which message they are. */
  shapeAt(bytes: Buffer, start: number, end: number): SchemaShape;
  /** @throws Error that says why the payload is none of this schema */
  decode(bytes: Buffer, start: number, end: number): unknown;
}
