import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatDuration, parseDuration } from '../../config/duration.js';
import { loadConfig, parseConfig } from '../../config/load.js';
import { ConfigError } from '../../config/problem.js';
import { reference } from '../../config/reference.js';

const minimal = 'sources:\n  - type: file\n    path: app.log\n';

/** The problems of a text, as people see them. */
function problems(text: string, environment: NodeJS.ProcessEnv = {}): string {
  try {
    parseConfig(text, 'c.yaml', environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'none';
}

test('a minimal file gets every default', () => {
  const config = parseConfig(minimal, 'c.yaml', {});
  expect(config.windows).toMatchObject({ pane: 60_000, length: 300_000, lateness: 10_000 });
  expect(config.detection).toMatchObject({ warmup: 0, budget: 1, policy: 'mixture' });
  expect(config.state).toEqual({
    backend: 'leveldb',
    dir: '.tocsin',
    snapshots: { every: 86_400_000, keep: 10 },
  });
});

test('an unknown key is refused with its place and the nearest known one', () => {
  expect(problems(`${minimal}detection:\n  budgett: 3\n`)).toBe(
    'c.yaml:5:3: unknown key budgett: did you mean budget?',
  );
});

test('an unknown key inside a list entry is found too', () => {
  expect(problems('sources:\n  - type: file\n    path: a\n    lables: {}\n')).toContain(
    'c.yaml:4:5: unknown key lables: did you mean labels?',
  );
});

test('a wrong value names file, line and column', () => {
  expect(problems(`${minimal}windows:\n  pane: soon\n`)).toBe(
    'c.yaml:5:9: windows.pane: is no duration: write for example 30s, 5m, 1h or 7d',
  );
});

test('broken YAML names its place', () => {
  expect(problems('sources: [')).toMatch(/^c\.yaml:1:\d+: /);
});

test('settings that do not fit together are refused', () => {
  expect(problems(`${minimal}windows:\n  pane: 1m\n  length: 90s\n`)).toContain('must be a multiple of windows.pane');
  expect(problems('sources:\n  - type: kafka\n    topics: [a]\n')).toContain('need kafka.brokers');
});

test('what is wrong with the Redis of the state is said', () => {
  const state = (lines: string): string => problems(`${minimal}state:\n${lines}`);
  expect(state('  backend: redis\n')).toContain('state: backend redis needs state.redis.url');
  expect(state('  redis: { url: redis://a:6379 }\n')).toContain('state.redis: is not used: set state.backend to redis');
  expect(state('  backend: redis\n  redis: { url: http://a:6379 }\n')).toContain('write redis://host:6379');
  expect(state('  backend: redis\n  redis: { url: redis://me:secret@a:6379 }\n')).toMatch(
    /must not hold a user or a password: give them as username, and password or password_file/,
  );
  expect(state("  backend: redis\n  redis: { url: [redis://a:1, redis://b:2], prefix: 'a{b}' }\n")).toContain(
    'state.redis.prefix: may have letters, digits and . _ : -',
  );
  expect(state('  backend: redis\n  redis: { url: redis://a, timeout: soon }\n')).toContain('is no duration');
  expect(state('  backend: redis\n  redis: { url: [redis://a:1, rediss://b:2], password: x }\n')).toBe('none');
});

test('a pattern outside the linear-time syntax is refused', () => {
  expect(problems(`${minimal}sessions:\n  - class: a\n    pattern: '(a+)+\\1'\n`)).toContain(
    'no pattern of the RE2 syntax',
  );
});

test('variables are replaced, have defaults, and a missing one is an error', () => {
  const config = parseConfig(`${minimal}http:\n  port: \${PORT:-1234}\n`, 'c.yaml', {});
  expect(config.http.port).toBe(1234);
  expect(problems('sources:\n  - type: file\n    path: ${NOWHERE}\n')).toContain(
    'c.yaml:3:11: the environment has no NOWHERE',
  );
});

test('a secret comes from a file and shows in no dump', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-'));
  writeFileSync(join(folder, 'key'), 'whsec_c2VjcmV0\n');
  writeFileSync(
    join(folder, 'c.yaml'),
    `${minimal}respond:\n  webhooks:\n    - name: a\n      url: https://hooks.example/\n      secret_file: key\n`,
  );
  const config = loadConfig(join(folder, 'c.yaml'), {});
  expect(config.respond.webhooks[0]!.secret?.reveal()).toBe('whsec_c2VjcmV0');
  expect(JSON.stringify(config)).not.toContain('c2VjcmV0');
});

test('durations are read and written', () => {
  expect(parseDuration('1h30m')).toBe(5_400_000);
  expect(parseDuration('5')).toBeNaN();
  for (const text of ['250ms', '30s', '5m', '1h', '6d', '2w']) expect(formatDuration(parseDuration(text))).toBe(text);
});

test('every example file is valid', () => {
  const examples = readdirSync('config').filter((name) => name.endsWith('.yaml'));
  expect(examples.length).toBeGreaterThanOrEqual(3);
  for (const name of examples) expect(() => loadConfig(join('config', name), {})).not.toThrow();
});

test('the reference page lists each key with its meaning', () => {
  expect(reference()).toContain('| `windows.lateness` | string | `"10s"` | How far a record may be behind');
  expect(reference()).toContain('| `sources[](kafka).topics` | list | required | Names of the topics, or patterns:');
});

test('the topology of services may stand in a file of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-config-'));
  writeFileSync(join(folder, 'deps.yaml'), 'checkout: [payments]\n');
  writeFileSync(join(folder, 'c.yaml'), `${minimal}alerts:\n  incidents: { topology_file: deps.yaml }\n`);
  expect(loadConfig(join(folder, 'c.yaml'), {}).alerts.incidents.topology).toEqual({ checkout: ['payments'] });
  writeFileSync(join(folder, 'deps.yaml'), 'checkout: payments\n');
  expect(() => loadConfig(join(folder, 'c.yaml'), {})).toThrow(/is no map of a service to those that it needs/);
});
