/** The packed tarball in an empty folder, installed from npm's registry alone, without scripts that download. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-package-'));
const empty = join(folder, 'empty');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function ran(command: string, args: readonly string[], cwd = empty): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  expect([command, ...args, status, status === 0 ? '' : stdout + stderr]).toEqual([command, ...args, 0, '']);
  return stdout;
}

/** Bytes of all files below a folder. */
function bytesOf(path: string): number {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((all, { parentPath, name }) => all + statSync(join(parentPath, name)).size, 0);
}

const program = join(empty, 'node_modules', '.bin', 'tocsin');

beforeAll(() => {
  mkdirSync(empty);
  const archive = ran('npm', ['pack', '--silent', '--pack-destination', folder], resolve()).trim();
  writeFileSync(join(empty, 'package.json'), '{ "private": true }');
  ran('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', join(folder, archive)]);
}, 300_000);

test('it says its version, and what it leaves out', () => {
  expect(ran(program, ['--version'])).toBe('0.1.0\n');
  expect(ran(program, ['--help'])).not.toMatch(/^ {2}(demo|simulate|eval) /m);
  const { status, stderr } = spawnSync(program, ['demo'], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([2, expect.stringContaining('tocsin demo is not in the installed package')]);
});

test('without the libraries of other platforms it stays below 300 MB', () => {
  ran(process.execPath, [join(empty, 'node_modules', '@tocsin', 'cli', 'deploy', 'prune-runtime.mjs')]);
  const size = bytesOf(join(empty, 'node_modules'));
  expect(size).toBeLessThan(300e6);
  expect(size).toBeGreaterThan(50e6);
});

test('init, lint, try and run work there, with the models that ship with it', () => {
  const start = Date.parse('2026-01-05T00:00:00Z');
  const lines = Array.from({ length: 3000 }, (_, i) =>
    JSON.stringify({
      time: new Date(start + i * 2000).toISOString(),
      level: i % 50 === 0 ? 'error' : 'info',
      service: 'checkout',
      msg: i % 50 === 0 ? `payment ${i} refused` : `order ${i} paid in ${i % 7} ms`,
    }),
  );
  writeFileSync(join(empty, 'app.log'), `${lines.join('\n')}\n`);
  ran(program, ['init', '--file', 'app.log']);
  ran(program, ['lint']);
  const read = ran(program, ['try', 'app.log', '--json']).trim().split('\n');
  expect(JSON.parse(read[0]!)).toMatchObject({ status: 'read', service: 'checkout' });
  ran(program, ['run']);
  expect(ran(program, ['alerts', 'list', '--config', 'tocsin.yaml', '--json'])).toBeDefined();
}, 120_000);
