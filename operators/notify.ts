/** Decides whom to tell of an alert's transition. What is sent, and how often it is tried, is not decided here. */
import { alertCodec, severities, type Alert } from '../records/alert.js';
import type { Operator } from '../records/batch.js';
import { struct, uint } from '../records/codec.js';
import { entityFromKey, type Labels } from '../records/entity.js';
import type { Notification, AlertNotice } from '../records/notification.js';
import type { StateStores, Store } from '../records/store.js';
import { mapBatch } from './compose.js';
import { compileMatch } from './match.js';

/** A record of the `alerts` log with its offset. */
export interface AlertRecord {
  readonly offset: number;
  readonly record: Alert;
}

export interface NotifyRoute {
  readonly name: string;
  readonly match: Labels;
}

export interface NotifyOptions {
  readonly webhooks: readonly NotifyRoute[];
  /** Alerts kept so that a verdict on them finds its context; the oldest resolved ones go first. */
  readonly kept?: number;
}

/** The name under which the latest state of each alert is kept, by fingerprint. */
export const alertStore = (stores: StateStores): Store<Alert> => stores.open('alerts', alertCodec);

const seen = struct<{ epoch: number; offset: number; n: number }>({ epoch: uint, offset: uint, n: uint });

/**
 * One notice a transition, and one call for each webhook route that matches, when an alert is new, worse or resolved.
 * Repeats, told by their tag, are dropped.
 */
export function notify(
  stores: StateStores,
  { webhooks, kept = 5000 }: NotifyOptions,
): Operator<AlertRecord, Notification> {
  const alerts = alertStore(stores);
  const positions = stores.open('seen', seen);
  const routes = webhooks.map(({ name, match }) => ({ name, matches: compileMatch(match) }));

  return mapBatch((batch) => {
    const items: Notification[] = [];
    for (const { record: alert } of batch.items) {
      if (isRepeat(positions, alert)) continue;
      const change = changeOf(alerts.get(alert.fingerprint), alert);
      alerts.put(alert.fingerprint, alert);
      items.push({ type: 'notice', alert, change });
      if (change === 'refresh' || alert.audit) continue;
      const { labels } = entityFromKey(alert.entity);
      for (const route of routes) {
        if (!route.matches(labels)) continue;
        items.push({
          type: 'webhook',
          id: `${alert.fingerprint}-${alert.status}-${alert.at}-${route.name}`,
          route: route.name,
          alert,
        });
      }
    }
    forget(alerts, kept);
    return { ...batch, items };
  });
}

function isRepeat(positions: Store<{ epoch: number; offset: number; n: number }>, { tag }: Alert): boolean {
  const last = positions.get(tag.source);
  if (last && (tag.offset < last.offset || (tag.offset === last.offset && tag.n <= last.n))) return true;
  positions.put(tag.source, { epoch: tag.epoch, offset: tag.offset, n: tag.n });
  return false;
}

function changeOf(before: Alert | undefined, alert: Alert): AlertNotice['change'] {
  if (alert.status === 'resolved') return 'resolved';
  if (before?.status !== 'firing') return 'new';
  return severities.indexOf(alert.severity) > severities.indexOf(before.severity) ? 'worse' : 'refresh';
}

/** Keeps the table bounded: resolved alerts go in order of their last window. */
function forget(alerts: Store<Alert>, kept: number): void {
  if (alerts.size <= kept) return;
  const resolved = [...alerts.keys()]
    .map((key) => alerts.get(key)!)
    .filter(({ status }) => status === 'resolved')
    .sort((a, b) => a.lastAt - b.lastAt || (a.fingerprint < b.fingerprint ? -1 : 1));
  for (const { fingerprint } of resolved.slice(0, Math.ceil(kept / 10))) alerts.delete(fingerprint);
}
