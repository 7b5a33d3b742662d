/**
 * How fast lines of each kind become encoded partials: file or values of a topic, `ingest`, canonical bytes for the shards
 * of `windows`. Beside it a reader that only hashes the bytes of each line.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inputKinds, writeInput } from './lines/write.js';
import type { LineRun } from './line-reader.js';
import { reader, runJson } from './process.js';
import { median, type Bench } from './report.js';

const program = join(import.meta.dirname, 'line-reader.js');

export const bench: Bench = async ({ rounds, quick }, report) => {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-bench-'));
  const lines = quick ? 200_000 : 500_000;
  try {
    for (const kind of inputKinds) {
      const path = join(folder, kind);
      const bytes = await writeInput(kind, path, lines);
      const runs = { windows: [] as LineRun[], hash: [] as LineRun[] };
      for (let round = 0; round < rounds; round++) {
        for (const mode of ['windows', 'hash'] as const)
          runs[mode].push(await runJson<LineRun>(reader(program, kind, path, String(lines), mode)));
      }
      const of = (mode: keyof typeof runs, figure: (run: LineRun) => number): number => median(runs[mode].map(figure));
      const perCpu = (run: LineRun): number => run.lines / run.cpuSeconds;
      const { partials, windowsBytes, rejected } = runs.windows[0]!;
      if (rejected > 0 || partials === 0) throw new Error(`${kind}: ${rejected} lines of the bench were rejected`);
      report.heading(
        `file-to-windows: ${lines.toLocaleString('en-US')} lines of ${(bytes / lines).toFixed(0)} bytes, ${kind}`,
      );
      const name = `file-to-windows ${kind}`;
      report.figure(name, 'lines a second, a core', of('windows', perCpu), '1/s');
      report.figure(name, 'hashing the bytes alone', of('hash', perCpu), '1/s');
      report.figure(
        name,
        'peak memory',
        of('windows', ({ peak }) => peak / 1_048_576),
        'MiB',
      );
      report.figure(name, 'bytes to `windows` a line', windowsBytes / lines, 'B');
      report.ratio(`${kind} lines to windows, to hashing them`, of('windows', perCpu) / of('hash', perCpu));
      await rm(path);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
