/** One real service of the service scripts for a bench: it ends with this process at the latest. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface BenchService {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts it and resolves when it is ready.
 *
 * @param name and options of `scripts/services/main.mjs up`
 * @throws Error where it is not installed or does not come up
 */
export async function startService(name: string, ...options: readonly string[]): Promise<BenchService> {
  const child = spawn(process.execPath, ['scripts/services/main.mjs', 'up', name, ...options], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // Ctrl-C reaches the bench first, which then ends its services in order.
    detached: true,
  });
  const closed = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout })) {
    const { url } = JSON.parse(line) as { url: string };
    const stop = async (): Promise<void> => {
      child.stdin.end();
      await closed;
    };
    return { url, stop };
  }
  throw new Error(`${name} did not start: run \`node scripts/services/main.mjs install\` once`);
}
