/** Scores series in threads: one set of detectors from the warm-ups of all, then each series by itself. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { compiled } from '../../models/onnx/compiled.js';
import type { SeriesFile } from './points.js';
import type { RunOptions, ScoredSeries } from './series-run.js';
import { trainSeries, trainingRows } from './series-train.js';
import type { FromSeriesWorker, SeriesJob, ToSeriesWorker } from './series-worker.js';

const mostThreads = 8;

/** Series spread over threads, the largest first; results by name. */
export async function scoreSeries(files: readonly SeriesFile[], options: RunOptions): Promise<ScoredSeries[]> {
  const sorted = [...files].sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
  const shares = Array.from({ length: Math.min(files.length, availableParallelism(), mostThreads) }, () => ({
    files: [] as SeriesFile[],
    size: 0,
  }));
  for (const file of sorted) {
    const least = shares.reduce((a, b) => (b.size < a.size ? b : a));
    least.files.push(file);
    least.size += file.size;
  }
  const rows = trainingRows(files.length);
  const threads = shares.map((share) => new SeriesThread({ files: share.files, rows, options }));
  try {
    const samples = await Promise.all(threads.map((thread) => thread.warm));
    // In the order of names, so that the detectors do not depend on how many threads there are.
    const named = shares.flatMap((share, i) => share.files.map(({ name }, k) => ({ name, rows: samples[i][k] })));
    const trained = trainSeries(
      named.sort((a, b) => (a.name < b.name ? -1 : 1)).map((one) => one.rows),
      options,
    );
    const scored = (await Promise.all(threads.map((thread) => thread.score(trained)))).flat();
    return scored.sort((a, b) => (a.name < b.name ? -1 : 1));
  } finally {
    await Promise.all(threads.map((thread) => thread.close()));
  }
}

/** A thread and its series. */
class SeriesThread {
  private readonly worker: Worker;
  /** Feature rows of its series. */
  readonly warm: Promise<Float64Array[]>;
  private readonly done: Promise<ScoredSeries[]>;

  constructor(job: SeriesJob) {
    this.worker = new Worker(compiled(import.meta.url, 'series-worker.js'), {
      workerData: job,
      // Rows and decisions die young, by the million.
      resourceLimits: { maxYoungGenerationSizeMb: 128 },
    });
    const scored: ScoredSeries[] = [];
    const failed = new Promise<never>((_, reject) => this.worker.once('error', reject));
    this.warm = Promise.race([
      failed,
      new Promise<Float64Array[]>((resolve) =>
        this.worker.on('message', (message: FromSeriesWorker) => {
          if ('rows' in message) resolve(message.rows);
        }),
      ),
    ]);
    this.done = Promise.race([
      failed,
      new Promise<ScoredSeries[]>((resolve) =>
        this.worker.on('message', (message: FromSeriesWorker) => {
          if (!('scored' in message)) return;
          scored.push(message.scored);
          if (scored.length === job.files.length) resolve(scored);
        }),
      ),
    ]);
    // Whoever awaits them is told; until then a failure is not unhandled.
    this.warm.catch(() => undefined);
    this.done.catch(() => undefined);
  }

  score(files: ToSeriesWorker): Promise<ScoredSeries[]> {
    this.worker.postMessage(files);
    return this.done;
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
