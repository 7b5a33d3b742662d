/** Disturbances: what sessions look like when lines are added, kinds are torn apart, or a release rewords a line. */
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
    const [own] = events.values();
    if (!own) return events;
    const { first } = own;
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

/**
 * From a moment on a line is written in other words: half of its words that no other line has, rounded up.
 *
 * @param rank - of the lines by how often they come, 0 for the most frequent
 * @param at - ms
 */
export function withRewording(records: readonly WindowsRecord[], rank: number, at: number): WindowsRecord[] {
  const counts = new Map<number, number>();
  for (const record of records) {
    if (record.type !== 'session') continue;
    for (const [id, event] of record.events) counts.set(id, (counts.get(id) ?? 0) + event.count);
  }
  const [old] = [...counts].sort(([a, n], [b, m]) => m - n || a - b)[rank]!;
  const definitions = records.filter((record) => record.type === 'definition');
  const holders = new Map<string, number>();
  for (const word of definitions.flatMap(({ masked }) => [...new Set(masked.split(' '))]))
    holders.set(word, (holders.get(word) ?? 0) + 1);
  const reworded = 1;
  let own = 0;
  const otherWords = (masked: string): string =>
    masked
      .split(' ')
      .map((word) => (holders.get(word) === 1 && own++ % 2 === 0 ? `other-word-${own}` : word))
      .join(' ');
  // The new definition has a place of its own in the log, or it would be taken for a repeat.
  const withDefinition = records.flatMap((given): WindowsRecord[] => {
    if (!('tag' in given)) return [given];
    const record = { ...given, tag: { ...given.tag, n: 2 * given.tag.n } };
    if (record.type !== 'definition' || record.signature !== old) return [record];
    const tag = { ...record.tag, n: record.tag.n + 1 };
    return [record, { ...record, tag, signature: reworded, masked: otherWords(record.masked) }];
  });
  return changed(withDefinition, ({ events }) => {
    const written = new Map<number, SessionEvent>();
    for (const [id, event] of events) written.set(id === old && event.first >= at ? reworded : id, event);
    return written;
  });
}

const changed = (
  records: readonly WindowsRecord[],
  change: (record: SessionPartial) => SessionPartial['events'],
): WindowsRecord[] =>
  records.map((record) => (record.type === 'session' ? { ...record, events: change(record) } : record));
