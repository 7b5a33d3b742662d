/** Alerts as rows: the latest state from the log, with what the run and people have said since. */
import type { SaidVerdict } from '../../connectors/http/verdict-request.js';
import { amongInWords, inWords } from '../../models/calibration/words.js';
import type { Alert } from '../../records/alert.js';
import { entityFromKey } from '../../records/entity.js';
import type { KnownAlert } from '../view/alert-history.js';
import { count, iso, labels, number, row, text, textOrNull, time, yes, type Ranged } from './filter.js';
import type { ConsoleParts } from './served.js';

/** An alert with its verdict. */
export interface Merged extends KnownAlert {
  readonly verdict: SaidVerdict | undefined;
}

/** Annotations that the topology of answers adds, and those that a mute adds later. */
function merged(known: KnownAlert, ofRun: Alert | undefined): KnownAlert {
  if (!ofRun) return known;
  const { alert, steps } = known;
  return { alert: { ...alert, annotations: { ...alert.annotations, ...ofRun.annotations } }, steps };
}

/** Verdicts that hold, by alert: of several the last. */
export function verdictsByAlert(run: ReturnType<ConsoleParts['run']>): Map<string, SaidVerdict> {
  const said = (run?.verdicts.said() ?? []).filter(({ revoked }) => !revoked);
  return new Map(said.map((verdict) => [verdict.alert, verdict]));
}

/** All alerts that are known. */
export function allAlerts({ view, run }: ConsoleParts): Merged[] {
  const running = run();
  const ofRun = new Map([...(running?.knownAlerts() ?? [])].map((alert) => [alert.fingerprint, alert]));
  const verdicts = verdictsByAlert(running);
  return [...view.alerts.all()].map((known) => ({
    ...merged(known, ofRun.get(known.alert.fingerprint)),
    verdict: verdicts.get(known.alert.fingerprint),
  }));
}

export const rarityOf = ({ key, u }: Pick<Alert, 'key' | 'u'>): string => (key === '' ? inWords(u) : amongInWords(u));

export const alertRow = row({
  id: { ...text, description: 'Fingerprint: the same for all of an episode.' },
  entity: text,
  kind: text,
  service: text,
  labels,
  key: { ...text, description: 'Of a session; empty for windows.' },
  status: { type: 'string', enum: ['firing', 'resolved'] },
  severity: { type: 'string', enum: ['info', 'warning', 'critical'] },
  audit: { ...yes, description: 'Only a question: below the threshold, and nobody was notified.' },
  startsAt: time,
  lastAt: { ...time, description: 'End of the last window that fired.' },
  at: { ...time, description: 'Boundary of its last transition.' },
  u: { ...number, description: 'Return level, -log10(episodes a week).' },
  threshold: number,
  rarity: text,
  confidence: number,
  summary: text,
  muted: { ...text, description: 'Name of the mute or expected change in force; empty without one.' },
  incident: textOrNull,
  incidentSize: count,
  verdict: { ...textOrNull, description: 'The verdict that holds.' },
  verdictId: textOrNull,
  verdictBy: textOrNull,
});

export function alertRowOf({ alert, verdict }: Merged): Record<string, unknown> {
  const { kind, labels: own } = entityFromKey(alert.entity);
  const { incident, incident_size: size } = alert.annotations;
  return {
    id: alert.fingerprint,
    entity: alert.entity,
    kind,
    service: own.service ?? alert.entity,
    labels: own,
    key: alert.key,
    status: alert.status,
    severity: alert.severity,
    audit: alert.audit,
    startsAt: iso(alert.startsAt),
    lastAt: iso(alert.lastAt),
    at: iso(alert.at),
    u: alert.u,
    threshold: alert.context.threshold,
    rarity: alert.explanation.rarity || rarityOf(alert),
    confidence: alert.confidence,
    summary: alert.explanation.summary,
    muted: alert.annotations.muted ?? alert.muted,
    incident: incident ?? null,
    incidentSize: Number(size ?? 1),
    verdict: verdict?.value ?? null,
    verdictId: verdict?.id ?? null,
    verdictBy: verdict?.by ?? null,
  };
}

/** Whether an alert overlaps a range of event time, ms. */
export const overlaps = ({ startsAt, lastAt }: Alert, { from, to }: { from: number; to: number }): boolean =>
  startsAt < to && lastAt >= from;

export type AlertQuery = Ranged & {
  readonly status?: string;
  readonly severity?: string;
  readonly answered?: boolean;
  readonly audit?: boolean;
  readonly incident?: string;
  readonly entity?: string;
};

/** Whether an alert passes what a list was asked for, its range apart. */
export function passes({ alert, verdict }: Merged, asked: AlertQuery): boolean {
  return (
    (asked.status === undefined || alert.status === asked.status) &&
    (asked.severity === undefined || alert.severity === asked.severity) &&
    (asked.answered === undefined || (verdict !== undefined) === asked.answered) &&
    (asked.audit === undefined || alert.audit === asked.audit) &&
    (asked.incident === undefined || alert.annotations.incident === asked.incident) &&
    (asked.entity === undefined || alert.entity === asked.entity)
  );
}
