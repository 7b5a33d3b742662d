/** Alerts and incidents. */
import type { HealingEntry } from '../../records/healing.js';
import type { Alert } from '../../records/alert.js';
import { alertRow, alertRowOf, allAlerts, overlaps, passes, type AlertQuery, type Merged } from './alert-rows.js';
import {
  count,
  entityFilter,
  filterQuery,
  finite,
  iso,
  isoOrNull,
  listOf,
  number,
  numberOrNull,
  rangeOf,
  rangeQuery,
  row,
  text,
  time,
  timeOrNull,
  yes,
  type Filtered,
} from './filter.js';
import { paged, pageOf, pageQuery, type PageQuery } from './page.js';
import { HttpProblem } from '../../connectors/http/problem.js';
import { route, type ApiRoute, type JsonSchema } from './route.js';
import type { ConsoleParts } from './served.js';

const always = { from: 0, to: 8.64e15 };

const alertQuery: Readonly<Record<string, JsonSchema>> = {
  ...pageQuery,
  ...filterQuery,
  ...rangeQuery,
  status: { type: 'string', enum: ['firing', 'resolved'] },
  severity: { type: 'string', enum: ['info', 'warning', 'critical'] },
  answered: { type: 'boolean', description: 'Whether a verdict holds.' },
  audit: { type: 'boolean', description: 'Whether it is only a question.' },
  incident: { type: 'string', maxLength: 200 },
  entity: { type: 'string', maxLength: 2000 },
};

const wholeAlert = row({
  ...(alertRow.properties as Record<string, JsonSchema>),
  believed: { ...text, description: 'Which arm was believed, and why.' },
  standouts: listOf(row({ feature: text, actual: numberOrNull, typical: numberOrNull, unit: text, share: number })),
  templates: listOf(row({ template: text, count, novel: yes, sample: text })),
  detectors: listOf(row({ detector: text, u: number, saw: yes })),
  arms: listOf(row({ arm: text, u: number })),
  rules: listOf(text),
  changes: listOf(row({ id: text, at: time, title: text, version: text, by: text, url: text })),
  steps: listOf(row({ at: time, what: text, severity: text, u: number })),
  origin: { ...text, description: 'Of its incident: what is likely to have begun it.' },
  originWhy: text,
  verdicts: listOf(row({ id: text, value: text, by: text, via: text, at: time, revokedAt: timeOrNull })),
  healing: listOf(row({ seq: count, at: time, what: text, rule: text, by: text, why: text })),
  links: listOf(row({ name: text, url: text })),
});

function wholeOf(parts: ConsoleParts, merged: Merged): Record<string, unknown> {
  const { alert, steps } = merged;
  const { explanation, annotations, context, changes, fingerprint } = alert;
  const run = parts.run();
  return {
    ...alertRowOf(merged),
    believed: explanation.believed,
    standouts: explanation.standouts.map(({ actual, typical, ...rest }) => ({
      ...rest,
      actual: finite(actual),
      typical: finite(typical),
    })),
    templates: explanation.templates,
    detectors: explanation.detectors,
    arms: context.arms.map(([arm, u]) => ({ arm, u })),
    rules: explanation.rules,
    changes: changes.map((change) => ({ ...change, at: iso(change.at) })),
    steps: steps.map((step) => ({ ...step, at: iso(step.at) })),
    origin: annotations.incident_origin ?? '',
    originWhy: annotations.incident_why ?? '',
    verdicts: (run?.verdicts.said() ?? [])
      .filter((said) => said.alert === fingerprint)
      .map(({ id, value, by, via, at, revoked }) => ({
        id,
        value,
        by,
        via,
        at: iso(at),
        revokedAt: isoOrNull(revoked?.at),
      })),
    healing: (run?.healing.recent ?? []).filter((entry) => entry.alert === fingerprint).map(entryOf),
    links: run?.links(alert) ?? [],
  };
}

const entryOf = ({ seq, at, what, rule, by, why }: HealingEntry): object => ({ seq, at: iso(at), what, rule, by, why });

const incidentRow = row({
  id: text,
  status: { type: 'string', enum: ['firing', 'resolved'] },
  startsAt: time,
  lastAt: time,
  size: { ...count, description: 'Alerts that joined it.' },
  firing: count,
  answered: count,
  severity: text,
  origin: text,
  originWhy: text,
  summary: { ...text, description: 'Of its first alert.' },
  entities: listOf(text),
});

const severities: readonly Alert['severity'][] = ['info', 'warning', 'critical'];

/** Alerts with an incident, joined to one row each. */
export function incidentsOf(alerts: readonly Merged[]): Record<string, unknown>[] {
  const groups = new Map<string, Merged[]>();
  for (const merged of alerts) {
    const { incident } = merged.alert.annotations;
    if (incident === undefined) continue;
    const group = groups.get(incident);
    if (group) group.push(merged);
    else groups.set(incident, [merged]);
  }
  return [...groups].map(([id, members]) => {
    const sorted = members.sort((a, b) => a.alert.startsAt - b.alert.startsAt);
    const last = sorted[sorted.length - 1]!.alert;
    const firing = sorted.filter(({ alert }) => alert.status === 'firing').length;
    const worst = Math.max(...sorted.map(({ alert }) => severities.indexOf(alert.severity)));
    return {
      id,
      status: firing > 0 ? 'firing' : 'resolved',
      startsAt: iso(sorted[0]!.alert.startsAt),
      lastAt: iso(Math.max(...sorted.map(({ alert }) => alert.lastAt))),
      size: Math.max(sorted.length, ...sorted.map(({ alert }) => Number(alert.annotations.incident_size ?? 0))),
      firing,
      answered: sorted.filter(({ verdict }) => verdict !== undefined).length,
      severity: severities[worst],
      origin: last.annotations.incident_origin ?? '',
      originWhy: last.annotations.incident_why ?? '',
      summary: sorted[0]!.alert.explanation.summary,
      entities: [...new Set(sorted.map(({ alert }) => alert.entity))],
    };
  });
}

export function alertRoutes(parts: ConsoleParts): ApiRoute[] {
  return [
    route<AlertQuery & Filtered & PageQuery>({
      method: 'GET',
      path: '/alerts',
      tag: 'alerts',
      scope: 'read',
      summary: 'Alerts, the latest to begin first.',
      query: alertQuery,
      answer: pageOf(alertRow),
      handle: ({ query }) => {
        const range = rangeOf(query, always);
        const isMeant = entityFilter(query);
        const found = allAlerts(parts).filter(
          (one) => passes(one, query) && overlaps(one.alert, range) && isMeant(one.alert.entity),
        );
        const page = paged(found, ({ alert }) => [alert.startsAt, alert.fingerprint], query, -1);
        return { ...page, items: page.items.map(alertRowOf) };
      },
    }),
    route<unknown, { id: string }>({
      method: 'GET',
      path: '/alerts/:id',
      tag: 'alerts',
      scope: 'read',
      summary: 'One alert with its explanation, its timeline, verdicts and healing.',
      params: { id: { type: 'string', maxLength: 200 } },
      answer: wholeAlert,
      handle: ({ params: { id } }) => {
        const known = allAlerts(parts).find(({ alert }) => alert.fingerprint === id);
        if (!known) throw new HttpProblem(404, `no alert ${id} is known: see /api/v1/alerts`);
        return wholeOf(parts, known);
      },
    }),
    route<Filtered & PageQuery & { from?: string; to?: string; status?: string }>({
      method: 'GET',
      path: '/incidents',
      tag: 'alerts',
      scope: 'read',
      summary: 'Alerts that broke out together, the latest to begin first.',
      query: { ...pageQuery, ...filterQuery, ...rangeQuery, status: alertQuery.status! },
      answer: pageOf(incidentRow),
      handle: ({ query }) => {
        const range = rangeOf(query, always);
        const isMeant = entityFilter(query);
        const found = incidentsOf(
          allAlerts(parts).filter(({ alert }) => overlaps(alert, range) && isMeant(alert.entity)),
        );
        const asked = found.filter(({ status }) => query.status === undefined || status === query.status);
        return paged(asked, ({ startsAt, id }) => [startsAt as string, id as string], query, -1);
      },
    }),
  ];
}
