/** What a shard keeps after it went back to a snapshot: the records since then are decided again, for their state alone. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { WindowsItem } from '../../operators/merge.js';
import { leftOut } from '../../operators/leave-out.js';
import { shadowStores } from '../../operators/shadow/shadow-stores.js';
import { timeRange, type RevertRecord, type TimeRange } from '../../records/snapshot.js';
import { decode, list, uint, type Codec } from '../../records/wire/codec.js';
import type { StoredState } from '../../runtime/backend.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { Pass } from '../../runtime/pass.js';
import { TaskState } from '../../runtime/state.js';
import { detect, type DetectParts } from '../../topologies/detect.js';

/** Records a batch. */
const slice = 256;

/**
 * What people were notified of, and what was taken already, stays as it is: alerts that fire are over by the rules that
 * always hold, and a promotion that comes again is a repeat.
 */
const stays: ReadonlySet<string> = new Set([
  'episodes',
  'past-episodes',
  'alert-ordinals',
  'input-alerts',
  'controls-taken',
]);

export interface Redoing {
  readonly snapshot: StoredState;
  readonly revert: Pick<RevertRecord, 'without'>;
  /** What the shard keeps where it goes back. */
  readonly now: StoredState;
  /** The records between the snapshot's and the revert's. */
  readonly since: AsyncIterable<WindowsItem>;
  /** As of the run. */
  readonly parts: Omit<DetectParts, 'stores' | 'without'>;
}

export async function redone({ snapshot, revert, now, since, parts }: Redoing): Promise<StoredState> {
  const backend = new MemoryBackend();
  const { shard } = parts.windows;
  const name = `redo/${shard}`;
  const { epoch } = await backend.claim(name, 1);
  await backend.write(
    name,
    epoch,
    {
      puts: snapshot.entries.filter(({ store }) => store !== 'canary' && !shadowStores.has(store)),
      deletes: [],
      versions: snapshot.versions,
    },
    { source: shard, offset: 0 },
  );
  const stores = await TaskState.restore(backend, name, 1);
  leftOut(stores).put('', rangesOf(revert, now));
  const pass = new Pass(detect({ ...parts, stores }));
  const decide = async (items: readonly WindowsItem[]): Promise<void> => {
    const last = items.at(-1);
    if (!last) return;
    const position = { source: shard, offset: last.offset + 1 };
    const outputs = pass.run({ items, rejected: [], position });
    while ((await outputs.next()).done !== true);
    await nextTurn();
  };
  try {
    let items: WindowsItem[] = [];
    for await (const item of since) {
      if (!isDecidedAgain(item)) continue;
      items.push(item);
      if (items.length < slice) continue;
      await decide(items);
      items = [];
    }
    await decide(items);
    return joined(stores.kept(), now);
  } finally {
    pass.close();
    stores.close();
  }
}

/** Ranges that are remembered. */
const maxRanges = 1000;

/** What an earlier revert left out stays out. What is not closed yet is decided as always: nobody is to miss an alert. */
function rangesOf({ without }: Redoing['revert'], now: StoredState): TimeRange[] {
  const valueOf = <T>(name: string, codec: Codec<T>): T | undefined => {
    const entry = now.entries.find(({ store, key }) => store === name && key === '');
    return entry && decode(codec, entry.value);
  };
  const closed = valueOf('boundary', uint) ?? 0;
  const past = without.map(({ from, to }) => ({ from, to: Math.min(to, closed) })).filter(({ from, to }) => from < to);
  return [...(valueOf('left-out', list(timeRange)) ?? []), ...past].slice(-maxRanges);
}

/** The models are those of the snapshot, for all entities. */
const isDecidedAgain = ({ record: { type } }: WindowsItem): boolean =>
  type !== 'promotion' && type !== 'canary' && type !== 'shadow' && type !== 'snapshot' && type !== 'revert';

function joined(fresh: StoredState, now: StoredState): StoredState {
  return {
    versions: new Map([...fresh.versions, ...[...now.versions].filter(([store]) => stays.has(store))]),
    entries: [
      ...fresh.entries.filter(({ store }) => !stays.has(store)),
      ...now.entries.filter(({ store }) => stays.has(store)),
    ],
  };
}
