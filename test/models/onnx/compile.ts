/** Compiles the programs of child processes and threads as the build does, to a folder of the test's own. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';

/** The folder that mirrors the source rooms, and its removal. Inside the project, so that packages resolve. */
export function compileRooms(): { readonly folder: string; remove(): void } {
  mkdirSync('.cache', { recursive: true });
  const folder = mkdtempSync(resolve('.cache/compiled-'));
  const entryPoints = ['records', 'models'].flatMap((room) =>
    readdirSync(room, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(room, name)),
  );
  buildSync({
    entryPoints,
    outdir: folder,
    outbase: '.',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
  });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
