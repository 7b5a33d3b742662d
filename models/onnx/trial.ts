/**
 * The first run of a foreign model, in a child process with limits on time and memory: no static guard knows how large
 * a chain of Concat(x, x) grows. The trial also finds out whether the model is exact: the same row must have the same
 * bits alone, in a batch, at any place in it, and at any address.
 */
import { spawn } from 'node:child_process';
import { compiled } from './compiled.js';
import { RefusedModel } from './guard.js';
import type { RowPorts } from './session.js';

/** What a trial may use. */
export interface TrialLimits {
  /** Milliseconds for loading and all runs. */
  readonly time: number;
  /** Megabytes of resident memory of the child process. */
  readonly memory: number;
}

/** The usual limits. */
export const trialLimits: TrialLimits = { time: 20_000, memory: 512 };

/** The arguments of the child; the model's bytes follow on its standard input. */
export interface TrialOrder {
  readonly ports: RowPorts;
  readonly memory: number;
}

/** What the child answers. */
export type TrialAnswer = { readonly exact: boolean; readonly differing: number } | { readonly refused: string };

/** What a trial found. */
export interface TrialReport {
  /** True where no row changed a bit in any of the runs. */
  readonly exact: boolean;
  /** Rows of 256 that had other bits in another batch, place or address. */
  readonly differing: number;
}

/** Last words of a child that grew beyond its memory limit. */
export const OUT_OF_MEMORY = 'out of memory';

/**
 * Tries a model that the guard has passed.
 *
 * @param program path of the compiled trial-child.js; by default the one next to this module
 * @throws RefusedModel where it hangs, grows beyond the memory limit, crashes, or returns anything but a score a row
 */
export async function trial(
  model: Uint8Array,
  ports: RowPorts,
  limits = trialLimits,
  program = compiled(import.meta.url, 'trial-child.js'),
): Promise<TrialReport> {
  const order: TrialOrder = { ports, memory: limits.memory };
  const child = spawn(process.execPath, ['--max-old-space-size=256', program, JSON.stringify(order)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: limits.time,
    killSignal: 'SIGKILL',
    env: {},
  });
  let answer = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (answer = (answer + part).slice(-10_000)));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (complaint = (complaint + part).slice(-2_000)));
  // A child that dies early breaks the pipe; its exit tells why.
  child.stdin.on('error', () => undefined);
  child.stdin.end(model);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (...how) => resolve(how));
  });
  const refuse = (what: string): never => {
    throw new RefusedModel(`trial run of the model ${ports.name}: ${what}`);
  };
  if (complaint.endsWith(OUT_OF_MEMORY)) return refuse(`it needs more than ${limits.memory} MB of memory for 256 rows`);
  if (signal === 'SIGKILL')
    return refuse(`it did not end within ${limits.time} ms, or the system stopped it for its memory`);
  if (code !== 0)
    return refuse(`the process ended with ${signal ?? `code ${code}`}: ${complaint.trim() || 'no message'}`);
  const report = JSON.parse(answer) as TrialAnswer;
  return 'refused' in report ? refuse(report.refused) : report;
}
