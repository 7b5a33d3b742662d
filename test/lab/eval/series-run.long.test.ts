import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { averagePrecision, countEvents, eventRates } from '../../../lab/eval/events.js';
import { seriesColumns } from '../../../lab/eval/series-rows.js';
import { decideSeries, type ScoredSeries } from '../../../lab/eval/series-decide.js';
import { SeriesRun } from '../../../lab/eval/series-run.js';
import { loadBuiltIn } from '../../../models/detectors/load.js';
import { trainEnsemble } from '../../../models/detectors/train.js';
import { writeSeries } from '../../builders/benchmark-series.js';

async function scored(path: string): Promise<ScoredSeries> {
  const run = await SeriesRun.open({ name: 'one', path, kind: 'kpi', size: 1 });
  const data = run.sample(1000);
  const columns = seriesColumns.length;
  const matrix = { rows: data.length / columns, columns, data };
  const models = trainEnsemble({ schema: 'series-1', columns: seriesColumns, matrix, seed: 1, from: 0, to: 0 });
  const detectors = await Promise.all(models.map(async ({ bytes }) => (await loadBuiltIn(bytes))!));
  const scores = await run.score(detectors);
  const setting = { budget: 3, verdicts: 0, broken: 0, policy: 'mixture' } as const;
  const result = await decideSeries(run.points, scores.scored(), setting);
  await Promise.all(detectors.map((detector) => detector.close()));
  return result;
}

test('labels change nothing in what is decided without verdicts, and incidents are found', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'series-'));
  const right = await scored(writeSeries(folder, 'right'));
  const flipped = await scored(writeSeries(folder, 'flipped', { flipped: true }));
  expect(flipped.labels).not.toEqual(right.labels);
  for (const part of ['scores', 'u', 'mean', 'fired', 'asked'] as const) expect(flipped[part]).toEqual(right[part]);
  expect(eventRates([countEvents(right)]).f1).toBeGreaterThan(0.7);
  expect(averagePrecision(right.scores, right.labels)).toBeGreaterThan(0.5);
  await rm(folder, { recursive: true });
}, 120_000);
