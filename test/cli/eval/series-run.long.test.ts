import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { averagePrecision, countEvents, eventRates } from '../../../cli/eval/events.js';
import { seriesColumns } from '../../../cli/eval/series-rows.js';
import { SeriesRun, type ScoredSeries } from '../../../cli/eval/series-run.js';
import { loadBuiltIn } from '../../../models/detectors/load.js';
import { trainEnsemble } from '../../../models/detectors/train.js';
import { Seeded } from '../../../models/detectors/seeded.js';

const step = 300;
const points = 2400;
const incidents = [1500, 1700, 1900, 2100, 2300];
const label = (i: number): boolean => incidents.some((at) => i >= at && i < at + 6);

/** A series with a daily season, noise, and five incidents in its second half. */
async function series(flipped: boolean): Promise<string> {
  const chance = new Seeded(7);
  const lines = Array.from({ length: points }, (_, i) => {
    const hour = ((i * step) / 3600) % 24;
    const noise = chance.uniform() + chance.uniform() + chance.uniform() - 1.5;
    const value = 100 + 5 * Math.abs(12 - hour) + 4 * noise + (label(i) ? 60 : 0);
    return `${1_700_006_400 + i * step},${value},${Number(label(i) !== flipped)},${i < points / 2 ? 'train' : 'test'}`;
  });
  const path = join(await mkdtemp(join(tmpdir(), 'series-')), 'one.csv.gz');
  await writeFile(path, gzipSync(['timestamp,value,label,split', ...lines].join('\n')));
  return path;
}

async function scored(path: string): Promise<ScoredSeries> {
  const run = await SeriesRun.open({ name: 'one', path, kind: 'kpi', size: 1 });
  const data = run.sample(1000);
  const columns = seriesColumns.length;
  const matrix = { rows: data.length / columns, columns, data };
  const models = trainEnsemble({ schema: 'series-1', columns: seriesColumns, matrix, seed: 1, from: 0, to: 0 });
  const detectors = await Promise.all(models.map(async ({ bytes }) => (await loadBuiltIn(bytes))!));
  const result = await run.score(detectors, { budget: 3, verdicts: 0, broken: 0, policy: 'mixture' });
  await Promise.all(detectors.map((detector) => detector.close()));
  return result;
}

test('labels change nothing in what is decided without verdicts, and incidents are found', async () => {
  const [right, flipped] = [await scored(await series(false)), await scored(await series(true))];
  expect(flipped.labels).not.toEqual(right.labels);
  for (const part of ['scores', 'u', 'mean', 'fired', 'asked'] as const) expect(flipped[part]).toEqual(right[part]);
  expect(eventRates([countEvents(right)]).f1).toBeGreaterThan(0.7);
  expect(averagePrecision(right.scores, right.labels)).toBeGreaterThan(0.5);
}, 120_000);
