/** Alerts in; notices, webhook calls and healing calls out. */
import type { Operator } from '../records/batch.js';
import type { Notification } from '../records/notification.js';
import type { StateStores } from '../records/store.js';
import { admit, type AdmitOptions, type AlertRecord } from '../operators/admit.js';
import { compose } from '../operators/compose.js';
import { group, type GroupOptions } from '../operators/group.js';
import { heal, type HealingRule } from '../operators/heal.js';
import { route, type RouteOptions } from '../operators/route.js';

export interface RespondParts extends AdmitOptions, RouteOptions {
  readonly stores: StateStores;
  readonly incidents: GroupOptions;
  readonly healing: readonly HealingRule[];
}

export const respond = ({
  stores,
  incidents,
  healing,
  ...options
}: RespondParts): Operator<AlertRecord, Notification> =>
  compose(
    admit(stores, options), // repeats dropped; one notice a transition
    group(stores, incidents), // what breaks together is one incident, with its likely origin
    route(options), // one call a matching route
    heal(stores, healing), // guards; at most one call an alert and rule
  );
