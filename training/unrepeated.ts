/** Records of a shard of `windows` without what a task that was restarted wrote again, and without what a zombie wrote. */
import { Sources } from '../operators/merge/sources.js';
import type { WindowsRecord } from '../records/windows.js';
import type { ChannelItem } from '../runtime/channel-source.js';
import { MemoryBackend } from '../runtime/memory-backend.js';
import { TaskState } from '../runtime/state.js';

/** A run that was killed has repeats in its log and must learn what an undisturbed one learns: each record counts once. */
export async function* unrepeated(
  records: AsyncIterable<ChannelItem<WindowsRecord>>,
): AsyncGenerator<ChannelItem<WindowsRecord>> {
  const stores = await TaskState.restore(new MemoryBackend(), 'unrepeated', 0);
  const sources = new Sources(stores);
  for await (const item of records) {
    const { record } = item;
    if ('tag' in record && sources.take(record.tag) !== undefined) continue;
    yield item;
  }
  stores.close();
}
