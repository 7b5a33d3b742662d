/** What `tocsin init` writes passes `tocsin lint`, whatever is read. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { init } from '../../cli/commands/init.js';
import { firstConfig, lacksTimes, type FirstConfig } from '../../cli/init/first-config.js';
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
  const about = { tried: seen, isTimeless: lacksTimes(seen) };
  const written = firstConfig({ input: { file: 'app.log' }, budget: 1, ...about });
  const { sources } = parseConfig(written, 'tocsin.yaml', {}, configurationChecks);
  expect(sources).toMatchObject([isFollowed ? { follow: true, time: 'received' } : { follow: false, time: 'auto' }]);
});

test('standard input', () => {
  expect(read({ file: '-' }).sources).toMatchObject([{ type: 'file', path: '-', time: 'auto' }]);
});

test('init reads a sample without times as its configuration will', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-init-'));
  const [file, out] = [join(folder, 'app.log'), join(folder, 'tocsin.yaml')];
  writeFileSync(file, 'starting\nuser 12 logged in\nERROR could not write file 7\n');
  const printed: string[] = [];
  const log = jest.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
  try {
    await init({ file, out, sample: true, service: '', alertmanager: '', budget: 1 });
  } finally {
    log.mockRestore();
  }
  expect(printed[0]).toBe('3 lines: 3 read (100 %), 0 joined, 0 refused');
  expect(readFileSync(out, 'utf8')).toContain('# 3 lines: 3 read, 0 joined, 0 refused; 1 to watch.');
  rmSync(folder, { recursive: true });
});
