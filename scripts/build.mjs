// Compiles the TypeScript rooms to dist/, file by file, so that stack traces and worker paths stay readable.
import { copyFileSync, cpSync, rmSync, readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const rooms = [
  'records',
  'config',
  'models',
  'operators',
  'formats',
  'runtime',
  'topologies',
  'connectors',
  'training',
  'service',
  'offline',
  'console',
  'lab',
  'cli',
  'bench',
];

const pageFolder = join('console', 'page');

/** Every TypeScript source below `folder`. */
function sources(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((name) => name.endsWith('.ts') && !name.startsWith(pageFolder));
}

/** Bundles the page of the console: one script, the worker that listens for all tabs, one style sheet. */
async function bundlePage(into) {
  await build({
    entryPoints: {
      app: join(pageFolder, 'main.tsx'),
      live: join(pageFolder, 'live', 'worker.ts'),
      theme: join(pageFolder, 'app.css'),
    },
    outdir: into,
    entryNames: '[name]',
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: ['es2022'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'warning',
    legalComments: 'none',
  });
  for (const name of ['index.html', 'icon.svg']) copyFileSync(join(pageFolder, name), join(into, name));
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
  await bundlePage(join(into, pageFolder));
  // The models that ship with tocsin.
  if (existsSync('training/prior')) cpSync('training/prior', join(into, 'training', 'prior'), { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await compile('dist');
