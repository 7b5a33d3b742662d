/** What templates of bodies, links and headers see of an alert. */
import { severities, type Alert } from '../../records/alert.js';
import { entityFromKey } from '../../records/entity.js';
import { alertAnnotations, alertLabels } from './body.js';
import { linksOf, type Link, type LinkTemplate } from './links.js';
import type { Json, View } from './template.js';

/** How alerts are shown outside. */
export interface Presentation {
  /** Where people reach tocsin. */
  readonly url: string;
  readonly links: readonly LinkTemplate[];
}

const iso = (ms: number): string => new Date(ms).toISOString();
/** Logs before the beginning are worth a look too, ms. */
const before = 15 * 60_000;

/**
 * The data of an alert by name; a list of them is on docs/alerts.md. `from_ms` and `to_ms` are the time range of links:
 * a quarter of an hour before it began, to its last known moment.
 */
export function viewOf(alert: Alert, presentation: Presentation): View {
  const facts = factsOf(alert, presentation);
  const links = linksOf(presentation.links, facts);
  return {
    ...facts,
    links: links.map(({ name, url }) => ({ name, url })),
    link: Object.fromEntries(links.map(({ name, url }) => [name, url])),
    annotations: annotationsOf(alert, links),
  };
}

/** The annotations of an alert with its links, each under its name. */
export function annotationsOf(alert: Alert, links: readonly Link[]): Record<string, string> {
  return { ...Object.fromEntries(links.map(({ name, url }) => [name, url])), ...alertAnnotations(alert) };
}

/** Annotations as everything outside gets them. */
export const presented = (alert: Alert, presentation: Presentation): Record<string, string> =>
  annotationsOf(alert, linksOf(presentation.links, factsOf(alert, presentation)));

function factsOf(alert: Alert, { url }: Presentation): View {
  const { explanation, annotations: own, fingerprint, status, severity, key } = alert;
  const { kind, labels } = entityFromKey(alert.entity);
  const all = alertLabels(alert);
  const to = Math.max(alert.lastAt, alert.at);
  return {
    fingerprint,
    status,
    severity,
    level: severities.indexOf(severity),
    firing: status === 'firing',
    resolved: status === 'resolved',
    critical: severity === 'critical',
    warning: severity === 'warning',
    info: severity === 'info',
    entity: alert.entity,
    kind,
    session: key,
    name: labels.service ?? alert.entity,
    labels: { ...all },
    label_list: Object.entries(all).map(([name, value]) => ({ name, value })),
    starts_at: iso(alert.startsAt),
    last_at: iso(alert.lastAt),
    at: iso(alert.at),
    ends_at: status === 'resolved' ? iso(alert.at) : '',
    from_ms: String(alert.startsAt - before),
    to_ms: String(to),
    from: iso(alert.startsAt - before),
    to: iso(to),
    minutes: Math.round((to - alert.startsAt) / 60_000),
    u: alert.u,
    confidence: alert.confidence,
    summary: explanation.summary,
    rarity: explanation.rarity,
    believed: explanation.believed,
    description: alertAnnotations(alert).description,
    standouts: explanation.standouts.map((one): Json => ({ ...one })),
    templates: explanation.templates.map((one): Json => ({ ...one })),
    detectors: explanation.detectors.map((one): Json => ({ ...one })),
    rules: [...explanation.rules],
    changes: alert.changes.map((one): Json => ({ ...one, at: iso(one.at) })),
    incident: own.incident
      ? {
          id: own.incident,
          size: Number(own.incident_size),
          origin: own.incident_origin,
          why: own.incident_why,
          members: own.incident_members,
        }
      : false,
    url,
  };
}
