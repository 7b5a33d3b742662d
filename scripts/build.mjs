// Compiles the TypeScript rooms to dist/, file by file, so that stack traces and worker paths stay readable.
import { cpSync, rmSync, readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const rooms = [
  'records',
  'config',
  'models',
  'operators',
  'runtime',
  'topologies',
  'connectors',
  'training',
  'service',
  'offline',
  'lab',
  'cli',
  'bench',
];

/** Every TypeScript source below `folder`. */
function sources(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((name) => name.endsWith('.ts'));
}

/** Compiles all of it into a folder, which is emptied before. */
export async function compile(into) {
  rmSync(into, { recursive: true, force: true });
  await build({
    entryPoints: rooms.flatMap(sources),
    outdir: into,
    outbase: '.',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    logLevel: 'warning',
  });
  // The models that ship with tocsin.
  if (existsSync('training/prior')) cpSync('training/prior', join(into, 'training', 'prior'), { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await compile('dist');
