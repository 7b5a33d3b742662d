import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../../service/configuration.js';
import { fileSources } from '../../../service/intake/sources.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-globs-'));
  for (const name of ['a', 'b']) mkdirSync(join(folder, name));
  for (const path of ['a/app.log', 'a/app.log.gz', 'b/app.log', 'b/other.txt', 'b/odd[1].log'])
    writeFileSync(join(folder, path), '');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function pathsOf(...patterns: string[]): string[] {
  const file = join(folder, 'tocsin.yaml');
  const sources = patterns.map((path) => ({ path: join(folder, path), labels: { team: 'shop' } }));
  writeFileSync(file, JSON.stringify({ sources }));
  return readConfig(file).sources.map((source) => (source.type === 'file' ? source.path.slice(folder.length + 1) : ''));
}

test.each([
  [['*/app.log'], ['a/app.log', 'b/app.log']],
  [['**/*.{log,gz}'], ['a/app.log', 'a/app.log.gz', 'b/app.log', 'b/odd[1].log']],
  [['b/odd[1].log'], ['b/odd[1].log']],
  [
    ['b/app.log', '*/app.log'],
    ['b/app.log', 'a/app.log'],
  ],
  [
    ['*/app.log', 'b/*.log'],
    ['a/app.log', 'b/app.log', 'b/odd[1].log'],
  ],
  [['c/*.log'], ['c/*.log']],
])('%j stands for %j', (patterns, paths) => {
  expect(pathsOf(...patterns)).toEqual(paths);
});

test('files of one name have names of their own, and what matches nothing is said', async () => {
  pathsOf('*/app.log');
  const config = readConfig(join(folder, 'tocsin.yaml'));
  const sources = await fileSources(config);
  expect(sources.map(({ name }) => name)).toEqual([`file:${folder}/a/app.log`, `file:${folder}/b/app.log`]);
  expect(config.sources.map(({ labels }) => labels)).toEqual([{ team: 'shop' }, { team: 'shop' }]);
  pathsOf('c/*.log');
  await expect(fileSources(readConfig(join(folder, 'tocsin.yaml')))).rejects.toThrow(/c\/\*\.log matches no file/);
});
