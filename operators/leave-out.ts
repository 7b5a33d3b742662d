/** Leaves ranges of event time out of what is decided and learnt, as if nobody had looked at them. */
import type { Operator } from '../records/batch.js';
import { timeRange, type TimeRange } from '../records/snapshot.js';
import type { StateStores, Store } from '../records/store.js';
import type { Closed } from '../records/window.js';
import { list } from '../records/wire/codec.js';
import { mapBatch } from './map-batch.js';

/** What reverts have left out, by the empty key. */
export const leftOut = (stores: StateStores): Store<readonly TimeRange[]> => stores.open('left-out', list(timeRange));

/**
 * Without windows that overlap a range, sessions that began in one or are looked at in one, and verdicts on either.
 * What closes them goes on: boundaries, definitions, promotions.
 */
export function leaveOut(ranges: () => readonly TimeRange[]): Operator<Closed, Closed> {
  return mapBatch((batch) => {
    const all = ranges();
    return all.length === 0 ? batch : { ...batch, items: batch.items.filter((item) => !isIn(item, all)) };
  });
}

function isIn(item: Closed, ranges: readonly TimeRange[]): boolean {
  const overlaps = (start: number, end: number): boolean => ranges.some(({ from, to }) => start < to && end > from);
  if (item.type === 'log' || item.type === 'series') return overlaps(item.start, item.end);
  if (item.type === 'session') return overlaps(item.first, item.first + 1) || overlaps(item.end - 1, item.end);
  return item.type === 'verdict' && overlaps(item.verdict.context.end - 1, item.verdict.context.end);
}
