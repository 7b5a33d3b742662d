/** Bodies of webhooks: Standard Webhooks, and what Alertmanager sends to a webhook receiver (version 4). */
import { Webhook } from 'standardwebhooks';
import type { Alert } from '../../records/alert.js';
import { entityFromKey, type Labels } from '../../records/entity.js';

const iso = (ms: number): string => new Date(ms).toISOString();

/** Labels of an alert: identity only, so that its episodes share them. */
export const alertLabels = (alert: Alert): Labels => {
  const { kind, labels } = entityFromKey(alert.entity);
  return { alertname: 'TocsinAnomaly', kind, ...labels };
};

/** What people read: everything that may change over an episode. */
export const alertAnnotations = (alert: Alert): Readonly<Record<string, string>> => ({
  ...alert.annotations,
  summary: alert.explanation.summary,
  rarity: alert.explanation.rarity,
  believed: alert.explanation.believed,
  severity: alert.severity,
  description: description(alert),
});

function description({ explanation, key }: Alert): string {
  const parts = [
    ...(key ? [`session ${key}`] : []),
    ...explanation.standouts.map(
      ({ feature, actual, typical, unit }) => `${feature} ${actual} ${unit}, typical ${typical}`,
    ),
    ...explanation.templates.map(({ template, count, novel }) => `${novel ? 'new: ' : ''}${template} (${count})`),
    ...explanation.rules.map((rule) => `rule ${rule}`),
  ];
  return parts.join('\n');
}

/**
 * Body and headers of a Standard Webhooks message (standardwebhooks.com, version 1): signed over id, time and body.
 *
 * @param id - the idempotency key; the same in every try
 * @param secret - `whsec_` and base64
 */
export function standardMessage(
  id: string,
  type: string,
  alert: Alert,
  secret: string | undefined,
  now: Date,
): { body: string; headers: Record<string, string> } {
  const { fingerprint, entity, key, status, severity, startsAt, lastAt, u, confidence, explanation } = alert;
  const body = JSON.stringify({
    type,
    timestamp: iso(alert.at),
    data: {
      fingerprint,
      status,
      severity,
      entity,
      labels: alertLabels(alert),
      annotations: alertAnnotations(alert),
      ...(key ? { session: key } : {}),
      startsAt: iso(startsAt),
      lastAt: iso(lastAt),
      ...(status === 'resolved' ? { endsAt: iso(alert.at) } : {}),
      returnLevel: u,
      confidence,
      explanation,
    },
  });
  const headers: Record<string, string> = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
  };
  if (secret) headers['webhook-signature'] = new Webhook(secret).sign(id, now, body);
  return { body, headers };
}

/** The body that Alertmanager posts to webhook receivers, version 4, with one alert. */
export function alertmanagerBody(alert: Alert, receiver: string, externalUrl: string): string {
  const labels = alertLabels(alert);
  const annotations = alertAnnotations(alert);
  const { service = '' } = labels;
  return JSON.stringify({
    version: '4',
    groupKey: `{}:{fingerprint="${alert.fingerprint}"}`,
    truncatedAlerts: 0,
    status: alert.status,
    receiver,
    groupLabels: service ? { service } : {},
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: externalUrl,
    alerts: [
      {
        status: alert.status,
        labels,
        annotations,
        startsAt: iso(alert.startsAt),
        endsAt: alert.status === 'resolved' ? iso(Math.max(alert.at, alert.startsAt)) : '0001-01-01T00:00:00Z',
        generatorURL: externalUrl,
        fingerprint: alert.fingerprint,
      },
    ],
  });
}
