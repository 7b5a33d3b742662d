/** What people get wrong in a first configuration: each has one clear message, with its place. */
import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../config/problem.js';
import { readConfig } from '../../service/configuration.js';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-wrong-'));
const file = 'sources: [{ path: a.log }]\n';
const kafka = 'kafka: { brokers: [k:9092] }\nsources: [{ topics: [logs] }]\n';

function problem(content: string | Buffer): string {
  const path = join(folder, 'c.yaml');
  writeFileSync(path, content);
  return problemOf(path);
}

function problemOf(path: string): string {
  try {
    readConfig(path);
    return 'none';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.problems).toHaveLength(1);
    return error.message.replaceAll(`${folder}/`, '');
  }
}

test.each([
  ['an empty file', '', /^c\.yaml: is empty: it needs at least sources/],
  ['a file of comments', '# nothing\n', /is empty/],
  ['a binary file', Buffer.from([0x1f, 0x8b, 0, 0, 1, 2]), /is no text: name a configuration file/],
  ['broken YAML', 'sources: [', /^c\.yaml:1:\d+: /],
  ['a text instead of keys', 'hello\n', /the file: must be a section with keys, and is a text/],
  ['no sources', 'detection: { budget: 1 }\n', /sources: is missing: give a list/],
  ['a source of nothing', 'sources: [{ format: json }]\n', /is missing or unknown: give path for a file, topics/],
  [
    'a source with a mistyped path',
    'sources: [{ pth: a.log }]\n',
    /^c\.yaml:1:13: unknown key pth: did you mean path\?/,
  ],
  ['a source that is a text', 'sources: [a.log]\n', /sources\.0/],
  [
    'a mistyped key',
    `${file}detecton: { budget: 1 }\n`,
    /^c\.yaml:2:1: unknown key detecton: did you mean detection\?/,
  ],
  ['a wrong kind of value', `${file}detection: { budget: many }\n`, /budget: must be a number, and is a text/],
  ['a word that is not known', `${file}log: { level: loud }\n`, /log\.level: must be one of debug, info, warn, error/],
  ['no duration', `${file}windows: { pane: soon }\n`, /windows\.pane: is no duration: write for example 30s/],
  ['windows that do not fit', `${file}windows: { pane: 1m, length: 90s }\n`, /must be a multiple of windows\.pane/],
  [
    'the time of reading of an old file',
    'sources: [{ path: a.log, time: received }]\n',
    /sources\.0\.time: received is for files that are read as they grow: set follow: true, or path: "-"/,
  ],
  [
    'the time of reading of a topic',
    'kafka: { brokers: [k:9092] }\nsources: [{ topics: [logs], time: received }]\n',
    /sources\.0\.time: received is for files: here time: auto gives lines without a time/,
  ],
  [
    'more new services than there are places',
    `${file}limits: { entities: 100 }\n`,
    /limits\.new_entities: 250 leaves none of limits\.entities: 100 .* give at most 50/,
  ],
  [
    'fewer places than the sources name services',
    'sources: [{ path: a.log, labels: { service: a } }, { path: b.log, labels: { service: b } }]\nlimits: { entities: 1, new_entities: 1 }\n',
    /limits\.entities: the sources name 2 services, and 1 have places/,
  ],
  [
    'more keys of a line than a class may have',
    `${file}sessions: [{ class: jobs, pattern: j }]\nlimits: { class_keys: 10 }\n`,
    /limits\.session_keys: one line may have 256 keys, and a class limits\.class_keys: 10/,
  ],
  [
    'more labels of a source than a line may have',
    'sources: [{ path: a.log, fields: { labels: { a: x, b: y } } }]\nlimits: { labels: 1 }\n',
    /limits\.labels: a source takes 2 labels from its lines/,
  ],
  ['brokers without a port', 'kafka: { brokers: [kafka] }\nsources: [{ topics: [a] }]\n', /write host:port/],
  ['topics without a cluster', 'sources: [{ topics: [a] }]\n', /kafka: is missing/],
  ['channels that cannot be', `${kafka}channels: { backend: segment-log }\n`, /take channels\.backend out/],
  [
    'a user without a password',
    'kafka: { brokers: [k:1], username: u }\nsources: [{ topics: [a] }]\n',
    /belong together/,
  ],
  ['a file read twice', 'sources: [{ path: a.log }, { path: a.log }]\n', /a\.log is read twice/],
  ['a topic read twice', 'kafka: { brokers: [k:1] }\nsources: [{ topics: [a, a] }]\n', /topic a is read twice/],
  [
    'a broken matcher',
    `${file}detection: { budgets: [{ match: { service: '/pay(/' }, budget: 1 }] }\n`,
    /^c\.yaml:2:\d+: detection\.budgets\.0\.match\.service: .*missing closing \) at character 4 of pay\(/,
  ],
  ['a broken pattern', `${file}rules: [{ name: a, action: page, pattern: '[z-a]' }]\n`, /at character 2 of \[z-a\]/],
  [
    'a broken negated matcher',
    `${file}rules: [{ name: a, action: page, pattern: b, match: { x: '!/*/' } }]\n`,
    /at character 1 of \*/,
  ],
  [
    'two rules of one name',
    `${file}rules: [{ name: a, action: page, pattern: b }, { name: a, action: page, pattern: c }]\n`,
    /two rules are called a/,
  ],
  [
    'two session classes of one name',
    `${file}sessions: [{ class: a, pattern: b }, { class: a, pattern: c }]\n`,
    /two session classes are called a/,
  ],
  ['a key without effect', `${file}channels: { prefix: x }\n`, /^c\.yaml:2:\d+: channels\.prefix: has no effect/],
  ['a cluster that nothing uses', `kafka: { brokers: [k:1] }\n${file}`, /kafka: has no effect: no source has topics/],
  ['a default without routes', `${file}respond: { default: [] }\n`, /respond\.default: has no effect/],
  ['a host that is none', `${file}http: { host: 'not a host' }\n`, /http\.host: is no address to listen on/],
  ['a port that is none', `${file}http: { port: 99999 }\n`, /http\.port: /],
  ['a variable that is not set', 'sources: [{ path: "${NO_SUCH_NAME}" }]\n', /the environment has no NO_SUCH_NAME/],
  ['an output that is not there', `${file}respond: { routes: [{ to: [ops] }] }\n`, /no output is called ops/],
] as const)('%s', (_what, content, message) => {
  expect(problem(content)).toMatch(message);
});

test('a file that does not exist, and a folder', () => {
  expect(problemOf(join(folder, 'none.yaml'))).toMatch(/does not exist: name a configuration file, or write one/);
  mkdirSync(join(folder, 'd.yaml'));
  expect(problemOf(join(folder, 'd.yaml'))).toMatch(/is a folder: name the configuration file in it/);
});

test('a file without end, and one whose aliases are one', () => {
  expect(problemOf('/dev/zero')).toMatch(/is longer than 4 MiB: name another file/);
  const path = join(folder, 'bomb.yaml');
  const ten = (alias: string): string => `[${Array.from({ length: 10 }, () => alias).join(', ')}]`;
  const bomb = Array.from({ length: 12 }, (_, i) => `a${i}: &a${i} ${ten(i === 0 ? 'x' : `*a${i - 1}`)}`);
  writeFileSync(path, `${bomb.join('\n')}\n`);
  expect(problemOf(path)).toMatch(/bomb\.yaml: its aliases \(\*name\) stand for too much: write the values out/);
});

test.each(['[', '{a: ', '- '])('a file of 20,000 levels (%s) is nested too deep', (opening) => {
  const path = join(folder, 'deep.yaml');
  writeFileSync(path, `sources:\n  ${opening.repeat(20_000)}\n`);
  expect(problemOf(path)).toMatch(/deep\.yaml:\d+:\d+: is nested too deep/);
});

test('a cluster and topics alone are a configuration: channels are topics', () => {
  const path = join(folder, 'five.yaml');
  writeFileSync(path, 'kafka:\n  brokers: k:9092,l:9092\nsources:\n  - topics: logs\n');
  expect(readConfig(path)).toMatchObject({
    kafka: { brokers: ['k:9092', 'l:9092'] },
    channels: { backend: 'kafka', shards: 0 },
    sources: [{ type: 'kafka', topics: ['logs'] }],
  });
});

test.each([
  ['http', '{ slack_signing_secret: "00000000000000000000000000000000" }'],
  ['http', '{ slack_signing_secret: short }'],
  ['deploys', '{ github_secret: hunter2 }'],
  ['http', '{ token: hunter2 }'],
])('a weak secret is refused: %s: %s', (section, settings) => {
  const path = join(folder, 'weak.yaml');
  writeFileSync(path, `sources: [{ type: file, path: app.log }]\n${section}: ${settings}\n`);
  expect(problemOf(path)).toMatch(/is too weak: it needs 32 characters or more/);
});
