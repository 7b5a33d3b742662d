/** Runs some of the series in a thread: reads all of them, is given the detectors, and scores one after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadDetector } from '../../models/detectors/load.js';
import type { SeriesFile } from './points.js';
import { seriesColumns, seriesSchema } from './series-rows.js';
import { SeriesRun, type RunOptions, type ScoredSeries } from './series-run.js';

export interface SeriesJob {
  readonly files: readonly SeriesFile[];
  /** Rows of each series that the detectors are trained on. */
  readonly rows: number;
  readonly options: RunOptions;
}

export type FromSeriesWorker = { readonly rows: Float64Array[] } | { readonly scored: ScoredSeries };
/** Files of the trained detectors. */
export type ToSeriesWorker = readonly Uint8Array[];

const { files, rows, options } = workerData as SeriesJob;
const port = parentPort!;
const send = (message: FromSeriesWorker): void => port.postMessage(message);

const given = new Promise<ToSeriesWorker>((resolve) => port.once('message', resolve));
const all: SeriesRun[] = [];
for (const file of files) all.push(await SeriesRun.open(file));
send({ rows: all.map((run) => run.sample(rows)) });
const expected = { schema: seriesSchema.id, columns: seriesColumns };
const detectors = await Promise.all((await given).map((file) => loadDetector(file, expected)));
for (let run = all.shift(); run; run = all.shift()) send({ scored: await run.score(detectors, options) });
