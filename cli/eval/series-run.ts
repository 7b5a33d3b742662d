/**
 * One series through the second half of `detect`: detectors, calibration, selection. The warm-up teaches calibration and
 * policy, as training does; then every row is scored causally, and the simulated operator answers.
 */
import { lastValueFrom, of } from 'rxjs';
import { U_MIN } from '../../models/calibration/defaults.js';
import type { Detector } from '../../models/detectors/detector.js';
import { artefactInForce, type ArtefactSet } from '../../operators/artefact.js';
import { calibrate } from '../../operators/calibrate.js';
import { compose } from '../../operators/compose.js';
import { score } from '../../operators/score.js';
import { select } from '../../operators/select.js';
import type { Operator } from '../../records/batch.js';
import type { Featured, Scored, ScoredRow } from '../../records/row.js';
import type { Decided, Selected } from '../../records/decided.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { TaskState } from '../../runtime/state.js';
import { broken } from './broken.js';
import { readPoints, type Points, type SeriesFile } from './points.js';
import { rowsOfSeries, seriesColumns, type SeriesRows } from './series-rows.js';
import { SeriesOperator } from './series-operator.js';

/** Id of the set that is trained from the warm-ups. */
const setId = 'eval';
/** Rows that are scored at once. */
const slice = 256;

export interface RunOptions {
  /** False alerts a week and series. */
  readonly budget: number;
  /** Alerts of a series that the operator answers, from the first on. */
  readonly verdicts: number;
  /** Detectors that are replaced by copies of themselves shifted in time. */
  readonly broken: number;
  readonly policy: 'mixture' | 'thompson' | 'default';
  /** Extra detectors that take part, and usual ones that do not. */
  readonly extra?: readonly string[];
  readonly without?: readonly string[];
}

/** Names on the command line, by commas. */
export const namesIn = (text = ''): string[] => text.split(',').filter(Boolean);

/** The scored part; `scores` rank, `u` is what is compared with the threshold, `mean` the mean of all detectors. */
export interface ScoredSeries {
  readonly name: string;
  /** All points of the file. */
  readonly lines: number;
  /** Index in the file of the first scored point. */
  readonly scoredFrom: number;
  readonly times: Float64Array;
  readonly scores: Float64Array;
  readonly u: Float64Array;
  readonly mean: Float64Array;
  readonly fired: Uint8Array;
  readonly asked: Uint8Array;
  readonly labels: Uint8Array;
}

export class SeriesRun {
  /** First row that is scored. */
  private readonly scoredFrom: number;

  private constructor(
    private readonly points: Points,
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
      sample.set(this.rows.vectorOf(warm[Math.floor((i * warm.length) / n)]), i * seriesColumns.length);
    }
    return sample;
  }

  /** Rows through detectors and calibration, `slice` of them at a time. */
  async *scored(detectors: readonly Detector[], brokenOnes = 0): AsyncGenerator<ScoredRow[]> {
    const { points, rows } = this;
    const set: ArtefactSet = { id: setId, detectors };
    const stores = await TaskState.restore(new MemoryBackend(), `score/${points.name}`, 1);
    artefactInForce(stores).put('', setId);
    const scoring = compose(
      score(stores, (id) => (id === setId ? set : undefined)),
      broken(brokenOnes),
      calibrate(stores, () => undefined),
    );
    for (let start = 0; start < rows.length; start += slice) {
      yield await scoredRows(scoring, rows, start, Math.min(rows.length, start + slice));
    }
    stores.close();
  }

  score(detectors: readonly Detector[], options: RunOptions): Promise<ScoredSeries> {
    return decideSeries(this.points, this.scored(detectors, options.broken), options);
  }
}

/** Selection over the scored rows of a series, with the operator who answers from its labels. */
export async function decideSeries(
  points: Points,
  scored: AsyncIterable<readonly ScoredRow[]>,
  { policy, budget, verdicts }: Pick<RunOptions, 'policy' | 'budget' | 'verdicts'>,
): Promise<ScoredSeries> {
  const stores = await TaskState.restore(new MemoryBackend(), `select/${points.name}`, 1);
  const selecting = select(stores, { policy, budget: () => budget, distance: () => 0 });
  const from = points.times[points.scoredFrom] ?? Number.POSITIVE_INFINITY;
  const result = new Result(points);
  const operator = new SeriesOperator(points, verdicts);
  for await (const rows of scored) {
    // What is answered takes effect at the next boundary, so that then each has to be decided by itself.
    const step = operator.answers ? 1 : slice;
    for (let at = 0; at < rows.length; at += step) {
      const items: Scored[] = [...operator.verdictsBefore(rows[at].row.subject.end), ...rows.slice(at, at + step)];
      decide(selecting, items, (decided) => {
        if (decided.decision.end <= from) return;
        result.add(decided);
        operator.see(decided);
      });
    }
  }
  stores.close();
  return result;
}

async function scoredRows(
  scoring: Operator<Featured, Scored>,
  rows: SeriesRows,
  start: number,
  end: number,
): Promise<ScoredRow[]> {
  const items = Array.from({ length: end - start }, (_, i) => rows.row(start + i));
  const { items: scored } = await lastValueFrom(of({ items, rejected: [] }).pipe(scoring));
  return scored.filter((item) => item.type === 'scored');
}

/** Selection works at once. */
function decide(
  selecting: Operator<Scored, Selected>,
  items: readonly Scored[],
  each: (decided: Decided) => void,
): void {
  of({ items, rejected: [] })
    .pipe(selecting)
    .subscribe((batch) => {
      for (const item of batch.items) if (item.type === 'decided') each(item);
    });
}

/** Decisions spread over the scored points. */
class Result implements ScoredSeries {
  readonly name: string;
  readonly lines: number;
  readonly scoredFrom: number;
  readonly times: Float64Array;
  readonly scores: Float64Array;
  readonly u: Float64Array;
  readonly mean: Float64Array;
  readonly fired: Uint8Array;
  readonly asked: Uint8Array;
  readonly labels: Uint8Array;
  private at = 0;
  private meanArm = -1;

  constructor({ name, lines, scoredFrom, times, labels }: Points) {
    this.name = name;
    this.lines = lines.length;
    this.scoredFrom = scoredFrom;
    this.times = times.slice(scoredFrom);
    this.labels = labels.slice(scoredFrom);
    this.scores = new Float64Array(this.times.length).fill(U_MIN);
    this.u = new Float64Array(this.times.length).fill(U_MIN);
    this.mean = new Float64Array(this.times.length).fill(U_MIN);
    this.fired = new Uint8Array(this.times.length);
    this.asked = new Uint8Array(this.times.length);
  }

  add({ decision, severity }: Decided): void {
    const { start, end, u, fired, asked, arms } = decision;
    if (this.meanArm < 0) this.meanArm = arms.findIndex(({ arm }) => arm === 'mean');
    const mean = arms[this.meanArm]?.u ?? U_MIN;
    while (this.at < this.times.length && this.times[this.at] < start) this.at++;
    for (let i = this.at; i < this.times.length && this.times[i] < end; i++) {
      this.scores[i] = severity;
      this.u[i] = u;
      this.mean[i] = mean;
      this.fired[i] = Number(fired);
      this.asked[i] = Number(asked);
    }
  }
}
