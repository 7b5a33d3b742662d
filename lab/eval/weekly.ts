/** What alerts cost a week: whether a budget was kept. */
import { WEEK_MS } from '../../models/calibration/defaults.js';

/** The false alerts of one series, and for how long it was watched. */
export interface Spent {
  readonly falseAlerts: number;
  readonly weeks: number;
}

export const weeksOf = (times: ArrayLike<number>): number =>
  Math.max(1, times[times.length - 1]! - times[0]!) / WEEK_MS;

/** False alerts a week: of all series together, and over the series. */
export function falseAlertsAWeek(series: readonly Spent[]): Readonly<Record<'mean' | 'median' | 'p90', number>> {
  const sum = (of: (one: Spent) => number): number => series.reduce((total, one) => total + of(one), 0);
  const each = series.map(({ falseAlerts, weeks }) => falseAlerts / weeks).sort((a, b) => a - b);
  return {
    mean: sum(({ falseAlerts }) => falseAlerts) / sum(({ weeks }) => weeks),
    median: quantile(each, 0.5),
    p90: quantile(each, 0.9),
  };
}

/** Lower neighbour at a fraction of ascending values. */
const quantile = (ascending: readonly number[], fraction: number): number =>
  ascending[Math.min(ascending.length - 1, Math.floor(fraction * ascending.length))]!;
