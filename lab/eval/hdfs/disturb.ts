/** Disturbances of the template mining: what sessions look like to it when lines are added or kinds are torn apart. */
import type { SessionEvent } from '../../../records/aggregate.js';
import { hashText } from '../../../records/wire/hash.js';
import type { SessionPartial, WindowsRecord } from '../../../records/windows.js';

/** Templates that are added, or split. */
const count = 5;
/** Chance that a minute of a session has lines of a chatter template; about half of the sessions then have it. */
const chatter = 0.1;

const chance = (...parts: readonly (string | number)[]): number => hashText(parts.join('\0')) / 2 ** 53;

/** Five templates that come and go in sessions of any kind, at random. */
export function withChatter(records: readonly WindowsRecord[]): WindowsRecord[] {
  return changed(records, (record) => {
    const events = new Map(record.events);
    const [{ first }] = events.values();
    for (let i = 0; i < count; i++) {
      if (chance('chatter', i, record.key, record.pane) < chatter) events.set(i + 1, { count: 1, first, last: first });
    }
    return events;
  });
}

/** Lines of the five most frequent templates go to either of two at random. */
export function withSplits(records: readonly WindowsRecord[]): WindowsRecord[] {
  const counts = new Map<number, number>();
  for (const record of records) {
    if (record.type !== 'session') continue;
    for (const [id, event] of record.events) counts.set(id, (counts.get(id) ?? 0) + event.count);
  }
  const split = [...counts].sort(([a, n], [b, m]) => m - n || a - b).slice(0, count);
  const other = new Map(split.map(([id], i) => [id, i + 1]));
  return changed(records, ({ events, key, pane }) => {
    const torn = new Map<number, SessionEvent>();
    for (const [id, event] of events) {
      const to = other.get(id);
      let moved = 0;
      for (let line = 0; to !== undefined && line < event.count; line++) {
        if (chance('split', id, key, pane, line) < 0.5) moved++;
      }
      if (moved < event.count) torn.set(id, { ...event, count: event.count - moved });
      if (to !== undefined && moved > 0) torn.set(to, { ...event, count: moved });
    }
    return torn;
  });
}

const changed = (
  records: readonly WindowsRecord[],
  change: (record: SessionPartial) => SessionPartial['events'],
): WindowsRecord[] =>
  records.map((record) => (record.type === 'session' ? { ...record, events: change(record) } : record));
