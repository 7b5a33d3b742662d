/** Runs some of the series in a thread: reads all of them, is given the detectors, and decides one after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadDetector } from '../../models/detectors/load.js';
import type { SeriesFile } from './points.js';
import { decideSeries, type ScoredSeries, type Setting } from './series-decide.js';
import { seriesColumns, seriesSchema } from './series-rows.js';
import { SeriesRun } from './series-run.js';

export interface SeriesJob {
  readonly files: readonly SeriesFile[];
  /** Rows of each series that the detectors are trained on. */
  readonly rows: number;
  readonly settings: readonly Setting[];
}

export type FromSeriesWorker =
  | { readonly rows: Float64Array[] }
  /** A series, by the place of its file, decided in one of the settings. */
  | { readonly file: number; readonly setting: number; readonly scored: ScoredSeries };
/** Files of the trained detectors. */
export type ToSeriesWorker = readonly Uint8Array[];

const { files, rows, settings } = workerData as SeriesJob;
const port = parentPort!;
const send = (message: FromSeriesWorker): void => port.postMessage(message);

const given = new Promise<ToSeriesWorker>((resolve) => port.once('message', resolve));
const all: SeriesRun[] = [];
for (const file of files) all.push(await SeriesRun.open(file));
send({ rows: all.map((run) => run.sample(rows)) });
const expected = { schema: seriesSchema.id, columns: seriesColumns };
const detectors = await Promise.all((await given).map((file) => loadDetector(file, expected)));
let file = 0;
for (let run = all.shift(); run; run = all.shift(), file++) {
  const scores = await run.score(detectors);
  for (const [i, setting] of settings.entries())
    send({ file, setting: i, scored: await decideSeries(run.points, scores.scored(), setting) });
}
