/** What a detect task does at a record about snapshots: keeps what its shard has learnt, or goes back to it. */
import type { WindowsRecord } from '../../records/windows.js';
import type { ChannelItem } from '../../runtime/channel-source.js';
import type { TurnOptions } from '../../runtime/task-options.js';
import { redone, type Redoing } from './redone.js';
import type { SnapshotStore } from './store.js';

export interface TurnParts {
  readonly shard: number;
  readonly shards: number;
  readonly store: Pick<SnapshotStore, 'put' | 'get'>;
  /** Records of the shard from one offset up to another. */
  readonly records: (from: number, to: number) => AsyncIterable<ChannelItem<WindowsRecord>>;
  readonly detect: Redoing['parts'];
  readonly reverted?: (snapshot: string) => void;
}

export const snapshotTurns = (parts: TurnParts): TurnOptions<ChannelItem<WindowsRecord>> => ({
  of: ({ offset, record }) => {
    if (record.type === 'snapshot') return { id: `snapshot/${record.id}`, offset };
    return record.type === 'revert' ? { id: record.id, offset } : undefined;
  },
  take: async ({ offset, record }, now) => {
    const { shard, shards, store, records, detect } = parts;
    if (record.type === 'snapshot') {
      await store.put({ ...now, snapshot: record.id, shard, shards, offset });
      return undefined;
    }
    if (record.type !== 'revert') return undefined;
    const snapshot = await store.get(record.snapshot, shard);
    if (!snapshot)
      throw new Error(
        `the snapshot ${record.snapshot} of shard ${shard} is missing, and the log goes back to it here: ` +
          'bring its file back into the folder snapshots of the state',
      );
    const since = records(snapshot.offset + 1, offset);
    const fresh = await redone({ snapshot, revert: record, now, since, parts: detect });
    parts.reverted?.(record.snapshot);
    return fresh;
  },
});
