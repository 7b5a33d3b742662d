import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeStateFolder } from '../../service/state-folder.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tocsin-state-folder-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('it is made with the folders above it, for its owner alone, and stays where it is there', () => {
  const dir = join(folder, 'a/b/c');
  makeStateFolder(dir);
  makeStateFolder(dir);
  expect(statSync(dir).mode & 0o777).toBe(0o700);
});

test('what is no folder, or cannot be made, is refused in words', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(() => makeStateFolder(file)).toThrow(/state\.dir: .*file is no folder: name one/);
  expect(() => makeStateFolder(join(file, 'below'))).toThrow(/is no folder/);
  expect(() => makeStateFolder('/proc/tocsin')).toThrow(/cannot be made \(E\w+\): name a folder/);
});
