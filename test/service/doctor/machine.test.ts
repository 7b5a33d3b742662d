/** What `doctor` finds on this machine: files, the state folder, models, the port. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../../config/load.js';
import { checkMachine } from '../../../service/doctor/machine.js';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-doctor-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'app.log');
writeFileSync(file, 'a line\n');

/** Level and message of each finding, by what it is about. */
async function found(settings: object): Promise<Record<string, string>> {
  const config = parseConfig(
    JSON.stringify({
      sources: [{ type: 'file', path: file }],
      state: { dir: join(folder, 'state') },
      http: { port: 0 },
      ...settings,
    }),
    'tocsin.yaml',
  );
  const findings = await checkMachine(config);
  return Object.fromEntries(findings.map(({ about, level, message }) => [about, `${level}: ${message}`]));
}

test('a file that can be read, one that is empty, a folder, and one that is not there', async () => {
  writeFileSync(join(folder, 'empty.log'), '');
  const paths = [file, join(folder, 'empty.log'), folder, join(folder, 'none.log')];
  const findings = await found({ sources: paths.map((path) => ({ type: 'file', path })) });
  expect(paths.map((path) => findings[`file ${path}`])).toEqual([
    'ok: 7 bytes',
    'warning: is empty',
    'error: is a folder: name the files in it',
    expect.stringMatching(/^error: cannot be read: ENOENT/),
  ]);
});

test('what is followed may come later, also by pattern', async () => {
  const [late, glob, none] = [join(folder, 'late.log'), join(folder, '*.log'), join(folder, '*.none')];
  const findings = await found({ sources: [late, glob, none].map((path) => ({ type: 'file', path, follow: true })) });
  expect(findings[`file ${late}`]).toMatch(/^warning: cannot be read: ENOENT.*: it is read when it comes$/);
  expect(findings[`file ${glob}`]).toMatch(/^ok: matches \d+ files now$/);
  expect(findings[`file ${none}`]).toBe('warning: matches no file now');
});

test('a state folder that is to come, that others may read, and one in memory', async () => {
  expect((await found({})).state).toMatch(/^ok: .*state is made at the first start$/);
  const dir = join(folder, 'open');
  mkdirSync(dir);
  chmodSync(dir, 0o755);
  expect((await found({ state: { dir } })).state).toMatch(/^warning: others may read .*: chmod 700 /);
  chmodSync(dir, 0o700);
  const findings = await found({ state: { dir } });
  expect(findings.state).toMatch(/^ok: .* is for its owner alone$/);
  expect(findings.disk).toMatch(/free at/);
  expect((await found({ state: { dir, backend: 'memory' } })).state).toMatch(/^warning: .*forgotten at exit$/);
  expect((await found({ state: { dir: join(file, 'below') } })).state).toMatch(/^error: .*app\.log is a file/);
  expect((await found({ state: { dir: file } })).state).toMatch(/^error: .*app\.log is a file/);
});

test('without models of its own those that ship score', async () => {
  expect((await found({})).models).toMatch(/^ok: none of its own yet/);
});

test('a port that is taken', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const taken = await found({ http: { port } });
  expect(taken[`http 127.0.0.1:${port}`]).toMatch(/^warning: is taken/);
  await new Promise((resolve) => server.close(resolve));
  expect((await found({ http: { port } }))[`http 127.0.0.1:${port}`]).toBe('ok: is free');
});
