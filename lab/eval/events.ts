/**
 * Scoring of detections on a series: average precision over points, and F1 over events. Plain point-adjusted F1 is not
 * used: random scores reach .54 to .96 with it (Kim et al., AAAI 2022).
 */
import { EPISODE_CUT_MS, EPISODE_GAP_MS } from '../../models/calibration/defaults.js';

/** The points of one series in order of time. */
export interface ScoredPoints {
  /** ms since 1970, ascending. */
  readonly times: ArrayLike<number>;
  readonly labels: ArrayLike<boolean | number>;
  readonly fired: ArrayLike<boolean | number>;
}

/** From the first to the last of its firing points, ms, both included. */
export interface Alert {
  readonly from: number;
  readonly to: number;
}

/** A run of labelled points, by index, both included. */
export interface Segment {
  readonly first: number;
  readonly last: number;
}

export interface EventCounts {
  readonly segments: number;
  readonly found: number;
  readonly alerts: number;
  /** Alerts that meet no segment. */
  readonly falseAlerts: number;
}

/** A segment is found up to so many steps after its start. */
const maxDelay = 7;

/** Firing points at most ten minutes apart are one alert; it is cut when it has lasted an hour. */
export function alertsOf({ times, fired }: Pick<ScoredPoints, 'times' | 'fired'>): Alert[] {
  const alerts: { from: number; to: number }[] = [];
  for (let i = 0; i < times.length; i++) {
    if (!fired[i]) continue;
    const last = alerts.at(-1);
    const goesOn = last && times[i]! - last.to <= EPISODE_GAP_MS && times[i]! - last.from < EPISODE_CUT_MS;
    if (goesOn) last.to = times[i]!;
    else alerts.push({ from: times[i]!, to: times[i]! });
  }
  return alerts;
}

/** Runs of labelled points. */
export function segmentsOf(labels: ArrayLike<boolean | number>): Segment[] {
  const segments: { first: number; last: number }[] = [];
  for (let i = 0; i < labels.length; i++) {
    if (!labels[i]) continue;
    const open = segments.at(-1);
    if (open?.last === i - 1) open.last = i;
    else segments.push({ first: i, last: i });
  }
  return segments;
}

/**
 * Counts events. A segment is found where an alert covers one of its points no later than 7 steps after its start; an
 * alert that meets no segment is false. One that meets a segment too late is neither.
 */
export function countEvents({ times, labels, fired }: ScoredPoints): EventCounts {
  const alerts = alertsOf({ times, fired });
  const segments = segmentsOf(labels);
  const meets = ({ from, to }: Alert, first: number, last: number): boolean => {
    for (let i = first; i <= last && times[i]! <= to; i++) if (times[i]! >= from) return true;
    return false;
  };
  let found = 0;
  const isTrue = new Uint8Array(alerts.length);
  let next = 0;
  for (const { first, last } of segments) {
    // Alerts and segments both ascend: what ended before this one meets no later one.
    while (next < alerts.length && alerts[next]!.to < times[first]!) next++;
    let isFound = false;
    for (let a = next; a < alerts.length && alerts[a]!.from <= times[last]!; a++) {
      if (!meets(alerts[a]!, first, last)) continue;
      isTrue[a] = 1;
      isFound ||= meets(alerts[a]!, first, Math.min(last, first + maxDelay));
    }
    if (isFound) found++;
  }
  const falseAlerts = isTrue.reduce((n, meets) => n + (meets ? 0 : 1), 0);
  return { segments: segments.length, found, alerts: alerts.length, falseAlerts };
}

/** Precision over alerts, recall over segments, and their harmonic mean. */
export function eventRates(counts: readonly EventCounts[]): Readonly<Record<'precision' | 'recall' | 'f1', number>> {
  const sum = (of: (one: EventCounts) => number): number => counts.reduce((total, one) => total + of(one), 0);
  const alerts = sum((one) => one.alerts);
  const segments = sum((one) => one.segments);
  const precision = alerts > 0 ? (alerts - sum((one) => one.falseAlerts)) / alerts : 0;
  const recall = segments > 0 ? sum((one) => one.found) / segments : 0;
  const both = precision + recall;
  return { precision, recall, f1: both > 0 ? (2 * precision * recall) / both : 0 };
}

/** Sum over distinct scores, descending, of (rise in recall) times precision; 0 where nothing is labelled. */
export function averagePrecision(scores: ArrayLike<number>, labels: ArrayLike<boolean | number>): number {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  const total = Array.prototype.reduce.call(labels, (n, label) => Number(n) + Number(Boolean(label)), 0) as number;
  if (total === 0) return 0;
  let hits = 0;
  let sum = 0;
  for (let i = 0; i < order.length;) {
    const before = hits;
    const score = scores[order[i]!];
    // Equal scores are taken together: their order must not count.
    for (; i < order.length && scores[order[i]!] === score; i++) if (labels[order[i]!]) hits++;
    sum += ((hits - before) / total) * (hits / i);
  }
  return sum;
}
