/** Runs some of the series in a thread: warms all of them up, is given the detectors, and scores one after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadDetector } from '../../models/detectors/load.js';
import { KpiSeries, seriesSchema, type ScoredSeries } from './kpi-series.js';

export interface KpiJob {
  readonly paths: readonly string[];
  /** False alerts a week and series. */
  readonly budget: number;
  /** Rows of each series that the detectors are trained on. */
  readonly rows: number;
}

export type FromKpiWorker = { readonly rows: Float64Array[] } | { readonly scored: ScoredSeries };
/** Files of the trained detectors. */
export type ToKpiWorker = readonly Uint8Array[];

const { paths, budget, rows } = workerData as KpiJob;
const port = parentPort!;
const send = (message: FromKpiWorker): void => port.postMessage(message);

const given = new Promise<ToKpiWorker>((resolve) => port.once('message', resolve));
const all: KpiSeries[] = [];
const samples: Float64Array[] = [];
for (const path of paths) {
  const series = await KpiSeries.open(path, budget);
  samples.push(await series.warmUp(rows));
  all.push(series);
}
send({ rows: samples });
const expected = { schema: seriesSchema.id, columns: seriesSchema.columns.map(({ name }) => name) };
const detectors = await Promise.all((await given).map((file) => loadDetector(file, expected)));
for (const series of all) send({ scored: await series.score(detectors) });
