/** Passes the first line of each signature of a source: what is new to read, without its repeats. */
import { mapBatch } from '../../../operators/map-batch.js';
import type { Operator } from '../../../records/batch.js';
import { bool } from '../../../records/wire/codec.js';
import { hex } from '../../../records/wire/hash.js';
import type { DecodedRecord } from '../../../records/log-record.js';
import type { SourceCommand } from '../../../records/raw.js';
import type { StateStores } from '../../../records/store.js';

type Item = DecodedRecord | SourceCommand;

/** Stands behind `sign`. Points and controls pass. */
export function firstSight(stores: StateStores): Operator<Item, Item> {
  // What lasts from batch to batch is in a store: it is in the checkpoint, and a restart has it again.
  const seen = stores.open('first-sight', bool);
  return mapBatch((batch) => ({
    ...batch,
    items: batch.items.filter((item) => {
      if (item.type !== 'log') return true;
      const key = hex(item.signature);
      if (seen.get(key)) return false;
      seen.put(key, true);
      return true;
    }),
  }));
}
