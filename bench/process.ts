/** Readers of benches are processes of their own: what one has compiled and collected does not help or burden the next. */
import { execFile, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';

const hasTaskset = process.platform === 'linux' && spawnSync('taskset', ['--version']).status === 0;

/** The command that keeps another on a core of its own, where the machine has several; nothing elsewhere. */
export const onCore = (core: number): readonly string[] =>
  hasTaskset && availableParallelism() > 1 ? ['taskset', '-c', String(core % availableParallelism())] : [];

/** The core of the readers; services of a bench have core 0. */
export const readerCore = 1;

/** Runs a program to its end; gives what it printed as JSON on its last line. */
export async function runJson<T>(command: readonly string[]): Promise<T> {
  const [program, ...args] = [...onCore(readerCore), ...command];
  const { stdout } = await promisify(execFile)(program!, args, { timeout: 300_000, maxBuffer: 64 * 1_048_576 });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
}

/** A program of this folder, with the young generation that tocsin runs with. */
export const reader = (program: string, ...args: readonly string[]): readonly string[] => [
  process.execPath,
  '--max-semi-space-size=64',
  program,
  ...args,
];
