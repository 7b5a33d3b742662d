/** Where a program for a child process or a worker thread lies: next to the compiled module that starts it. */
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The path of `name` next to the module at `moduleUrl`. When the module runs from its TypeScript source (in tests), the
 * same place below `dist/` is taken.
 *
 * @throws Error where neither exists
 */
export function compiled(moduleUrl: string, name: string): string {
  const folder = dirname(fileURLToPath(moduleUrl));
  const beside = join(folder, name);
  if (existsSync(beside)) return beside;
  let root = folder;
  while (!existsSync(join(root, 'package.json')) && dirname(root) !== root) root = dirname(root);
  const built = join(root, 'dist', relative(root, folder), name);
  if (existsSync(built)) return built;
  throw new Error(`neither ${beside} nor ${built} exists: run "npm run build" first`);
}
