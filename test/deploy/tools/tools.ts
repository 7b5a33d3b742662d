/** The tools of scripts/deploy/tools.mjs, where they are installed. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

export const toolFolder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tocsin-deploy');
// The library of Helm stands in for its program where that was not compiled.
const folders = ['bin', join('python', 'bin'), join('ml', 'bin'), 'library'].map((name) => join(toolFolder, name));

/** Of `npm test`, which has minutes for it; `npm run check:deploy` runs all. */
const isQuick = process.env.TOCSIN_DEPLOY === 'quick';

/** Where a program is; undefined where it is not installed. */
export const programOf = (name: string): string | undefined =>
  [...folders, ...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));

export interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly said: string;
}

/** Runs a tool to its end. */
export function ran(name: string, args: readonly string[], options: { cwd?: string; input?: string } = {}): Ran {
  const { status, stdout, stderr, error } = spawnSync(programOf(name) ?? name, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    // Settings of a person for OpenTofu have no say here.
    env: { ...process.env, PATH: [...folders, process.env.PATH].join(delimiter), TF_CLI_CONFIG_FILE: '/dev/null' },
    ...options,
  });
  if (error) throw error;
  return { status, out: stdout, said: stdout + stderr };
}

/** `describe` where all of these are installed; else one line says what is missing, and its tests are skipped. */
export function describeWith(tools: readonly string[]): jest.Describe {
  const missing = tools.filter((name) => programOf(name) === undefined);
  if (missing.length === 0) return describe;
  process.stderr.write(`SKIP ${missing.join(', ')} not installed: node scripts/deploy/tools.mjs\n`);
  return describe.skip;
}

/** `test` for what `npm test` has no time for: skipped there. */
export const testWhole = isQuick ? test.skip : test;
