/** Takes transitions of alerts in: repeats are dropped, the latest state of each alert is kept. */
import { alertCodec, severities, type Alert } from '../records/alert.js';
import type { Operator } from '../records/batch.js';
import { struct, uint } from '../records/wire/codec.js';
import type { Notification, AlertNotice } from '../records/notification.js';
import type { StateStores, Store } from '../records/store.js';
import { mapBatch } from './map-batch.js';

/** A record of the `alerts` log with its offset. */
export interface AlertRecord {
  readonly offset: number;
  readonly record: Alert;
}

/** How `deduplicate` is bounded. */
export interface AdmitOptions {
  /** Alerts kept so that a verdict on them finds its context; the oldest resolved ones go first. */
  readonly kept?: number;
}

/** The name under which the latest state of each alert is kept, by fingerprint. */
export const alertStore = (stores: StateStores): Store<Alert> => stores.open('alerts', alertCodec, 2);

const seen = struct<{ epoch: number; offset: number; n: number }>({ epoch: uint, offset: uint, n: uint });

/** One notice a transition, with what is new about it. Repeats, recognised by their tag, are dropped. */
export function deduplicate(
  stores: StateStores,
  { kept = 5000 }: AdmitOptions = {},
): Operator<AlertRecord, Notification> {
  const alerts = alertStore(stores);
  const positions = stores.open('seen', seen);

  return mapBatch((batch) => {
    const items: Notification[] = [];
    for (const { record: alert } of batch.items) {
      if (isRepeat(positions, alert)) continue;
      const change = changeOf(alerts.get(alert.fingerprint), alert);
      alerts.put(alert.fingerprint, alert);
      items.push({ type: 'notice', alert, change });
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
  // What was a question, or muted, is news when it is so no more.
  const wasTold =
    before?.status === 'firing' && (!before.audit || alert.audit) && (before.muted === '' || alert.muted !== '');
  if (!wasTold) return 'new';
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
