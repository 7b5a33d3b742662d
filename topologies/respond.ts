/** Alerts in; notices, webhook calls and healing calls out. */
import type { Operator } from '../records/batch.js';
import type { Notification } from '../records/notification.js';
import type { StateStores } from '../records/store.js';
import { compose } from '../operators/compose.js';
import { heal, type HealingRule } from '../operators/heal.js';
import { notify, type AlertRecord, type NotifyOptions } from '../operators/notify.js';

export interface RespondParts extends NotifyOptions {
  readonly stores: StateStores;
  readonly healing: readonly HealingRule[];
}

export const respond = ({ stores, healing, ...options }: RespondParts): Operator<AlertRecord, Notification> =>
  compose(
    notify(stores, options), // repeats dropped; one notice a transition, one call a matching route
    heal(stores, healing), // guards; at most one call an alert and rule
  );
