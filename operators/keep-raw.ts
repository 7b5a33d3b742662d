/** Gives rejects the whole of the record that they are about, so that it can be put back later. */
import { defer, map, tap } from 'rxjs';
import type { Operator, Rejected } from '../records/batch.js';
import type { RawRecord, SourceItem } from '../records/raw.js';

/** A longer record is kept in part: it can be looked at and not put back, bytes. */
export const longestWhole = 512 * 1024;

/**
 * Runs `inner` on each batch and completes its rejects from the batch, by their offsets. Those of records of an earlier
 * batch stay as they are.
 */
export function keepRaw<B>(inner: Operator<SourceItem, B>): Operator<SourceItem, B> {
  return (input) =>
    defer(() => {
      // One batch is inside at a time, so that its outputs belong to the last one that entered.
      let items: readonly SourceItem[] = [];
      return input.pipe(
        tap((batch) => (items = batch.items)),
        inner,
        map((out) => (out.rejected.length === 0 ? out : { ...out, rejected: completed(out.rejected, items) })),
      );
    });
}

function completed(rejected: readonly Rejected[], items: readonly SourceItem[]): Rejected[] {
  const records = new Map<number, RawRecord>();
  for (const item of items) if (item.type === undefined) records.set(item.offset, item);
  return rejected.map((one) => {
    const raw = records.get(one.offset);
    // Where a part of it is not known, the record would bring the others again.
    if (one.part && one.part.from === one.part.to) return one;
    if (!raw || raw.end - raw.start > longestWhole) return one;
    const { timestamp, topic, start, inputs } = raw;
    // Of a record that holds several lines, only those that were refused are put back.
    const [from, to] = one.part ? [start + one.part.from, start + one.part.to] : [start, raw.end];
    return {
      ...one,
      bytes: Uint8Array.prototype.slice.call(raw.bytes, from, to),
      whole: { timestamp, topic },
      ...(inputs ? { inputs } : {}),
    };
  });
}
