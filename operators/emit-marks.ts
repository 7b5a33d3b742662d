/** Tags what leaves `ingest`, and puts the watermark after everything that it covers. */
import { concatMap } from 'rxjs';
import type { Aggregated } from './aggregate.js';
import type { Batch, Operator } from '../records/batch.js';
import { struct, uint, type Codec } from '../records/wire/codec.js';
import type { StateStores } from '../records/store.js';
import type { IngestRecord, Tag } from '../records/windows.js';

/** What `emitMarks` is made of. */
export interface MarkParts {
  readonly source: string;
  /** Raised when the source is re-created under the same name. */
  readonly incarnation: number;
  /** Fencing epoch of the task. */
  readonly epoch: number;
  readonly stores: StateStores;
}

/** How many records of the last offset are numbered already. */
export interface Ordinal {
  offset: number;
  n: number;
}
/** Of the store `ingest.ordinal`: up to where a source's records are written and checkpointed. */
export const emittedOrdinal: Codec<Ordinal> = struct<Ordinal>({ offset: uint, n: uint });

/** Records a batch that leaves: between batches the task breathes. */
const most = 4096;

/**
 * Numbers the records that the same offset caused, and turns `closed` into a mark. A batch that became large leaves in
 * several; only the last has the position and the rejects.
 */
export function emitMarks(parts: MarkParts): Operator<Aggregated, IngestRecord> {
  const { source, incarnation, epoch, stores } = parts;
  const store = stores.open('ingest.ordinal', emittedOrdinal);

  const tagged = (items: readonly Aggregated[]): IngestRecord[] => {
    const last = store.get('') ?? { offset: 0, n: 0 };
    const out = items.map((item): IngestRecord => {
      const { offset, ...rest } = item;
      if (offset !== last.offset) {
        last.offset = offset;
        last.n = 0;
      }
      const tag: Tag = { source, incarnation, epoch, offset, n: last.n++ };
      if (rest.type !== 'closed') return { ...rest, tag };
      return { type: 'mark', tag, kind: rest.kind, watermark: rest.watermark };
    });
    if (items.length > 0) store.put('', last);
    return out;
  };

  return concatMap((batch): readonly Batch<IngestRecord>[] => {
    const items = tagged(batch.items);
    const out: Batch<IngestRecord>[] = [];
    for (let at = most; at < items.length; at += most) out.push({ items: items.slice(at - most, at), rejected: [] });
    out.push({ ...batch, items: items.slice(out.length * most) });
    return out;
  });
}
