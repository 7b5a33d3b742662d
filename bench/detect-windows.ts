/**
 * How many windows a second a core decides: features, every detector, calibration, selection and tracking, from encoded
 * partials to encoded decisions, with checkpoints on LevelDB.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFleet } from './detect-fleet.js';
import type { DetectRun } from './detect-reader.js';
import { reader, runJson } from './process.js';
import { median, type Bench } from './report.js';

const program = join(import.meta.dirname, 'detect-reader.js');

export const bench: Bench = async ({ rounds, quick }, report) => {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-bench-'));
  const fleet = quick ? { services: 60, hours: 24 } : { services: 120, hours: 48 };
  try {
    const [path, models] = [join(folder, 'windows'), join(folder, 'models')];
    await writeFleet(fleet, path, models);
    const runs: DetectRun[] = [];
    for (let round = 0; round < rounds; round++)
      runs.push(await runJson<DetectRun>(reader(program, path, models, join(folder, `state-${round}`))));
    if (new Set(runs.map(({ decisions }) => decisions)).size !== 1) throw new Error('two runs have decided otherwise');
    const of = (figure: (run: DetectRun) => number): number => median(runs.map(figure));
    report.heading(`detect-windows: ${runs[0]!.windows} windows of ${fleet.services} services`);
    report.figure(
      'detect-windows',
      'windows a second, a core',
      of(({ windows, cpuSeconds }) => windows / cpuSeconds),
      '1/s',
    );
    report.figure(
      'detect-windows',
      'peak memory',
      of(({ peak }) => peak / 1_048_576),
      'MiB',
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
