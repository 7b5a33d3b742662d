/** What `tocsin init` writes passes `tocsin lint`, whatever is read. */
import { firstConfig, type FirstConfig } from '../../cli/init/first-config.js';
import { parseConfig } from '../../config/load.js';
import { configurationChecks } from '../../service/configuration.js';

const read = (input: FirstConfig['input']): ReturnType<typeof parseConfig> =>
  parseConfig(firstConfig({ input, budget: 1 }), 'tocsin.yaml', {}, configurationChecks);

test('a file', () => {
  const { sources } = read({ file: 'app.log' });
  expect(sources).toMatchObject([{ type: 'file', path: 'app.log' }]);
});

test('topics of Kafka', () => {
  const { kafka, sources } = read({ brokers: ['kafka:9092'], topics: ['logs', 'audit'] });
  expect(kafka?.brokers).toEqual(['kafka:9092']);
  expect(sources).toMatchObject([{ type: 'kafka', topics: ['logs', 'audit'], start: 'earliest' }]);
});

test('a stream of NATS', () => {
  const { nats, sources } = read({ servers: ['nats://nats:4222'], stream: 'LOGS' });
  expect(nats?.servers).toEqual(['nats://nats:4222']);
  expect(sources).toMatchObject([{ type: 'nats', stream: 'LOGS' }]);
});
