/** A real registry with schemas in it, and producers that write with them. */
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';

export const line = {
  type: 'record',
  name: 'Line',
  namespace: 'logs',
  fields: [
    { name: 'time', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'level', type: 'string' },
    { name: 'message', type: 'string' },
    { name: 'service', type: 'string', default: 'app' },
  ],
};

/** Registers a schema under a subject, without a check of compatibility; gives its id. */
export async function register(url: string, subject: string, schema: object): Promise<number> {
  const registry = new SchemaRegistry({ host: url });
  const { id } = await registry.register({ type: SchemaType.AVRO, schema: JSON.stringify(schema) }, { subject });
  return id;
}

/** A value as Confluent's serializer writes it, by the schema of an id. */
export const encode = (url: string, id: number, value: object): Promise<Buffer> =>
  new SchemaRegistry({ host: url }).encode(id, value);
