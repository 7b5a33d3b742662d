// A client of the inference protocol that is not ours: NVIDIA's, from PyPI, in a virtual environment of its own. It is no
// service: the tests start it by themselves.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, installPrograms, run } from './install.mjs';

const folder = join(cacheFolder, 'triton-2.73.0');

export function install() {
  const installed = join(folder, 'installed');
  if (existsSync(installed)) return;
  installPrograms({ python3: 'python3' });
  run('python3', ['-m', 'venv', folder]);
  run(join(folder, 'bin', 'pip'), ['install', '-q', 'tritonclient[http]==2.73.0']);
  run('touch', [installed]);
}
