/** Values in Confluent's wire format, and the schemas that they are written with. */
import avsc from 'avsc';
import protobuf from 'protobufjs';
import type { SchemaDocument } from '../../records/schema.js';

/** A payload behind the zero byte and the id of its schema. */
export function frame(id: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeInt32BE(id, 1);
  return Buffer.concat([head, payload]);
}

export const document = (type: string, schema: unknown, references: SchemaDocument['references'] = []) => ({
  type,
  text: typeof schema === 'string' ? schema : JSON.stringify(schema),
  references,
});

/** An Avro payload; longs may be given as bigints. */
export function avro(schema: unknown, value: unknown): Buffer {
  const long = avsc.types.LongType.__with({
    fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
    toBuffer: (given: number | bigint) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(given));
      return bytes;
    },
    fromJSON: BigInt,
    toJSON: Number,
    isValid: (given: unknown) => typeof given === 'bigint' || typeof given === 'number',
    compare: (a: bigint, b: bigint) => Number(a - b),
  });
  const isLong = (type: unknown): boolean => type === 'long' || (type as { type?: unknown }).type === 'long';
  const typeHook = (type: unknown): avsc.Type | undefined => (isLong(type) ? long : undefined);
  return avsc.Type.forSchema(schema as avsc.Schema, { typeHook }).toBuffer(value);
}

/** A Protobuf payload behind the indexes of its message. */
export function proto(text: string, message: string, indexes: readonly number[], value: object): Buffer {
  const root = protobuf.parse(text, { keepCase: true }).root;
  for (const file of ['timestamp', 'wrappers']) {
    const nested = protobuf.common.get(`google/protobuf/${file}.proto`)!.nested;
    root.addJSON(nested!);
  }
  const type = root.lookupType(message);
  const head = indexes.length === 1 && indexes[0] === 0 ? [0] : [indexes.length, ...indexes].map((n) => 2 * n);
  return Buffer.concat([Buffer.from(head), type.encode(type.fromObject(value)).finish()]);
}
