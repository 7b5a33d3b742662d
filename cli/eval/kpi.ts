/**
 * Protocol `kpi`: series of the AIOPS 2018 challenge, label-free. The train part of all series trains one set of
 * detectors and each series' calibration; the test part is scored causally, with no verdict. Labels are read by the
 * scorer only.
 */
import { readdir, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { trainEnsemble } from '../../models/detectors/train.js';
import { compiled } from '../../models/onnx/compiled.js';
import { BUDGET_A_WEEK } from '../../models/policies/defaults.js';
import { averagePrecision, countEvents, eventRates } from './events.js';
import { seriesSchema, type ScoredSeries } from './kpi-series.js';
import type { FromKpiWorker, KpiJob, ToKpiWorker } from './kpi-worker.js';
import { UserError } from '../exit-codes.js';
import { round, writeCsv, type EvalResult } from './result.js';

/** Rows that the detectors are trained on, over all series. */
const trainingRows = 50_000;
const seed = 1;
const suffix = '.csv.gz';

/**
 * Scores the benchmark.
 *
 * @param dir - folder with a `KPI.csv.gz` a series
 * @param out - folder for `KPI.csv`, `timestamp,score,p,fired,asked` of the test part, timestamps in seconds
 */
export async function evalKpi(dir: string, out?: string, budget: number = BUDGET_A_WEEK): Promise<EvalResult> {
  const began = performance.now();
  const names = (await readdir(dir)).filter((name) => name.endsWith(suffix)).sort();
  if (names.length === 0)
    throw new UserError(`there is no KPI${suffix} in ${dir}: give the folder of the data with --dir`);
  const scored = await scoreAll(
    names.map((name) => join(dir, name)),
    budget,
  );
  const seconds = (performance.now() - began) / 1000;
  const counts = scored.map(countEvents);
  const precisions = scored.map(({ scores, labels }) => averagePrecision(scores, labels));
  if (out !== undefined) for (const series of scored) await writeSeries(out, series);
  const sum = (of: (series: ScoredSeries) => number): number => scored.reduce((total, series) => total + of(series), 0);
  const parts = scored.map(
    ({ name, times }, i) =>
      [
        name,
        {
          ...eventRates([counts[i]]),
          averagePrecision: precisions[i],
          alertsAWeek: counts[i].alerts / weeksOf(times),
          falseAlertsAWeek: counts[i].falseAlerts / weeksOf(times),
        },
      ] as const,
  );
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const weeks = sum(({ times }) => weeksOf(times));
  return {
    benchmark: 'kpi',
    overall: {
      ...eventRates(counts),
      averagePrecision: mean(precisions),
      alertsAWeek: counts.reduce((n, { alerts }) => n + alerts, 0) / weeks,
      falseAlertsAWeek: counts.reduce((n, { falseAlerts }) => n + falseAlerts, 0) / weeks,
    },
    parts: {
      'mean of series': {
        precision: mean(parts.map(([, { precision }]) => precision)),
        recall: mean(parts.map(([, { recall }]) => recall)),
        f1: mean(parts.map(([, { f1 }]) => f1)),
      },
      ...Object.fromEntries(parts),
    },
    counts: {
      series: scored.length,
      points: sum(({ times }) => times.length),
      segments: counts.reduce((n, { segments }) => n + segments, 0),
    },
    seconds,
    linesPerSecond: sum(({ lines }) => lines) / seconds,
  };
}

const weeksOf = (times: Float64Array): number => Math.max(1, times[times.length - 1] - times[0]) / (7 * 86_400_000);

/** Series spread over threads, the largest first; results in the order of the paths' names. */
async function scoreAll(paths: readonly string[], budget: number): Promise<ScoredSeries[]> {
  const sized = await Promise.all(paths.map(async (path) => ({ path, size: (await stat(path)).size })));
  sized.sort((a, b) => b.size - a.size || (a.path < b.path ? -1 : 1));
  const shares = Array.from({ length: Math.min(paths.length, availableParallelism(), 8) }, () => ({
    paths: [] as string[],
    size: 0,
  }));
  for (const { path, size } of sized) {
    const least = shares.reduce((a, b) => (b.size < a.size ? b : a));
    least.paths.push(path);
    least.size += size;
  }
  const rows = Math.ceil(trainingRows / paths.length);
  const threads = shares.map((share) => new KpiThread({ paths: share.paths, budget, rows }));
  try {
    const samples = (await Promise.all(threads.map((thread) => thread.warm))).flat();
    const files = train(samples);
    return (await Promise.all(threads.map((thread) => thread.score(files))))
      .flat()
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } finally {
    await Promise.all(threads.map((thread) => thread.close()));
  }
}

function train(samples: readonly Float64Array[]): Uint8Array[] {
  const columns = seriesSchema.columns.map(({ name }) => name);
  const data = new Float64Array(samples.reduce((n, { length }) => n + length, 0));
  let at = 0;
  for (const sample of samples) {
    data.set(sample, at);
    at += sample.length;
  }
  const matrix = { rows: data.length / columns.length, columns: columns.length, data };
  return trainEnsemble({ schema: seriesSchema.id, columns, matrix, seed, from: 0, to: 0 }).map(({ bytes }) => bytes);
}

/** A thread and its series. */
class KpiThread {
  private readonly worker: Worker;
  /** Feature rows of its series. */
  readonly warm: Promise<Float64Array[]>;
  private readonly done: Promise<ScoredSeries[]>;

  constructor(job: KpiJob) {
    this.worker = new Worker(compiled(import.meta.url, 'kpi-worker.js'), { workerData: job });
    const scored: ScoredSeries[] = [];
    const failed = new Promise<never>((_, reject) => this.worker.once('error', reject));
    this.warm = Promise.race([
      failed,
      new Promise<Float64Array[]>((resolve) =>
        this.worker.on('message', (message: FromKpiWorker) => {
          if ('rows' in message) resolve(message.rows);
        }),
      ),
    ]);
    this.done = Promise.race([
      failed,
      new Promise<ScoredSeries[]>((resolve) =>
        this.worker.on('message', (message: FromKpiWorker) => {
          if (!('scored' in message)) return;
          scored.push(message.scored);
          if (scored.length === job.paths.length) resolve(scored);
        }),
      ),
    ]);
    // Whoever awaits them is told; until then a failure is not unhandled.
    this.warm.catch(() => undefined);
    this.done.catch(() => undefined);
  }

  score(files: ToKpiWorker): Promise<ScoredSeries[]> {
    this.worker.postMessage(files);
    return this.done;
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}

async function writeSeries(out: string, { name, times, scores, u, fired, asked }: ScoredSeries): Promise<void> {
  const rows = Array.from(times, (time, i) => [
    time / 1000,
    scores[i],
    // The chance of an episode as rare in a week.
    round(1 - Math.exp(-(10 ** -u[i])), 6),
    fired[i],
    asked[i],
  ]);
  await writeCsv(out, `${name}.csv`, ['timestamp', 'score', 'p', 'fired', 'asked'], rows);
}
