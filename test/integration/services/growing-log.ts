/** A tocsin that reads a log file which grows: services write, some of them are sick, and what follows can be waited for. */
import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const main = 'dist/cli/main.js';

/** Writes lines of services every 200 ms; a sick one says that it is out of memory too. */
export function feed(path: string, services: readonly string[]) {
  const sick = new Set<string>();
  const write = (): void => {
    const time = new Date().toISOString();
    const line = (service: string, level: string, message: string): string =>
      `${JSON.stringify({ time, level, service, message })}\n`;
    appendFileSync(
      path,
      services
        .map(
          (service) =>
            line(service, 'info', 'request served in 12 ms') +
            (sick.has(service) ? line(service, 'error', 'OutOfMemoryError: heap <script>alert(1)</script>') : ''),
        )
        .join(''),
    );
  };
  write();
  const timer = setInterval(write, 200);
  return { sick, stop: () => clearInterval(timer) };
}

/** A tocsin that reads a growing file, as `tail -F file | tocsin run` does. */
export function startOn(config: string, lines: string) {
  const tail = spawn('tail', ['-n', '+1', '-F', lines], { stdio: ['ignore', 'pipe', 'ignore'] });
  const run = spawn(process.execPath, [main, 'run', '--config', config], { stdio: [tail.stdout, 'pipe', 'pipe'] });
  let said = '';
  const hear = (text: Buffer): void => void (said += text.toString());
  run.stdout.on('data', hear);
  run.stderr.on('data', hear);
  const over = new Promise<number | null>((resolve) => run.on('close', (code) => resolve(code)));
  const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    const code = await over;
    tail.kill('SIGKILL');
    return code;
  };
  return { said: () => said, kill: () => end(run, 'SIGKILL'), stop: () => end(run, 'SIGTERM') };
}

/** Looks until something is there. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  ms = 20_000,
): Promise<T> {
  for (const began = Date.now(); ;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() - began > ms) throw new Error(`waited ${ms} ms for ${what}`);
    await sleep(50);
  }
}
