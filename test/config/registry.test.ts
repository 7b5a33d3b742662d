import { parseConfig } from '../../config/load.js';

const config = (source: string, type = 'kafka, topics: [a]'): (() => unknown) => {
  const text = `kafka: { brokers: [b:9092] }\nsources:\n  - { type: ${type}, ${source} }\n`;
  return () => parseConfig(text, 'c.yaml', {});
};
const url = 'url: http://registry:8081';

test.each([
  ['format: registry', 'format: registry needs registry.url'],
  [`registry: { ${url} }`, 'is of no use without format: registry'],
  [`format: registry, registry: { ${url}, username: u }`, 'username and password belong together'],
  ['format: registry, registry: { url: registry:8081 }', 'registry.url'],
  [`format: registry, registry: { ${url}, reader_schema: '{"type": "recrod"}' }`, 'is no Avro schema: unknown type'],
])('%s is refused', (source, message) => {
  expect(config(source)).toThrow(message);
});

test('a file holds no frames', () => {
  expect(config('format: registry', 'file, path: a.log')).toThrow('registry is for kafka sources');
});

test('the password is a secret, limits have defaults', () => {
  const read = config(`format: registry, registry: { ${url}, username: u, password: hush }`)();
  expect(JSON.stringify(read)).not.toContain('hush');
  expect(read).toMatchObject({ sources: [{ registry: { kind: 'log', timeout: 5000, unknown_for: 60_000 } }] });
});
