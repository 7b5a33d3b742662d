// KServe's client of the inference protocol, from PyPI, in a virtual environment of its own: 450 MB, so that it is installed
// by its name alone. It is no service: a test starts it by itself.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, installPrograms, run } from './install.mjs';

const folder = join(cacheFolder, 'kserve-0.21.0');

export function install() {
  const installed = join(folder, 'installed');
  if (existsSync(installed)) return;
  installPrograms({ python3: 'python3' });
  run('python3', ['-m', 'venv', folder]);
  run(join(folder, 'bin', 'pip'), ['install', '-q', 'kserve==0.21.0']);
  run('touch', [installed]);
}
