/** Joins alerts of entities that break together to incidents, so that people see one trouble and not ten. */
import type { Alert } from '../records/alert.js';
import type { Operator } from '../records/batch.js';
import { text } from '../records/wire/codec.js';
import { entityFromKey } from '../records/entity.js';
import { incidentCodec, type Incident } from '../records/incident.js';
import type { AlertNotice, Notification } from '../records/notification.js';
import type { StateStores, Store } from '../records/store.js';
import { alertStore } from './deduplicate.js';
import { mapBatch } from './map-batch.js';
import { needs, originOf, shortName, type DependsOn } from './alerts/incident-origin.js';

/** Which alerts are one incident. */
export interface GroupOptions {
  /** An alert joins an incident whose latest alert began so shortly before or after it, ms: a few windows. */
  readonly within: number;
  /** Beginnings so close count as together, ms: a window. */
  readonly tie: number;
  /** Labels of which one must be shared. */
  readonly labels: readonly string[];
  /** A service is related to those that it needs, too. */
  readonly dependsOn: DependsOn;
  /** Incidents that are kept; those that ended first go first. */
  readonly kept?: number;
}

/** Members that are kept by name; the others are counted. */
const NAMED = 50;
const SHOWN = 5;

/** The incidents of a respond task, by id. */
export const incidentStore = (stores: StateStores): Store<Incident> => stores.open('incidents', incidentCodec);

/**
 * Adds what is known of the incident to the annotations of each alert: `incident` (its id), `incident_size`,
 * `incident_origin`, `incident_why`, `incident_members`. An alert alone is no incident and has none. Where a second
 * one joins, and where the likely origin changes, the first alert is notified again.
 */
export function group(stores: StateStores, options: GroupOptions): Operator<Notification, Notification> {
  const { within, tie, labels, dependsOn, kept = 500 } = options;
  const alerts = alertStore(stores);
  const incidents = incidentStore(stores);
  /** Fingerprint to incident. */
  const memberships = stores.open('incident-of', text);
  /** A shared thing, such as `team=payments`, to the latest incident that has it. */
  const index = stores.open('incident-by', text);

  function keysOf({ entity }: Alert): { own: string[]; related: string[] } {
    const { labels: has } = entityFromKey(entity);
    const own = [...new Set(['service', ...labels])].filter((name) => has[name]).map((name) => `${name}=${has[name]}`);
    const shared = own.filter((key) => labels.some((name) => key.startsWith(`${name}=`)));
    const neighbours = has.service ? [...needs(has.service, dependsOn)].map((name) => `service=${name}`) : [];
    const needed = has.service ? [`needs=${has.service}`] : [];
    return {
      own: [...own, ...neighbours.map((key) => key.replace('service=', 'needs='))],
      related: [...shared, ...neighbours, ...needed],
    };
  }

  function join(alert: Alert): Incident {
    const { own, related } = keysOf(alert);
    const open = related
      .map((key) => incidents.get(index.get(key) ?? ''))
      .filter((incident) => incident !== undefined)
      .filter(({ startsAt, lastAt }) => alert.startsAt >= startsAt - within && alert.startsAt <= lastAt + within)
      .sort((a, b) => a.startsAt - b.startsAt || (a.id < b.id ? -1 : 1));
    const incident: Incident = open[0] ?? {
      id: `i${alert.fingerprint}`,
      startsAt: alert.startsAt,
      lastAt: alert.startsAt,
      endedAt: undefined,
      size: 0,
      firing: 0,
      members: [],
      origin: alert.fingerprint,
      why: '',
    };
    const { fingerprint, entity, startsAt, u } = alert;
    incident.startsAt = Math.min(incident.startsAt, startsAt);
    incident.lastAt = Math.max(incident.lastAt, startsAt);
    incident.size++;
    incident.firing++;
    incident.endedAt = undefined;
    if (incident.members.length < NAMED) {
      incident.members = [...incident.members, { fingerprint, entity, startsAt, u }];
      const { origin, why } = originOf(incident.members, dependsOn, tie);
      incident.origin = origin.fingerprint;
      incident.why = why;
    }
    incidents.put(incident.id, incident);
    memberships.put(fingerprint, incident.id);
    for (const key of own) index.put(key, incident.id);
    return incident;
  }

  function leave(alert: Alert): Incident | undefined {
    const incident = incidents.get(memberships.get(alert.fingerprint) ?? '');
    if (!incident) return undefined;
    incident.firing = Math.max(0, incident.firing - 1);
    if (incident.firing === 0) incident.endedAt = alert.at;
    incidents.put(incident.id, incident);
    return incident;
  }

  /** The notice with its incident, kept so for the next one. */
  function annotated(notice: AlertNotice, incident: Incident | undefined): AlertNotice {
    if (!incident || incident.size < 2) return notice;
    const { alert } = notice;
    const changed = { ...alert, annotations: { ...alert.annotations, ...annotationsOf(incident) } };
    alerts.put(alert.fingerprint, changed);
    return { ...notice, alert: changed };
  }

  function* told(notice: AlertNotice): Iterable<Notification> {
    const { alert, change } = notice;
    const known = incidents.get(memberships.get(alert.fingerprint) ?? '');
    if (alert.audit) yield notice;
    else if (alert.status === 'resolved') yield annotated(notice, leave(alert));
    else if (known) yield annotated(notice, known);
    else {
      const incident = join(alert);
      yield annotated(notice, incident);
      // The one that was first to come learns that it is not alone, and again who is thought to have begun it.
      const first = alerts.get(incident.members[0]!.fingerprint);
      const isNews = first && first.annotations.incident_origin !== annotationsOf(incident).incident_origin;
      if (incident.size < 2 || change === 'refresh' || !isNews || first.status !== 'firing') return;
      if (first.fingerprint !== alert.fingerprint)
        yield annotated({ type: 'notice', alert: first, change: 'refresh' }, incident);
    }
  }

  return mapBatch((batch) => {
    const items: Notification[] = [];
    for (const item of batch.items) items.push(...(item.type === 'notice' ? told(item) : [item]));
    forget();
    return { ...batch, items };
  });

  function forget(): void {
    if (incidents.size <= kept) return;
    const ended = [...incidents.keys()]
      .map((key) => incidents.get(key)!)
      .filter(({ endedAt }) => endedAt !== undefined)
      .sort((a, b) => a.endedAt! - b.endedAt! || (a.id < b.id ? -1 : 1));
    const gone = new Set(ended.slice(0, Math.ceil(kept / 10)).map(({ id }) => id));
    if (gone.size === 0) return;
    for (const id of gone) incidents.delete(id);
    for (const store of [memberships, index]) {
      for (const key of [...store.keys()]) if (gone.has(store.get(key)!)) store.delete(key);
    }
  }
}

function annotationsOf({ id, size, members, origin, why }: Incident): Record<string, string> {
  const named = members.slice(0, SHOWN).map(({ entity }) => shortName(entity));
  const first = members.find(({ fingerprint }) => fingerprint === origin);
  return {
    incident: id,
    incident_size: String(size),
    incident_origin: first ? shortName(first.entity) : '',
    incident_why: why,
    incident_members: named.join(', ') + (size > named.length ? ` and ${size - named.length} more` : ''),
  };
}
