/**
 * The last part of `detect` over the scored rows of a series: calibration, then selection, with the simulated operator who
 * answers. The warm-up teaches both, as training does; then every row is decided causally.
 */
import { of, pipe } from 'rxjs';
import { U_MIN } from '../../models/calibration/defaults.js';
import { calibrate } from '../../operators/calibrate.js';
import { select } from '../../operators/select.js';
import type { Operator } from '../../records/batch.js';
import type { Decided, DecidedRecord } from '../../records/decided.js';
import type { ScoredRecord, ScoredRow } from '../../records/row.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { TaskState } from '../../runtime/state.js';
import { broken } from './broken.js';
import type { Points } from './points.js';
import { SeriesOperator } from './series-operator.js';

/** How a series is decided. */
export interface Setting {
  /** False alerts a week and series. */
  readonly budget: number;
  /** Alerts of a series that the operator answers, from the first on. */
  readonly verdicts: number;
  /** Detectors that are replaced by copies of themselves shifted in time. */
  readonly broken: number;
  readonly policy: 'mixture' | 'thompson' | 'default';
}

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

/** Calibration and selection over the scored rows of a series, with the operator who answers from its labels. */
export async function decideSeries(
  points: Points,
  scored: Iterable<readonly ScoredRow[]>,
  { policy, budget, verdicts, broken: brokenOnes }: Setting,
): Promise<ScoredSeries> {
  const stores = await TaskState.restore(new MemoryBackend(), `decide/${points.name}`, 1);
  const deciding = pipe(
    broken(brokenOnes),
    calibrate(stores, () => undefined),
    select(stores, { policy, budget: () => budget, distance: () => 0 }),
  );
  const from = points.times[points.scoredFrom] ?? Number.POSITIVE_INFINITY;
  const spread = new Spread(points);
  const operator = new SeriesOperator(points, verdicts);
  for (const rows of scored) {
    // What is answered takes effect at the next boundary, so that then each has to be decided by itself.
    const step = operator.answers ? 1 : rows.length;
    for (let at = 0; at < rows.length; at += step) {
      const items: ScoredRecord[] = [
        ...operator.verdictsBefore(rows[at]!.row.subject.end),
        ...rows.slice(at, at + step),
      ];
      decide(deciding, items, (decided) => {
        if (decided.decision.end <= from) return;
        spread.add(decided);
        operator.see(decided);
      });
    }
  }
  stores.close();
  return spread.series;
}

/** Calibration and selection work at once. */
function decide(
  deciding: Operator<ScoredRecord, DecidedRecord>,
  items: readonly ScoredRecord[],
  each: (decided: Decided) => void,
): void {
  of({ items, rejected: [] })
    .pipe(deciding)
    .subscribe((batch) => {
      for (const item of batch.items) if (item.type === 'decided') each(item);
    });
}

/** Decisions spread over the scored points. */
class Spread {
  readonly series: ScoredSeries;
  private at = 0;
  private meanArm = -1;

  constructor({ name, lines, scoredFrom, times, labels }: Points) {
    const length = times.length - scoredFrom;
    this.series = {
      name,
      lines: lines.length,
      scoredFrom,
      times: times.slice(scoredFrom),
      labels: labels.slice(scoredFrom),
      scores: new Float64Array(length).fill(U_MIN),
      u: new Float64Array(length).fill(U_MIN),
      mean: new Float64Array(length).fill(U_MIN),
      fired: new Uint8Array(length),
      asked: new Uint8Array(length),
    };
  }

  add({ decision, severity }: Decided): void {
    const { start, end, u, fired, asked, arms } = decision;
    if (this.meanArm < 0) this.meanArm = arms.findIndex(({ arm }) => arm === 'mean');
    const { times, ...to } = this.series;
    while (this.at < times.length && times[this.at]! < start) this.at++;
    for (let i = this.at; i < times.length && times[i]! < end; i++) {
      to.scores[i] = severity;
      to.u[i] = u;
      to.mean[i] = arms[this.meanArm]?.u ?? U_MIN;
      to.fired[i] = Number(fired);
      to.asked[i] = Number(asked);
    }
  }
}
