// Another major version of Node, from its npm package: what is decided must not depend on the runtime.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, run } from './install.mjs';

const [system, arch] = [process.platform, process.arch];

/** Sees to it that a major version is there; prints nothing and is quick when it is. */
export function installNode(major) {
  const folder = join(cacheFolder, `node-${major}`);
  const program = join(folder, 'package', 'bin', 'node');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const archive = run('npm', ['pack', '--silent', `node-${system}-${arch}@${major}`], { cwd: folder }).trim();
  run('tar', ['-xzf', archive.split('\n').at(-1)], { cwd: folder });
  return program;
}

/** @returns the path of the program, printed: `node scripts/services/node.mjs 24` */
if (process.argv[1]?.endsWith('node.mjs') && process.argv[2]) console.log(installNode(process.argv[2]));
