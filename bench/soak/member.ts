/** A member of the fleet under soak: `tocsin run` as a process, and what it takes of memory. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';

export class Member {
  private readonly ended: Promise<unknown>;
  /** Its first port that it said. */
  private url: string | undefined;

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {
    this.ended = once(child, 'close');
  }

  /** @param log file that gets what it says */
  static start(name: string, config: string, log: string): Member {
    const program = join(import.meta.dirname, '../../cli/main.js');
    const child = spawn(process.execPath, [program, 'run', '--config', config], { stdio: ['ignore', 'pipe', 'pipe'] });
    const member = new Member(name, child);
    const out = createWriteStream(log, { flags: 'a' });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => {
        out.write(text);
        member.url ??= /"url":"(http[^"]+)"/.exec(text.toString())?.[1];
      });
    child.on('close', () => out.end());
    return member;
  }

  get isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Resident memory now, MiB. */
  resident(): number {
    const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8')) ?? [];
    return Number(kib ?? 0) / 1024;
  }

  /** Heap in use and memory of buffers, MiB, by its own metrics; undefined while it does not answer. */
  async inUse(): Promise<{ readonly heap: number; readonly external: number } | undefined> {
    try {
      const text = await (await fetch(`${this.url}/metrics`, { signal: AbortSignal.timeout(5000) })).text();
      const of = (metric: string): number =>
        Number(new RegExp(`^${metric} (\\S+)`, 'm').exec(text)?.[1] ?? Number.NaN) / 2 ** 20;
      return { heap: of('nodejs_heap_size_used_bytes'), external: of('nodejs_external_memory_bytes') };
    } catch {
      return undefined;
    }
  }

  /** SIGTERM; resolves when it is gone. */
  async leave(): Promise<void> {
    if (!this.isOver) this.child.kill('SIGTERM');
    await this.ended;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}
