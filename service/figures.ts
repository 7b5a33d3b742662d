/** What a process has read, decided and notified since its start, as numbers: the summary and the status show them. */
import type { Metrics } from '../connectors/http/metrics.js';

export interface RunFigures {
  /** Lines and records that came in. */
  readonly lines: number;
  readonly read: number;
  readonly joined: number;
  readonly refused: number;
  /** Refused by reason, the most frequent first. */
  readonly reasons: readonly (readonly [string, number])[];
  /** Refused behind the reading, by reason: parts of windows, sessions, what people put back. They are no lines. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Entities that windows were decided of, by kind: `service`, `series`, `session`. */
  readonly entities: Readonly<Record<string, number>>;
  readonly windows: number;
  /** Alerts that began, that are over, and that fire now. */
  readonly fired: number;
  readonly resolved: number;
  readonly firing: number;
  /** Alerts of the past that nobody was notified of, since they were older than `respond.max_age`. */
  readonly past: number;
}

/** Reasons of lines that could be read. */
const afterReading = new Set(['late', 'future']);
/** Not of lines: what was handled before, or is no line at all. */
const noLines = new Set(['repeat', 'zombie']);

/** A value of a metric with its labels. */
export interface MetricSample {
  readonly labels: Partial<Record<string, string | number>>;
  readonly value: number;
}
/** The values of a metric now. */
export const valuesOf = async (metric: {
  get(): Promise<{ values: readonly MetricSample[] }>;
}): Promise<readonly MetricSample[]> => (await metric.get()).values;
const sum = (samples: readonly MetricSample[]): number => samples.reduce((all, { value }) => all + value, 0);

export async function figuresOf(metrics: Metrics): Promise<RunFigures> {
  const fates = await valuesOf(metrics.lines);
  const of = (fate: string): number => sum(fates.filter(({ labels }) => labels.fate === fate));
  const joined = of('joined');
  const byReason = new Map<string, number>();
  const dropped: Record<string, number> = {};
  for (const { labels, value } of await valuesOf(metrics.rejected)) {
    const reason = String(labels.reason);
    if (value === 0 || noLines.has(reason)) continue;
    if (labels.topology === 'ingest') byReason.set(reason, (byReason.get(reason) ?? 0) + value);
    else dropped[reason] = (dropped[reason] ?? 0) + value;
  }
  const reasons = [...byReason].sort(([, a], [, b]) => b - a);
  const refused = reasons.reduce((all, [, count]) => all + count, 0);
  // What was read and is refused after all, for its time.
  const after = reasons.reduce((all, [reason, count]) => (afterReading.has(reason) ? all + count : all), 0);
  const read = Math.max(0, of('read') - after);
  const alerts = await valuesOf(metrics.alerts);
  const changed = (change: string): number => sum(alerts.filter(({ labels }) => labels.change === change));
  return {
    lines: read + joined + refused,
    joined,
    refused,
    read,
    reasons,
    dropped,
    entities: metrics.seen.counts(),
    windows: sum(await valuesOf(metrics.windows)),
    fired: changed('new'),
    resolved: changed('resolved'),
    firing: sum(await valuesOf(metrics.firing)),
    past: sum(await valuesOf(metrics.past)),
  };
}
