/** Sources of streams in a configuration: what is derived, and what does not fit together. */
import { parseConfig } from '../../config/load.js';
import { ConfigError } from '../../config/problem.js';

const servers = { servers: 'nats://a:4222, b:4222' };

function parsed(nats: object | undefined, source: object | readonly object[], more: object = {}) {
  return parseConfig(JSON.stringify({ nats, sources: [source].flat(), ...more }), 'c.yaml', {});
}

function problem(...given: Parameters<typeof parsed>): string {
  try {
    parsed(...given);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'none';
}

test('a stream is enough: the rest is derived', () => {
  const { nats, sources, channels } = parsed(servers, { stream: 'LOGS', subjects: 'logs.a,logs.b.>' });
  expect(nats?.servers).toEqual(['nats://a:4222', 'b:4222']);
  expect(channels.backend).toBe('segment-log');
  expect(sources[0]).toMatchObject({
    type: 'nats',
    subjects: ['logs.a', 'logs.b.>'],
    start: 'earliest',
    consumer: 'tocsin',
  });
});

test('secrets are never shown', () => {
  const { nats } = parsed({ ...servers, username: 'ann', password: 'hunter2' }, { stream: 'LOGS' });
  expect(JSON.stringify(nats)).not.toContain('hunter2');
  expect(nats?.password?.reveal()).toBe('hunter2');
});

test.each<[string, object | undefined, object | readonly object[], object, RegExp]>([
  ['no servers', undefined, { stream: 'A' }, {}, /nats: is missing: sources with a stream need nats\.servers/],
  ['a user in an address', { servers: 'nats://ann:x@a:4222' }, { stream: 'A' }, {}, /has a user in it/],
  ['another scheme', { servers: 'http://a:4222' }, { stream: 'A' }, {}, /is no server: write nats:\/\/host:port/],
  ['half a user', { ...servers, username: 'ann' }, { stream: 'A' }, {}, /username and password belong together/],
  ['two ways to sign in', { ...servers, token: 't', nkey: 'SU' }, { stream: 'A' }, {}, /give one of: username/],
  ['half a certificate', { ...servers, tls: { key: 'k' } }, { stream: 'A' }, {}, /certificate and key belong together/],
  ['a subject with a blank', servers, { stream: 'A', subjects: ['a b'] }, {}, /is no subject/],
  ['a stream twice', servers, [{ stream: 'A' }, { stream: 'A', name: 'b' }], {}, /stream A is read twice/],
  [
    'one name for two',
    servers,
    [
      { stream: 'A', subjects: ['a.x'] },
      { stream: 'A', subjects: ['a.y'] },
    ],
    {},
    /two sources of streams are called A: give one a name of its own/,
  ],
  [
    'a fleet',
    servers,
    { stream: 'A' },
    { channels: { backend: 'kafka' }, kafka: { brokers: ['k:9092'] } },
    /a stream cannot be read beside topics or with channels\.backend: kafka/,
  ],
  ['servers without a stream', servers, { path: 'a.log' }, {}, /nats: has no effect: no source has a stream/],
])('%s is refused', (_what, nats, source, more, message) => {
  expect(problem(nats, source, more)).toMatch(message);
});
