/** Decides which remedies to call. Deciding is pure and remembered; calling happens at most once, elsewhere. */
import type { Severity } from '../records/alert.js';
import type { Operator } from '../records/batch.js';
import { uint } from '../records/codec.js';
import { entityFromKey, type Labels } from '../records/entity.js';
import { atLeast, type Notification } from '../records/notification.js';
import type { StateStores } from '../records/store.js';
import { mapBatch } from './compose.js';
import { isOwn } from './input-alerts.js';
import { compileMatch } from './match.js';

export interface HealingRule {
  readonly name: string;
  readonly match: Labels;
  /** At least this severe. */
  readonly severity: Severity;
  /** Firing for at least this long, ms of event time. */
  readonly for: number;
  /** At least this much evidence behind the calibration, 0 to 1. */
  readonly confidence: number;
  /** At most one call an entity in this time, ms of event time. */
  readonly cooldown: number;
  readonly dryRun: boolean;
}

/**
 * Adds a healing call after each notice that calls for one: at most one an alert and rule, and one an entity within
 * the cooldown. Questions, resolved alerts and those about tocsin's own input never heal.
 */
export function heal(stores: StateStores, rules: readonly HealingRule[]): Operator<Notification, Notification> {
  const called = stores.open('healing', uint);
  const compiled = rules.map((rule) => ({ ...rule, matches: compileMatch(rule.match) }));

  return mapBatch((batch) => {
    const items: Notification[] = [];
    for (const item of batch.items) {
      items.push(item);
      if (item.type !== 'notice' || item.alert.status !== 'firing' || item.alert.audit) continue;
      if (isOwn(item.alert)) continue;
      const { alert } = item;
      const { labels } = entityFromKey(alert.entity);
      for (const rule of compiled) {
        const once = `alert ${rule.name} ${alert.fingerprint}`;
        const cooldown = `entity ${rule.name} ${alert.entity}`;
        const last = called.get(cooldown);
        const holds =
          !rule.matches(labels) ||
          !atLeast(alert.severity, rule.severity) ||
          alert.lastAt - alert.startsAt < rule.for ||
          alert.confidence < rule.confidence ||
          called.get(once) !== undefined ||
          (last !== undefined && alert.at - last < rule.cooldown);
        if (holds) continue;
        called.put(once, alert.at);
        called.put(cooldown, alert.at);
        items.push({
          type: 'heal',
          id: `${alert.fingerprint}-${rule.name}`,
          rule: rule.name,
          alert,
          dryRun: rule.dryRun,
        });
      }
    }
    return { ...batch, items };
  });
}
