/** Stored records of one shard through a topology, as training and the trial of a set read them. */
import type { WindowsItem } from '../operators/merge.js';
import type { Operator } from '../records/batch.js';
import type { WindowsRecord } from '../records/windows.js';
import { Pass } from '../runtime/pass.js';

/** Records a batch. */
const slice = 512;

/**
 * Pushes the wanted records in their order; the topology is subscribed to once, so that what it remembers lasts.
 *
 * @param each - receives every item that leaves; true where it is beyond what is read: nothing follows that batch
 */
export async function runRecords<T>(
  topology: Operator<WindowsItem, T>,
  records: AsyncIterable<WindowsItem>,
  isWanted: (record: WindowsRecord) => boolean,
  each: (item: T) => boolean,
): Promise<void> {
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
    for await (const item of records) {
      if (!isWanted(item.record)) continue;
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
