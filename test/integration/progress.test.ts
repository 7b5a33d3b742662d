/** Long work on a terminal says how far it is; `script` (util-linux) gives it one. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goodEnd } from './services/tocsin.js';

const has = spawnSync('script', ['--version']).status === 0;
if (!has) console.log('SKIP progress on a terminal: script (util-linux) is not installed here');
const folder = mkdtempSync(join(tmpdir(), 'tocsin-progress-'));
const config = join(folder, 'tocsin.json');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(async () => {
  await goodEnd(['simulate', '--lines', '100000', '--days', '4', '--out', join(folder, 'logs')]);
  const sources = readdirSync(join(folder, 'logs'))
    .filter((name) => name.endsWith('.log'))
    .map((name) => ({ type: 'file', path: join(folder, 'logs', name) }));
  writeFileSync(config, JSON.stringify({ sources, state: { dir: join(folder, 'state') }, http: { port: 0 } }));
});

/** What the line begins with. */
const redrawn = '\u001b[K';

/** What is drawn in the progress line. */
function drawn(...args: readonly string[]): string[] {
  const command = [process.execPath, 'dist/cli/main.js', ...args, '--config', config].join(' ');
  const { status, stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TERM: 'xterm' },
  });
  expect([status, status === 0 ? '' : stdout]).toEqual([0, '']);
  return stdout.split('\r').flatMap((text) => (text.startsWith(redrawn) ? [text.slice(redrawn.length)] : []));
}

(has ? test : test.skip)(
  'train and replay show their share, their rate and the time left',
  () => {
    const training = drawn('train');
    expect(training.some((line) => /^ *\d+ % {2}[\d,]+ kB( {2}[\d,.]+ a second {2}.* left)?$/.test(line))).toBe(true);
    const records = /^ *\d+ % {2}[\d,]+ records( {2}[\d,.]+ a second {2}.* left)?$/;
    expect(training.some((line) => records.test(line))).toBe(true);
    expect(drawn('replay', '--out', join(folder, 'again.bin')).some((line) => records.test(line))).toBe(true);
  },
  240_000,
);

test('elsewhere they draw nothing', async () => {
  expect(await goodEnd(['replay', '--out', join(folder, 'plain.bin'), '--config', config])).not.toContain(redrawn);
}, 120_000);
