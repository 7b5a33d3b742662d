/** What templates of bodies, links and headers see of an alert. */
import { alertLabels, severities, type Alert } from '../../records/alert.js';
import { entityFromKey } from '../../records/entity.js';
import { underBase } from './address.js';
import { wellFormed } from './escape.js';
import { alertAnnotations } from './body.js';
import { linksOf, type Link, type LinkTemplate } from './links.js';
import type { JsonValue, TemplateView } from './template.js';

/** How alerts are shown outside. */
export interface Presentation {
  /** Where people reach tocsin. */
  readonly url: string;
  readonly links: readonly LinkTemplate[];
  /** The address at which a person says what an alert was. */
  readonly answer?: (alert: Alert) => string;
}

/** The configured links, and the one that answers. */
function allLinks(alert: Alert, { links, answer }: Presentation, facts: TemplateView): Link[] {
  return [...linksOf(links, facts), ...(answer ? [{ name: 'verdict', url: answer(alert) }] : [])];
}

const iso = (ms: number): string => new Date(ms).toISOString();
/** Logs before the beginning are worth a look too, ms. */
const before = 15 * 60_000;

/**
 * The data of an alert by name; a list of them is on docs/alerts.md. `from_ms` and `to_ms` are the time range of links:
 * a quarter of an hour before it began, to its last known moment.
 */
export function viewOf(alert: Alert, presentation: Presentation): TemplateView {
  const facts = factsOf(alert, presentation);
  const links = allLinks(alert, presentation, facts);
  return {
    ...facts,
    links: links.map(({ name, url }) => ({ name, url })),
    has_links: links.length > 0,
    link: Object.fromEntries(links.map(({ name, url }) => [name, url])),
    annotations: annotationsOf(alert, links),
  };
}

/** The annotations of an alert with its links, each under its name. */
export function annotationsOf(alert: Alert, links: readonly Link[]): Record<string, string> {
  return { ...Object.fromEntries(links.map(({ name, url }) => [name, url])), ...alertAnnotations(alert) };
}

/** Where people see an alert: the signed page that answers it, else its page here. */
export const pageOf = (alert: Alert, { url, answer }: Presentation): string =>
  answer ? answer(alert) : underBase(url, `/alert/${alert.fingerprint}`);

/** The links of an alert. */
export const presentedLinks = (alert: Alert, presentation: Presentation): Link[] =>
  allLinks(alert, presentation, factsOf(alert, presentation));

/** Annotations as everything outside gets them. */
export const presented = (alert: Alert, presentation: Presentation): Record<string, string> =>
  annotationsOf(alert, presentedLinks(alert, presentation));

/** How people call the entity. */
const nameOf = ({ entity }: Alert): string => entityFromKey(entity).labels.service ?? entity;

const titles = { info: 'Info:', warning: 'Warning:', critical: 'Critical:', resolved: 'Resolved:' } as const;

const cut = (text: string, longest: number): string =>
  text.length <= longest ? text : `${wellFormed(text.slice(0, longest - 1))}…`;

const NAMED = 20;

/** What templates of summaries see: alerts that waited together, counted and named. */
export function summaryViewOf(alerts: readonly Alert[], route: string, presentation: Presentation): TemplateView {
  const names = [...new Set(alerts.map(nameOf))];
  const count = (of: (alert: Alert) => boolean): number => alerts.filter(of).length;
  const firing = count(({ status }) => status === 'firing');
  return {
    route,
    title: `${alerts.length} alerts at once`,
    count: alerts.length,
    firing,
    resolved: alerts.length - firing,
    entities: names.length,
    severities: Object.fromEntries(
      severities.map((severity) => [severity, count((alert) => alert.severity === severity)]),
    ),
    names: names.slice(0, NAMED).join(', ') + (names.length > NAMED ? ` and ${names.length - NAMED} more` : ''),
    alerts: alerts.map((alert) => ({
      fingerprint: alert.fingerprint,
      status: alert.status,
      severity: alert.severity,
      entity: alert.entity,
      name: nameOf(alert),
      summary: alert.explanation.summary,
      starts_at: iso(alert.startsAt),
      at: iso(alert.at),
    })),
    url: presentation.url,
  };
}

function factsOf(alert: Alert, { url }: Presentation): TemplateView {
  const { explanation, annotations: own, fingerprint, status, severity, key } = alert;
  const { kind } = entityFromKey(alert.entity);
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
    title: cut(`${titles[status === 'resolved' ? 'resolved' : severity]} ${nameOf(alert)}`, 140),
    entity: alert.entity,
    kind,
    session: key,
    name: nameOf(alert),
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
    description: alertAnnotations(alert).description!,
    standouts: explanation.standouts.map((one): JsonValue => ({ ...one })),
    templates: explanation.templates.map((one): JsonValue => ({ ...one })),
    detectors: explanation.detectors.map((one): JsonValue => ({ ...one })),
    rules: [...explanation.rules],
    changes: alert.changes.map((one): JsonValue => ({ ...one, at: iso(one.at) })),
    incident: own.incident
      ? {
          id: own.incident,
          size: Number(own.incident_size!),
          origin: own.incident_origin!,
          why: own.incident_why!,
          members: own.incident_members!,
        }
      : false,
    url,
  };
}
