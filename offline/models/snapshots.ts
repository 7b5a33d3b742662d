/** Snapshots beside a run: what the log and the disk have of them, and asking for one where no process holds the log. */
import type { Config } from '../../config/schema.js';
import type { Control } from '../../records/control.js';
import type { Revert, Snapshot } from '../../records/snapshot.js';
import {
  askRevert,
  askSnapshot,
  type RevertRequest,
  type SnapshotDoors,
  type SnapshotOutcome,
  type SnapshotRequest,
} from '../../service/snapshots/ask.js';
import { SnapshotStore } from '../../service/snapshots/store.js';
import { openState } from '../../service/state.js';
import { Artefacts } from '../../training/artefacts.js';
import { appendControl } from '../windows-log.js';
import { readLedger } from './names.js';

/** A snapshot that is kept, or one that is not there yet. */
export interface ListedSnapshot extends Snapshot {
  /** On this disk, bytes; undefined where it is not here. */
  readonly bytes?: number;
}

export interface ListedSnapshots {
  readonly snapshots: readonly ListedSnapshot[];
  readonly reverts: readonly Revert[];
  /** Snapshots that were deleted since. */
  readonly deleted: number;
}

export async function listSnapshots(config: Config): Promise<ListedSnapshots> {
  const { snapshots, reverts, pendingTurns } = await readLedger(config);
  const sizes = await SnapshotStore.in(config.state.dir).sizes();
  const waits = new Set(pendingTurns.map(({ id }) => id));
  const isElsewhere = config.channels.backend === 'kafka';
  const listed = [...snapshots.values()].filter(({ id }) => isElsewhere || sizes.has(id) || waits.has(id));
  return {
    snapshots: listed.map((one) => {
      const bytes = sizes.get(one.id);
      return { ...one, ...(bytes === undefined ? {} : { bytes }) };
    }),
    reverts,
    deleted: snapshots.size - listed.length,
  };
}

/** Throws a StartError where a running tocsin holds the log: it has to be asked. */
export const snapshotOffline = (config: Config, request: SnapshotRequest): Promise<SnapshotOutcome> =>
  askSnapshot(
    request,
    'cli',
    doors(config, () => undefined),
  );

/** Throws a StartError where a running tocsin holds the log: it has to be asked. */
export const revertOffline = (
  config: Config,
  request: RevertRequest,
  warn: (message: string) => void,
): Promise<SnapshotOutcome> => askRevert(request, 'cli', doors(config, warn));

const doors = (config: Config, warn: (message: string) => void): SnapshotDoors => ({
  ledger: () => readLedger(config),
  shards: config.channels.shards,
  dir: Artefacts.in(config.state.dir).dir,
  missing: (snapshot) => missing(config, snapshot, warn),
  say: async (control: Control) => {
    await appendControl(config, control);
    return readLedger(config);
  },
});

async function missing(
  config: Config,
  snapshot: string,
  warn: (message: string) => void,
): Promise<readonly number[] | undefined> {
  const { shards, backend } = config.channels;
  if (config.state.backend !== 'redis')
    return backend === 'kafka' ? undefined : SnapshotStore.in(config.state.dir).missing(snapshot, shards);
  const state = await openState(config, warn);
  try {
    return await SnapshotStore.in(config.state.dir, state.blobs).missing(snapshot, shards);
  } finally {
    await state.backend.close();
  }
}
