/** The detectors of an evaluation, trained on the warm-ups of all series. */
import { trainEnsemble } from '../../models/detectors/train.js';
import { seriesColumns, seriesSchema } from './series-rows.js';

/** Which detectors take part, by their names. */
export interface Detectors {
  /** Beside the usual ones. */
  readonly extra?: readonly string[] | undefined;
  /** Usual ones that do not. */
  readonly without?: readonly string[];
}

/** Rows that the detectors are trained on, over all series. */
const allRows = 50_000;
const seed = 1;

/** Rows of each of so many series that the detectors are trained on. */
export const trainingRows = (series: number): number => Math.ceil(allRows / series);

/**
 * One set of detectors for all series.
 *
 * @param samples - feature rows of each series, in the order of names
 * @returns their files
 */
export function trainSeries(samples: readonly Float64Array[], { extra, without }: Detectors = {}): Uint8Array[] {
  const data = new Float64Array(samples.reduce((n, { length }) => n + length, 0));
  let at = 0;
  for (const sample of samples) {
    data.set(sample, at);
    at += sample.length;
  }
  const columns = seriesColumns;
  const matrix = { rows: data.length / columns.length, columns: columns.length, data };
  return trainEnsemble({ schema: seriesSchema.id, columns, matrix, seed, from: 0, to: 0, extra, without }).map(
    ({ bytes }) => bytes,
  );
}
