/** Decides whom to tell of an alert's transition. What is sent, and how often it is tried, is not decided here. */
import type { Alert, Severity } from '../records/alert.js';
import type { Operator } from '../records/batch.js';
import { list, text } from '../records/wire/codec.js';
import { entityFromKey, type Labels } from '../records/entity.js';
import { atLeast, type Notification } from '../records/notification.js';
import type { StateStores } from '../records/store.js';
import { mapBatch } from './map-batch.js';
import { compileMatch } from './match/match.js';

/** Something that is notified of alerts. */
export interface AlertOutput {
  readonly name: string;
  /** It is notified of these entities only, whatever the routes say. */
  readonly match: Labels;
}

/** A route of the configuration: which alerts go to which outputs. */
export interface AlertRoute {
  readonly match: Labels;
  /** At least this severe. */
  readonly severity: Severity;
  /** Names of outputs. */
  readonly to: readonly string[];
  /** The routes behind it are looked at, too. */
  readonly continue: boolean;
}

/** Where alerts may go. */
export interface RouteOptions {
  readonly outputs: readonly AlertOutput[];
  /** In order: the first that matches decides. Without any, every output is notified of everything. */
  readonly routes?: readonly AlertRoute[];
  /** Outputs for what no route matches; all where not given. */
  readonly fallback?: readonly string[];
}

/**
 * One call for each output on an alert's route, when the alert is new, worse or resolved. Questions and muted alerts are
 * not notified; the end is notified to the outputs that were notified of the beginning, and to no other.
 */
export function route(
  stores: StateStores,
  { outputs, routes = [], fallback }: RouteOptions,
): Operator<Notification, Notification> {
  /** Fingerprint to the outputs that were notified of it. */
  const told = stores.open('told', list(text));
  const compiled = outputs.map(({ name, match }) => ({ name, matches: compileMatch(match) }));
  const table = routes.map((each) => ({ ...each, matches: compileMatch(each.match) }));
  const everything = outputs.map(({ name }) => name);

  /** Names of outputs on the route of an alert. */
  function namesFor(labels: Labels, severity: Severity): ReadonlySet<string> {
    const names = new Set<string>();
    let isMatched = false;
    for (const { matches, severity: least, to, continue: goesOn } of table) {
      if (!matches(labels) || !atLeast(severity, least)) continue;
      isMatched = true;
      for (const name of to) names.add(name);
      if (!goesOn) break;
    }
    if (isMatched) return names;
    // What only differs goes where a route asks for it.
    return new Set(severity === 'info' ? [] : (fallback ?? everything));
  }

  function* calls(alert: Alert): Iterable<Notification> {
    const { fingerprint, status } = alert;
    const heard = told.get(fingerprint) ?? [];
    for (const name of status === 'resolved' ? heard : toTell(alert)) {
      yield { type: 'webhook', id: `${fingerprint}-${status}-${alert.at}-${name}`, route: name, alert };
    }
    if (status === 'resolved') told.delete(fingerprint);
    else told.put(fingerprint, [...new Set([...heard, ...toTell(alert)])]);
  }

  function toTell({ entity, severity, muted }: Alert): string[] {
    if (muted !== '') return [];
    const { labels } = entityFromKey(entity);
    const names = namesFor(labels, severity);
    return compiled.filter(({ name, matches }) => names.has(name) && matches(labels)).map(({ name }) => name);
  }

  return mapBatch((batch) => ({
    ...batch,
    items: batch.items.flatMap((item) =>
      item.type !== 'notice' || item.change === 'refresh' || item.alert.audit ? [item] : [item, ...calls(item.alert)],
    ),
  }));
}
