/** Alerts in; notices and webhook calls out. What is healed is decided on the known alerts, by operators/heal/. */
import { pipe } from 'rxjs';
import type { Operator } from '../records/batch.js';
import type { Notification } from '../records/notification.js';
import type { StateStores } from '../records/store.js';
import { deduplicate, type AdmitOptions, type AlertRecord } from '../operators/deduplicate.js';
import { onSubscribe } from '../operators/map-batch.js';
import { group, type GroupOptions } from '../operators/group.js';
import { route, type RouteOptions } from '../operators/route.js';

/** What `respond` is made of. */
export interface RespondParts extends AdmitOptions, RouteOptions {
  readonly stores: StateStores;
  readonly incidents: GroupOptions;
}

/** From alerts to notifications. */
export const respond = ({ stores, incidents, ...options }: RespondParts): Operator<AlertRecord, Notification> =>
  onSubscribe(() =>
    pipe(
      deduplicate(stores, options), // repeats dropped; one notice a transition
      group(stores, incidents), // what breaks together is one incident, with its likely origin
      route(stores, options), // one call a matching route
    ),
  );
