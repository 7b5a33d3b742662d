/** The built command line as a process of its own, which can be killed, stalled and asked what it said. */
import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it wrote to standard output, to standard error, and to either. */
  readonly out: string;
  readonly err: string;
  readonly said: string;
}

export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** What `stdin: 'pipe'` gives it to read. */
  readonly stdin: Writable;
  said(): string;
  isOver(): boolean;
  /** Sends a signal; false where it is over already. */
  signal(what: NodeJS.Signals): boolean;
}

export interface Began {
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of node, before the program. */
  readonly node?: readonly string[];
  /** What to run node with, for example `['prlimit', '--fsize=100000']`. */
  readonly under?: readonly string[];
  /** Whether it has a standard input that can be written; else it has none. */
  readonly stdin?: 'pipe';
}

/** What still runs: a test that fails stops nothing by itself. */
const running = new Set<ReturnType<typeof spawn>>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts `tocsin ARGS`. */
export function begin(args: readonly string[], { env = {}, node = [], under = [], stdin }: Began = {}): Running {
  const [program, ...rest] = [...under, process.execPath, ...node, 'dist/cli/main.js', ...args];
  const child = spawn(program!, rest, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  running.add(child);
  child.on('close', () => running.delete(child));
  if (stdin === undefined) child.stdin.end();
  let said = '';
  let out = '';
  let err = '';
  let isOver = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
    said += text;
  });
  return {
    pid: child.pid ?? 0,
    stdin: child.stdin,
    ended: new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        isOver = true;
        resolve({ code, signal, out, err, said });
      });
    }),
    said: () => said,
    isOver: () => isOver,
    signal: (what) => child.exitCode === null && child.kill(what),
  };
}

/** Runs it to its end, whatever that is. */
export const ended = (...args: readonly string[]): Promise<Ended> => begin(args).ended;

/** Runs it to its end, which must be a good one; gives what it said. */
export async function tocsin(...args: readonly string[]): Promise<string> {
  return goodEnd(args);
}

/** The same, with variables or otherwise. */
export async function goodEnd(args: readonly string[], options: Began = {}): Promise<string> {
  const { code, signal, said } = await begin(args, options).ended;
  if (code !== 0) throw new Error(`tocsin ${args.join(' ')} ended with ${code ?? signal}: ${said.slice(-2000)}`);
  return said;
}

/** Waits until something is so while it runs. @throws Error where it ends before: no work was left */
export async function whileRunning(run: Running, isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!run.isOver()) {
    if (await isSo()) return;
    await sleep(5);
  }
  throw new Error(`it ended before the fault struck: ${run.said().slice(-2000)}`);
}

/** Kills a run as soon as something is so, which must be before it ends by itself. */
export async function killWhen(run: Running, isSo: () => boolean | Promise<boolean>): Promise<void> {
  await whileRunning(run, isSo);
  run.signal('SIGKILL');
  const { signal, said } = await run.ended;
  if (signal !== 'SIGKILL') throw new Error(`it ended before it was killed: ${said.slice(-2000)}`);
}
