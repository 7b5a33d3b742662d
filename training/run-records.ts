/** Stored records of one shard through a topology, as training and the trial of a set read them. */
import type { WindowsItem } from '../operators/merge.js';
import type { Operator } from '../records/batch.js';
import type { PaneRange, WindowsRecord } from '../records/windows.js';
import type { ChannelItem } from '../runtime/channel-source.js';
import { Pass } from '../runtime/pass.js';

/**
 * The records of one shard, from its beginning; called for each pass over them.
 *
 * @param panes - all that is needed: partials of other panes may have counted nothing (`decodeWithin`)
 */
export type ShardRecords = (panes?: PaneRange) => AsyncIterable<ChannelItem<WindowsRecord>>;

/** Records a batch. */
const slice = 512;

/** Event time before the windows that are looked at from which baselines are built, ms. */
const runUp = 2 * 86_400_000;
/** Not about detectors: what is in force is given, nothing is learnt from people here, and sessions are left out. */
const leftOut: ReadonlySet<WindowsRecord['type']> = new Set([
  'promotion',
  'canary',
  'shadow',
  'verdict',
  'revocation',
  'session',
]);

/**
 * Pushes the records in their order; the topology is subscribed to once, so that what it remembers lasts.
 *
 * @param from - the first window that is looked at, ms: records before its run-up are left out
 * @param each - receives every item that leaves; true where it is beyond what is read: nothing follows that batch
 */
export async function runRecords<T>(
  topology: Operator<WindowsItem, T>,
  records: ShardRecords,
  from: number,
  each: (item: T) => boolean,
): Promise<void> {
  const panes = { from: from - runUp, to: Number.POSITIVE_INFINITY };
  const pass = new Pass(topology);
  let offset = 0;
  const isBeyond = async (items: readonly WindowsItem[]): Promise<boolean> => {
    let beyond = false;
    offset += items.length;
    for await (const batch of pass.run({ items, rejected: [], position: { source: 'windows', offset } }))
      for (const item of batch.items) if (each(item)) beyond = true;
    return beyond;
  };
  try {
    let batch: WindowsItem[] = [];
    for await (const item of records(panes)) {
      const { record } = item;
      if (leftOut.has(record.type) || ('pane' in record && record.pane < panes.from)) continue;
      batch.push(item);
      if (batch.length < slice) continue;
      if (await isBeyond(batch)) return;
      batch = [];
    }
    await isBeyond(batch);
  } finally {
    pass.close();
  }
}
