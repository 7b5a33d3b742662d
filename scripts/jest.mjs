// Runs jest as a process of its own, and sees that it ends: one whose results are in but which native code keeps alive
// is ended after a minute, one that stands still for long as well, so that whoever waits for the tests learns of it.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';

const program = createRequire(import.meta.url).resolve('jest/bin/jest');
const minute = 60_000;

/**
 * Resolves to the exit code, or to a sentence where jest had to be ended.
 *
 * @param options.isCounted whether the results of the run are in
 * @param options.minutes that the run may take
 */
export function runJest(args, { env = {}, isCounted = () => false, minutes = Infinity } = {}) {
  // A process group of its own: what the tests started ends with it.
  const child = spawn(process.execPath, [program, ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
    detached: true,
  });
  const signalAll = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has ended.
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      signalAll(signal);
      process.exit(1);
    });
  }
  return new Promise((resolve) => {
    const began = performance.now();
    let counted;
    let why;
    const end = (reason) => {
      why = reason;
      signalAll('SIGKILL');
    };
    const look = setInterval(() => {
      const now = performance.now();
      if (counted === undefined && isCounted()) counted = now;
      if (counted !== undefined && now - counted > minute) end('was still there a minute after its results were in');
      else if (now - began > minutes * minute) end(`had not ended after ${minutes} minutes`);
    }, 1000);
    child.on('close', (code) => {
      clearInterval(look);
      resolve(why ?? code ?? 1);
    });
  });
}
