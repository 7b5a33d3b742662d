/** The simulated operator of a series: answers what the product asks, when it is over, from the labels. */
import { EPISODE_CUT_MS, EPISODE_GAP_MS } from '../../models/calibration/defaults.js';
import type { Decided } from '../../records/decided.js';
import type { EffectiveVerdict } from '../../records/window.js';
import type { Points } from './points.js';

interface OpenAlert {
  readonly from: number;
  to: number;
  /** Its window of the highest u, which the verdict is about. */
  worst: Decided;
}

export class SeriesOperator {
  private given = 0;
  private open: OpenAlert | undefined;
  private readonly waiting: EffectiveVerdict[] = [];

  /** @param most alerts and questions that are answered, from the first on */
  constructor(
    private readonly points: Points,
    private readonly most: number,
  ) {}

  /** Whether it answers at all, now or later. */
  get answers(): boolean {
    return this.given < this.most || this.waiting.length > 0;
  }

  /** Takes note of a decision: alerts are those of the protocol, ten minutes apart and cut after an hour. */
  see(decided: Decided): void {
    if (this.given >= this.most) return;
    const { start, end, fired, asked } = decided.decision;
    const { open } = this;
    if (open && (end - open.to > EPISODE_GAP_MS || end - open.from >= EPISODE_CUT_MS)) this.close(open);
    if (asked) this.answer(decided, start, end);
    if (!fired) return;
    if (!this.open) this.open = { from: start, to: end, worst: decided };
    else {
      this.open.to = end;
      if (decided.decision.u > this.open.worst.decision.u) this.open.worst = decided;
    }
  }

  /** Verdicts that take effect before the window that ends at `end`. */
  verdictsBefore(end: number): EffectiveVerdict[] {
    if (this.open && end - this.open.to > EPISODE_GAP_MS) this.close(this.open);
    return this.waiting.splice(0);
  }

  private close({ from, to, worst }: OpenAlert): void {
    this.open = undefined;
    this.answer(worst, from, to);
  }

  /** True where a labelled point lies within. */
  private answer({ context }: Decided, from: number, to: number): void {
    if (this.given >= this.most) return;
    this.given++;
    const { times, labels } = this.points;
    let at = lowerBound(times, from);
    while (at < times.length && times[at]! < to && !labels[at]) at++;
    const truth = at < times.length && times[at]! < to;
    this.waiting.push({
      type: 'verdict',
      revoked: false,
      verdict: {
        id: `${context.entity} ${from}`,
        alert: `${from}`,
        value: truth ? 'anomaly' : 'not-anomaly',
        by: 'labels',
        at: to,
        context,
      },
    });
  }
}

/** Index of the first time at or after `time`. */
function lowerBound(times: Float64Array, time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
