/** What `tocsin init` writes passes `tocsin lint`, whatever is read. */
import { firstConfig, type FirstConfig } from '../../cli/init/first-config.js';
import { tried } from '../../offline/try/tried.js';
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

test.each([
  ['request served', true],
  ['{"when":"2026-01-05T12:00:00Z","message":"served"}', false],
])('a file of lines without a time, such as %s, is followed: %s', async (text, isFollowed) => {
  const raw = { bytes: Buffer.from(text), start: 0, end: text.length, offset: 0, timestamp: -1, topic: 'app' };
  const sample = { source: 'file:app.log', taken: [{ offset: 0, raw }], isCut: false };
  const config = parseConfig(firstConfig({ input: { file: 'app.log' }, budget: 1 }), 'tocsin.yaml', {});
  const seen = await tried([sample], config, config.sources[0]!);
  const written = firstConfig({ input: { file: 'app.log' }, budget: 1, tried: seen });
  const { sources } = parseConfig(written, 'tocsin.yaml', {}, configurationChecks);
  expect(sources).toMatchObject([isFollowed ? { follow: true, time: 'received' } : { follow: false, time: 'auto' }]);
});

test('standard input', () => {
  expect(read({ file: '-' }).sources).toMatchObject([{ type: 'file', path: '-', time: 'auto' }]);
});
