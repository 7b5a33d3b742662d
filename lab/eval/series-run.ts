/** One series through `detect` up to its detectors: once for all settings in which it is decided. */
import { lastValueFrom, of } from 'rxjs';
import type { Detector } from '../../models/detectors/detector.js';
import { artefactInForce, type ModelsInForce } from '../../operators/artefact.js';
import { score } from '../../operators/score.js';
import type { ScoredRow } from '../../records/row.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { TaskState } from '../../runtime/state.js';
import { readPoints, type Points, type SeriesFile } from './points.js';
import { rowsOfSeries, seriesColumns, type SeriesRows } from './series-rows.js';

/** Id of the set that is trained from the warm-ups. */
const setId = 'eval';
/** Rows that are scored at once. */
const slice = 256;

export class SeriesRun {
  /** First row that is scored. */
  private readonly scoredFrom: number;

  private constructor(
    readonly points: Points,
    private readonly rows: SeriesRows,
  ) {
    const time = points.times[points.scoredFrom] ?? Number.POSITIVE_INFINITY;
    this.scoredFrom = 0;
    while (this.scoredFrom < rows.length && rows.endOf(this.scoredFrom) <= time) this.scoredFrom++;
  }

  static async open(file: SeriesFile): Promise<SeriesRun> {
    const points = await readPoints(file);
    const stores = await TaskState.restore(new MemoryBackend(), `features/${points.name}`, 1);
    const rows = await rowsOfSeries(points, stores);
    stores.close();
    return new SeriesRun(points, rows);
  }

  /** At most `most` warm feature rows of the warm-up, evenly spread. */
  sample(most: number): Float64Array {
    const warm: number[] = [];
    for (let i = 0; i < this.scoredFrom; i++) if (this.rows.isWarm(i)) warm.push(i);
    const n = Math.min(most, warm.length);
    const sample = new Float64Array(n * seriesColumns.length);
    for (let i = 0; i < n; i++) {
      sample.set(this.rows.vectorOf(warm[Math.floor((i * warm.length) / n)]!), i * seriesColumns.length);
    }
    return sample;
  }

  /** All rows through the detectors, `slice` of them at a time. */
  async score(detectors: readonly Detector[]): Promise<SeriesScores> {
    const { points, rows } = this;
    const set: ModelsInForce = { id: setId, detectors };
    const stores = await TaskState.restore(new MemoryBackend(), `score/${points.name}`, 1);
    artefactInForce(stores).put('', setId);
    const scoring = score(stores, (id) => (id === setId ? set : undefined));
    const names = detectors.map(({ card }) => card.name);
    const values = new Float64Array(rows.length * names.length);
    let at = 0;
    for (let start = 0; start < rows.length; start += slice) {
      const items = Array.from({ length: Math.min(slice, rows.length - start) }, (_, i) => rows.row(start + i));
      const batch = await lastValueFrom(of({ items, rejected: [] }).pipe(scoring));
      for (const item of batch.items)
        if (item.type === 'scored') for (const { score: value } of item.scores) values[at++] = value;
    }
    stores.close();
    return new SeriesScores(rows, names, values);
  }
}

/** What the detectors said of every row; kept as columns, since a series has hundreds of thousands. */
export class SeriesScores {
  constructor(
    private readonly rows: SeriesRows,
    private readonly detectors: readonly string[],
    private readonly values: Float64Array,
  ) {}

  /** The rows as they enter calibration, in slices; new ones for each caller. */
  *scored(): Generator<ScoredRow[]> {
    for (let start = 0; start < this.rows.length; start += slice)
      yield Array.from({ length: Math.min(slice, this.rows.length - start) }, (_, i) => this.row(start + i));
  }

  private row(i: number): ScoredRow {
    const { rows, detectors, values } = this;
    const scores = detectors.map((detector, k) => ({ detector, score: values[i * detectors.length + k]!, u: 0 }));
    return { type: 'scored', row: rows.row(i), artefact: setId, scores, confidence: 0 };
  }
}
