/** Decides whom to tell of an alert's transition. What is sent, and how often it is tried, is not decided here. */
import type { Operator } from '../records/batch.js';
import { entityFromKey, type Labels } from '../records/entity.js';
import type { Notification } from '../records/notification.js';
import { mapBatch } from './compose.js';
import { compileMatch } from './match.js';

export interface NotifyRoute {
  readonly name: string;
  readonly match: Labels;
}

export interface RouteOptions {
  readonly webhooks: readonly NotifyRoute[];
}

/** One call for each webhook route that matches, when an alert is new, worse or resolved. Questions are not told. */
export function route({ webhooks }: RouteOptions): Operator<Notification, Notification> {
  const routes = webhooks.map(({ name, match }) => ({ name, matches: compileMatch(match) }));
  return mapBatch((batch) => {
    const items: Notification[] = [];
    for (const item of batch.items) {
      items.push(item);
      if (item.type !== 'notice' || item.change === 'refresh' || item.alert.audit) continue;
      const { alert } = item;
      const { labels } = entityFromKey(alert.entity);
      for (const { name, matches } of routes) {
        if (!matches(labels)) continue;
        const id = `${alert.fingerprint}-${alert.status}-${alert.at}-${name}`;
        items.push({ type: 'webhook', id, route: name, alert });
      }
    }
    return { ...batch, items };
  });
}
