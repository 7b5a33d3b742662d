/** Bodies of webhooks: Standard Webhooks, and what Alertmanager sends to a webhook receiver (version 4). */
import { Webhook } from 'standardwebhooks';
import { alertName, answerCommand, routedLabels, type Alert } from '../../records/alert.js';
import { shown } from '../../records/shown-text.js';

const iso = (ms: number): string => new Date(ms).toISOString();

/** What people read: everything that may change over an episode, with controls shown. */
export const alertAnnotations = (alert: Alert): Readonly<Record<string, string>> => ({
  ...alert.annotations,
  summary: shown(alert.explanation.summary),
  rarity: shown(alert.explanation.rarity),
  believed: shown(alert.explanation.believed),
  severity: alert.severity,
  fingerprint: alert.fingerprint,
  answer: `${answerCommand(alert)} (or anomaly, expected, new-normal)`,
  description: shown(description(alert)),
});

/** All that is known, a fact a line. */
function description(alert: Alert): string {
  const { explanation, key, startsAt, changes } = alert;
  const { standouts, templates, detectors, rules } = explanation;
  const saw = detectors.filter(({ saw: did }) => did).map(({ detector }) => detector);
  const parts = [
    ...(key ? [`session ${key}`] : []),
    `began ${iso(startsAt)}`,
    ...standouts.map(({ feature, actual, typical, unit }) => {
      const of = unit === '' ? '' : unit === '%' ? '%' : ` ${unit}`;
      return `${feature} ${rounded(actual)}${of}, typical at this time ${rounded(typical)}${of}`;
    }),
    ...templates.map(({ template, count, novel, sample }) => {
      const example = sample ? `, for example: ${sample}` : '';
      return `${novel ? 'new: ' : ''}${template} (${count} lines)${example}`;
    }),
    ...rules.map((rule) => `rule ${rule}`),
    ...(detectors.length > 0 ? [`seen by ${saw.length} of ${detectors.length} detectors: ${saw.join(', ')}`] : []),
    ...changes.map(({ at, title, version, by }) => {
      const minutes = Math.round((startsAt - at) / 60_000);
      return `after ${title}${version ? ` ${version}` : ''}${by ? ` by ${by}` : ''}, ${minutes} min before it began`;
    }),
  ];
  return [...parts, `to answer: ${answerCommand(alert)} (or anomaly, expected, new-normal)`].join('\n');
}

/** Three significant digits, and no fraction from a hundred on. */
const rounded = (value: number): string =>
  String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));

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
  annotations: Readonly<Record<string, string>> = alertAnnotations(alert),
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
      labels: routedLabels(alert),
      annotations,
      ...(key ? { session: key } : {}),
      startsAt: iso(startsAt),
      lastAt: iso(lastAt),
      ...(status === 'resolved' ? { endsAt: iso(alert.at) } : {}),
      ...(alert.changes.length > 0 ? { changes: alert.changes } : {}),
      returnLevel: u,
      confidence,
      explanation,
    },
  });
  return { body, headers: signedMessage(id, body, secret, now) };
}

/** Headers of a Standard Webhooks message: its id, its time and, with a secret, its signature. */
export function signedMessage(id: string, body: string, secret: string | undefined, now: Date): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    ...(secret ? { 'webhook-signature': new Webhook(secret).sign(id, now, body) } : {}),
  };
}

/** The body that Alertmanager posts to webhook receivers, version 4: one alert, or several that waited together. */
export function alertmanagerBody(
  alert: Alert | readonly [Alert, ...(readonly Alert[])],
  receiver: string,
  externalUrl: string,
  annotationsOf: (alert: Alert) => Readonly<Record<string, string>> = alertAnnotations,
  pageOf: (alert: Alert) => string = () => externalUrl,
): string {
  const alerts: readonly Alert[] = Array.isArray(alert) ? (alert as readonly Alert[]) : [alert as Alert];
  const first = alerts[0]!;
  const one = alerts.length === 1;
  const { service = '' } = routedLabels(first);
  return JSON.stringify({
    version: '4',
    groupKey: one ? `{}:{fingerprint="${first.fingerprint}"}` : '{}:{}',
    truncatedAlerts: 0,
    status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
    receiver,
    groupLabels: one && service ? { service } : {},
    commonLabels: one ? routedLabels(first) : { alertname: alertName },
    commonAnnotations: one ? annotationsOf(first) : {},
    externalURL: externalUrl,
    alerts: alerts.map((each) => ({
      status: each.status,
      labels: routedLabels(each),
      annotations: annotationsOf(each),
      startsAt: iso(each.startsAt),
      endsAt: each.status === 'resolved' ? iso(Math.max(each.at, each.startsAt)) : '0001-01-01T00:00:00Z',
      generatorURL: pageOf(each),
      fingerprint: each.fingerprint,
    })),
  });
}
