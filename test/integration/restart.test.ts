/** kill -9 in the middle of a run, and run again: what was decided is what an uninterrupted run decides. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { begin, tocsin } from './services/tocsin.js';

const services = ['gateway', 'catalog', 'auth', 'jobs'];

test('three kills: nothing lost, nothing decided otherwise', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-restart-'));
  const configure = (state: string): string => {
    const sources = services.map(
      (name) => `  - { type: file, path: ${folder}/logs/${name}.log, labels: { service: ${name} } }`,
    );
    const text = `sources:\n${sources.join('\n')}\nsessions: [{ class: jobs, pattern: 'job-[0-9a-f]{8}' }]
detection: { warmup: 2d }\nstate: { dir: ${folder}/${state} }\nhttp: { port: 0 }\nlog: { level: warn, format: json }\n`;
    writeFileSync(join(folder, `${state}.yaml`), text);
    return join(folder, `${state}.yaml`);
  };
  try {
    await tocsin('simulate', '--lines', '150000', '--days', '4', '--out', join(folder, 'logs'));
    const whole = configure('whole');
    await tocsin('run', '--config', whole);
    const killed = configure('killed');
    let cut = 0;
    for (const ms of [1200, 1700, 2300]) {
      const run = begin(['run', '--config', killed]);
      await sleep(ms);
      if (run.signal('SIGKILL')) cut++;
      await run.ended;
    }
    expect(cut).toBeGreaterThan(0); // Work was left when it was killed.
    await tocsin('run', '--config', killed);
    for (const [config, out] of [
      [whole, 'a.bin'],
      [killed, 'b.bin'],
    ] as const) {
      await tocsin('replay', '--config', config, '--source', 'decisions', '--out', join(folder, out));
    }
    const [a, b] = ['a.bin', 'b.bin'].map((name) => readFileSync(join(folder, name)));
    expect(a!.length).toBeGreaterThan(100_000);
    // Decided again in a new process with other cuts, and equal to the run that nobody disturbed.
    await tocsin('replay', '--config', killed, '--source', 'windows', '--slice', '37', '--out', join(folder, 'c.bin'));
    expect(readFileSync(join(folder, 'c.bin')).equals(b!)).toBe(true);
    expect(b!.equals(a!)).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 300_000);
