/** Lets a session class learn from the sessions that are over, after everything at their boundary was decided. */
import type { Operator } from '../records/batch.js';
import { bool } from '../records/wire/codec.js';
import type { DecidedRecord } from '../records/decided.js';
import type { SessionRelease } from '../records/row.js';
import type { StateStores } from '../records/store.js';
import { Calendars } from './calendars/calendars.js';
import { mapBatch } from './map-batch.js';
import type { SessionClasses } from './sessions/session-class.js';

/** Takes the releases out; a session that ever fired counts less, and says so when it fires again. */
export function learnSessions(
  stores: StateStores,
  classes: SessionClasses,
): Operator<DecidedRecord | SessionRelease, DecidedRecord> {
  const fired = stores.open('sessions-fired', bool);
  const calendars = new Calendars(stores);
  return mapBatch((batch) => {
    const items: DecidedRecord[] = [];
    for (const item of batch.items) {
      if (item.type === 'release') {
        const { entity, key, events } = item.session;
        const id = `${entity} ${key}`;
        const { freeze, expect } = calendars.inForce(entity, item.session.first, item.session.end);
        // An expected session is learnt as any other, though it fired.
        if (freeze === undefined && events.size > 0)
          classes.learn(entity, events, expect === undefined && fired.get(id) === true);
        fired.delete(id);
        continue;
      }
      if (item.type === 'decided' && item.decision.key !== '' && item.decision.fired) {
        const id = `${item.decision.entity} ${item.decision.key}`;
        items.push(fired.get(id) === true ? { ...item, again: true } : item);
        fired.put(id, true);
        continue;
      }
      items.push(item);
    }
    return { ...batch, items };
  });
}
