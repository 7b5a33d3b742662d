/** Drift as Prometheus text, for the textfile collector of the node exporter or a push gateway. */
import type { DriftReport } from '../../training/drift/find.js';

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

/** @param now wall-clock ms */
export function driftMetrics({ entities, alarms, young, expected, verdicts }: DriftReport, now: number): string {
  const lines: string[] = [];
  const metric = (name: string, type: string, help: string, values: readonly (readonly [string, number])[]): void => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const [labels, value] of values) lines.push(`${name}${labels} ${value}`);
  };
  metric(
    'tocsin_drift',
    'gauge',
    '1 where the last day of an entity is unlike its reference.',
    entities.map(({ entity, isDrifted }) => [`{entity="${escaped(entity)}"}`, Number(isDrifted)]),
  );
  metric(
    'tocsin_drift_alarms',
    'gauge',
    'Days of an entity that were called drifted, in what the log holds.',
    entities.map(({ entity, alarms: count }) => [`{entity="${escaped(entity)}"}`, count]),
  );
  metric('tocsin_drift_days_drifted', 'gauge', 'The same of all entities.', [['', alarms.length]]);
  metric('tocsin_drift_days_expected', 'gauge', 'Days that would be called drifted if nothing had drifted.', [
    ['', expected],
  ]);
  metric('tocsin_drift_young_entities', 'gauge', 'Entities with too short a past for a reference.', [['', young]]);
  metric('tocsin_drift_verdict_changes', 'gauge', 'Changes of the share of alerts that people call anomalies.', [
    ['', verdicts.changes.length],
  ]);
  metric('tocsin_drift_looked_timestamp_seconds', 'gauge', 'When this was looked at.', [['', now / 1000]]);
  return `${lines.join('\n')}\n`;
}
