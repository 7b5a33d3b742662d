/** What a stranger gets wrong: each ends by itself with one clear message and its code. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { begin } from './services/tocsin.js';

let folder: string;
let taken: Server;
let port: number;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-situations-'));
  mkdirSync(join(folder, 'folder'));
  writeFileSync(join(folder, 'a-file'), 'no folder\n');
  writeFileSync(join(folder, 'good.log'), '{"time":"2026-01-05T00:00:00Z","service":"a","msg":"x"}\n');
  writeFileSync(join(folder, 'plain.log'), 'hello there\nworld\n');
  writeFileSync(join(folder, 'empty.log'), '');
  writeFileSync(join(folder, 'binary.log'), Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * i * 31) % 251)));
  taken = createServer();
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  ({ port } = taken.address() as AddressInfo);
});
afterAll(() => {
  taken.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Given {
  readonly path: string;
  readonly more?: object;
  readonly source?: object;
}
let made = 0;
/** Runs a configuration over one file. */
async function run({ path, more = {}, source = {} }: Given) {
  const name = `c${made++}`;
  const file = join(folder, `${name}.json`);
  const settings = {
    sources: [{ path: path.startsWith('/') ? path : join(folder, path), ...source }],
    state: { dir: join(folder, name) },
    http: { port: 0 },
    log: { format: 'json' },
    respond: { stdout: 'none' },
    ...more,
  };
  writeFileSync(file, JSON.stringify(settings));
  return begin(['run', '--config', file]).ended;
}

test.each<[string, Given | (() => Given), number, RegExp]>([
  ['a file that does not exist', { path: 'none.log' }, 2, /source .*none\.log does not exist: correct the path/],
  ['a folder', { path: 'folder' }, 2, /it is a folder, name the files in it/],
  ['a pattern that matches nothing', { path: 'x-*.log' }, 2, /matches no file: correct the pattern/],
  ['a device', { path: '/dev/zero' }, 2, /it is a device; - is standard input/],
  ['an empty file', { path: 'empty.log' }, 0, /no line came: the sources are empty/],
  ['a binary file', { path: 'binary.log' }, 3, /none of \d+ lines could be read: look at some with `tocsin try`/],
  [
    'text read as JSON',
    { path: 'plain.log', source: { format: 'json' } },
    3,
    /set format: plain if these lines are text/,
  ],
  [
    'a host of another machine',
    { path: 'good.log', more: { http: { host: '192.0.2.1', port: 0 } } },
    2,
    /is no address of this machine .*: write 127\.0\.0\.1/,
  ],
  [
    'a port that is taken',
    () => ({ path: 'good.log', more: { http: { port } } }),
    1,
    /another process has this port; set http\.port/,
  ],
  [
    'a state folder that is a file',
    () => ({ path: 'good.log', more: { state: { dir: join(folder, 'a-file') } } }),
    2,
    /state\.dir: .*a-file is no folder: name one/,
  ],
  [
    'a state folder that cannot be made',
    { path: 'good.log', more: { state: { dir: '/proc/tocsin' } } },
    2,
    /state\.dir: \/proc\/tocsin cannot be made \(E\w+\): name a folder/,
  ],
])('run on %s', async (_what, given, code, message) => {
  const ended = await run(typeof given === 'function' ? given() : given);
  expect(ended.said).toMatch(message);
  expect(ended.said).not.toMatch(/\n {4}at /);
  expect(ended.code).toBe(code);
});

test.each<[readonly string[], RegExp]>([
  [['run', '--conifg', 'a.yaml'], /Did you mean --config\?/],
  [['rnu'], /Did you mean run\?/],
  [['run', '--config', '/no/such.yaml'], /does not exist: name a configuration file/],
])('%j is a wrong command line', async (args, message) => {
  const ended = await begin(args).ended;
  expect(ended.said).toMatch(message);
  expect(ended.code).toBe(2);
});
