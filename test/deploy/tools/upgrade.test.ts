/**
 * State of an older revision of this repository, which is built here: this one goes on from it with the same decisions, or
 * refuses it in words; then the older one goes on as if nothing had been tried, and this one begins in another folder.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ended, tocsin } from '../../integration/services/tocsin.js';
import { shopLines as lines } from './shop-lines.js';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-upgrade-'));
const git = (...args: string[]): number | null => spawnSync('git', args, { encoding: 'utf8' }).status;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Each has another version of some store than the one after it. */
const revisions = [
  'cdad1633ef1b0c5e462448eed17a07ca984efb79',
  'b1be19f012cf2d4540743768cf3935c622e8d1b9',
  'da42f3c25557861b94199246c8d745a958dbf6ec',
];
const has = revisions.filter((revision) => git('cat-file', '-e', `${revision}^{commit}`) === 0);
if (has.length < revisions.length)
  process.stderr.write('SKIP upgrades from revisions that this clone has no history of: git fetch --unshallow\n');

/** Builds it, and gives its command line. */
function program(revision: string): string {
  const at = join(folder, revision);
  mkdirSync(at);
  const archive = spawnSync('git', ['archive', revision], { maxBuffer: 1 << 28 });
  expect(spawnSync('tar', ['-x', '-C', at], { input: archive.stdout }).status).toBe(0);
  symlinkSync(resolve('node_modules'), join(at, 'node_modules'));
  const { status, stderr } = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: at, encoding: 'utf8' });
  expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
  return join(at, 'dist/cli/main.js');
}

function older(main: string, ...args: string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
  expect([args[0], status, status === 0 ? '' : (stdout + stderr).slice(-2000)]).toEqual([args[0], 0, '']);
}

/** Hash of each file below a folder. */
const bytesOf = (root: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(root, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort()
      .map((path) => [path, createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );

(has.length > 0 ? test : test.skip).each(has)(
  'state of revision %s is gone on from, or refused in words and kept',
  async (revision) => {
    const at = mkdtempSync(join(folder, 'state-'));
    const log = join(at, 'app.log');
    const configure = (name: string): string => {
      writeFileSync(
        join(at, `${name}.json`),
        JSON.stringify({
          sources: [{ type: 'file', path: log, format: 'json' }],
          rules: [{ name: 'memory', action: 'page', pattern: 'out of memory' }],
          detection: { warmup: '365d' },
          state: { dir: join(at, name) },
          http: { port: 0 },
        }),
      );
      return join(at, `${name}.json`);
    };
    const main = program(revision);
    const [used, kept, anew] = ['used', 'kept', 'anew'].map(configure) as [string, string, string];
    writeFileSync(log, `${lines.slice(0, 2000).join('\n')}\n`);
    older(main, 'run', '--config', used);
    cpSync(join(at, 'used'), join(at, 'kept'), { recursive: true });
    writeFileSync(log, `${lines.join('\n')}\n`);
    older(main, 'run', '--config', kept);

    const before = bytesOf(join(at, 'used', 'log'));
    const { code, said } = await ended('run', '--config', used);
    const decided = async (name: string, by?: string): Promise<Buffer> => {
      const [config, out] = [join(at, `${name}.json`), join(at, `${name}.bin`)];
      const args = ['replay', '--config', config, '--source', 'decisions', '--out', out];
      if (by === undefined) await tocsin(...args);
      else older(by, ...args);
      return readFileSync(out);
    };
    if (code === 0) {
      await tocsin('run', '--config', anew);
      expect((await decided('used')).equals(await decided('anew'))).toBe(true);
      return;
    }
    expect(code).toBe(1);
    expect(said).toMatch(
      /holds schema version \d+, this release reads version \d+\. .*run .* Or .*|this release cannot read the record/,
    );
    // Nothing was written that the older release would read; empty logs of its own it does not know.
    expect(bytesOf(join(at, 'used', 'log'))).toMatchObject(before);
    // The first way out that it names: the older release again.
    older(main, 'run', '--config', used);
    expect((await decided('used', main)).equals(await decided('kept', main))).toBe(true);
    // The second one: another folder, and the sources from their start.
    await tocsin('run', '--config', anew);
    expect((await decided('anew')).length).toBeGreaterThan(10_000);
  },
  300_000,
);
