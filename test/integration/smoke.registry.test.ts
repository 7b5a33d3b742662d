/** A real schema registry is started, and Avro goes through it with the client that tocsin uses. */
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { startRegistry } from './services/registry.js';

describe('schema registry', () => {
  it('gives back what was encoded with a registered schema', async () => {
    const server = await startRegistry();
    try {
      const registry = new SchemaRegistry({ host: server.url });
      const schema = '{"type":"record","name":"Line","namespace":"logs","fields":[{"name":"message","type":"string"}]}';
      const { id } = await registry.register({ type: SchemaType.AVRO, schema }, { subject: 'logs-value' });
      const bytes = await registry.encode(id, { message: 'disk full' });
      expect(bytes.readInt32BE(1)).toBe(id);
      expect(await registry.decode(bytes)).toEqual({ message: 'disk full' });
    } finally {
      await server.stop();
    }
  });
});
