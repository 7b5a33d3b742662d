/** Scores series in threads: one set of detectors from the warm-ups of all, then each series by itself. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { compiled } from '../../models/onnx/compiled.js';
import type { SeriesFile } from './points.js';
import type { ScoredSeries, Setting } from './series-decide.js';
import { trainSeries, trainingRows, type Detectors } from './series-train.js';
import type { FromSeriesWorker, SeriesJob, ToSeriesWorker } from './series-worker.js';
import { evaluated } from './progress.js';

const maxThreads = 8;

/**
 * Every series in every setting, spread over threads, the largest first; the detectors score each series once.
 *
 * @param files - in the order of their names
 * @param take - what is kept of a series that was decided; it is called as they come
 * @returns what was kept, by setting and file
 */
export async function decideAll<T>(
  files: readonly SeriesFile[],
  detectors: Detectors,
  settings: readonly Setting[],
  take: (scored: ScoredSeries) => T,
): Promise<T[][]> {
  const order = files.map((_, i) => i).sort((a, b) => files[b]!.size - files[a]!.size || a - b);
  const shares = Array.from({ length: Math.min(files.length, availableParallelism(), maxThreads) }, () => ({
    places: [] as number[],
    size: 0,
  }));
  for (const place of order) {
    const least = shares.reduce((a, b) => (b.size < a.size ? b : a));
    least.places.push(place);
    least.size += files[place]!.size;
  }
  const rows = trainingRows(files.length);
  const kept = settings.map(() => new Array<T>(files.length));
  evaluated.expect(files.length * settings.length);
  const threads = shares.map(
    ({ places }) =>
      new SeriesThread({ files: places.map((place) => files[place]!), rows, settings }, (file, setting, scored) => {
        kept[setting]![places[file]!] = take(scored);
        evaluated.step();
      }),
  );
  try {
    const warm = await Promise.all(threads.map((thread) => thread.warm));
    // In the order of names, so that the detectors do not depend on how many threads there are.
    const samples = new Array<Float64Array>(files.length);
    shares.forEach(({ places }, i) => places.forEach((place, k) => (samples[place] = warm[i]![k]!)));
    const trained = trainSeries(samples, detectors);
    await Promise.all(threads.map((thread) => thread.decide(trained)));
    return kept;
  } finally {
    await Promise.all(threads.map((thread) => thread.close()));
  }
}

/** A thread and its series. */
class SeriesThread {
  private readonly worker: Worker;
  /** Feature rows of its series. */
  readonly warm: Promise<Float64Array[]>;
  private readonly done: Promise<void>;

  constructor(job: SeriesJob, take: (file: number, setting: number, scored: ScoredSeries) => void) {
    this.worker = new Worker(compiled(import.meta.url, 'series-worker.js'), {
      workerData: job,
      // Rows and decisions die young, by the million.
      resourceLimits: { maxYoungGenerationSizeMb: 128 },
    });
    const failed = new Promise<never>((_, reject) => this.worker.once('error', reject));
    this.warm = Promise.race([
      failed,
      new Promise<Float64Array[]>((resolve) =>
        this.worker.on('message', (message: FromSeriesWorker) => {
          if ('rows' in message) resolve(message.rows);
        }),
      ),
    ]);
    let left = job.files.length * job.settings.length;
    this.done = Promise.race([
      failed,
      new Promise<void>((resolve) =>
        this.worker.on('message', (message: FromSeriesWorker) => {
          if ('rows' in message) return;
          take(message.file, message.setting, message.scored);
          if (--left === 0) resolve();
        }),
      ),
    ]);
    // Whoever awaits them is told; until then a failure is not unhandled.
    this.warm.catch(() => undefined);
    this.done.catch(() => undefined);
  }

  decide(files: ToSeriesWorker): Promise<void> {
    this.worker.postMessage(files);
    return this.done;
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
