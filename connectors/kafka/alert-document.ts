/** An alert as a JSON document, for a Kafka topic: docs/schemas/alert.json says what is in it. */
import type { Alert } from '../../records/alert.js';
import { entityFromKey } from '../../records/entity.js';

/** Raised when a reader of an older document could misread a newer one. */
export const alertDocumentVersion = 1;

const iso = (ms: number): string => new Date(ms).toISOString();

/** @param links name to address */
export function alertDocument(alert: Alert, links: Readonly<Record<string, string>>): Record<string, unknown> {
  const { annotations, explanation, status } = alert;
  const { kind, labels } = entityFromKey(alert.entity);
  const { incident, incident_size, incident_origin, incident_why, incident_members, ...others } = annotations;
  return {
    version: alertDocumentVersion,
    fingerprint: alert.fingerprint,
    status,
    severity: alert.severity,
    entity: alert.entity,
    kind,
    labels,
    ...(alert.key ? { session: alert.key } : {}),
    startsAt: iso(alert.startsAt),
    lastAt: iso(alert.lastAt),
    at: iso(alert.at),
    ...(status === 'resolved' ? { endsAt: iso(alert.at) } : {}),
    returnLevel: alert.u,
    confidence: alert.confidence,
    muted: alert.muted,
    explanation,
    changes: alert.changes.map((each) => ({ ...each, at: iso(each.at) })),
    ...(incident
      ? {
          incident: {
            id: incident,
            size: Number(incident_size),
            origin: incident_origin,
            why: incident_why,
            members: incident_members,
          },
        }
      : {}),
    annotations: others,
    links,
  };
}
