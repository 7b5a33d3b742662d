/** Asks for a snapshot, or to go back to one: what is asked is checked, written as a control, and read back. */
import { randomUUID } from 'node:crypto';
import { RegistryError } from '../../models/registry/artefact-set.js';
import { openSet } from '../../models/registry/registry.js';
import type { Control } from '../../records/control.js';
import {
  misnamedSnapshot,
  revertControl,
  snapshotControl,
  type Revert,
  type Snapshot,
  type TimeRange,
} from '../../records/snapshot.js';
import type { TrainingLedger } from '../../training/ledger.js';

export interface SnapshotRequest {
  /** Its name; one that says when, where it is not given. */
  readonly id?: string;
  readonly by: string;
  readonly why: string;
}

export interface RevertRequest {
  readonly snapshot: string;
  readonly without: readonly TimeRange[];
  readonly by: string;
  readonly why: string;
}

export type SnapshotOutcome =
  | { readonly done: true; readonly id: string; readonly artefact: string }
  | { readonly done: false; readonly kind: 'wrong' | 'conflict'; readonly why: string };

export interface SnapshotDoors {
  readonly ledger: () => TrainingLedger | Promise<TrainingLedger>;
  readonly shards: number;
  /** Folder of the registry. */
  readonly dir: string;
  /** Shards of a snapshot that cannot be found; undefined where that is not known here. */
  readonly missing: (snapshot: string) => Promise<readonly number[] | undefined>;
  /** Makes a control durable, and gives the ledger that has read it. */
  readonly say: (control: Control) => Promise<TrainingLedger>;
}

const wrong = (why: string): SnapshotOutcome => ({ done: false, kind: 'wrong', why });

/** @param decided up to where it is decided, ms of event time; 0 where that is not known */
export async function askSnapshot(
  { id: named, by, why }: SnapshotRequest,
  via: string,
  { ledger, shards, say }: SnapshotDoors,
  decided = 0,
): Promise<SnapshotOutcome> {
  const at = Date.now();
  const id = named ?? `by-hand-${new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, '').toLowerCase()}`;
  const misnamed = misnamedSnapshot(id);
  if (misnamed !== undefined) return wrong(misnamed);
  const known = await ledger();
  const taken: SnapshotOutcome = {
    done: false,
    kind: 'conflict',
    why: `there is a snapshot ${id} already: give another name`,
  };
  if (known.snapshots.has(id)) return taken;
  const artefact = known.inForce?.artefact ?? '';
  const snapshot: Snapshot = { id, artefact, decided, shards, by, why, at };
  const after = await say(snapshotControl(snapshot, via));
  const first = after.snapshots.get(id);
  return first?.at === at && first.by === by ? { done: true, id, artefact } : taken;
}

export async function askRevert(
  { snapshot, without, by, why }: RevertRequest,
  via: string,
  { ledger, shards, dir, missing, say }: SnapshotDoors,
): Promise<SnapshotOutcome> {
  for (const { from, to } of without)
    if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && from < to))
      return wrong('a range that is left out must end after it begins');
  const known = await ledger();
  const kept = known.snapshots.get(snapshot);
  if (!kept) return wrong(`there is no snapshot ${snapshot}: tocsin snapshot list shows those that there are`);
  if (kept.shards !== shards)
    return wrong(
      `the snapshot ${snapshot} is of ${kept.shards} shards, and there are ${shards} now: it cannot be used`,
    );
  const lost = (await missing(snapshot)) ?? [];
  if (lost.length > 0)
    return wrong(`the snapshot ${snapshot} is not there any more (shard ${lost.join(', ')}): choose a later one`);
  const { artefact } = kept;
  let from = 0;
  if (artefact !== '') {
    try {
      from = known.nextBound((await openSet(dir, artefact)).index.from);
    } catch (error) {
      if (error instanceof RegistryError) return wrong(error.message);
      throw error;
    }
  }
  const revert: Revert = { id: `revert/${randomUUID()}`, snapshot, without, artefact, from, by, why, at: Date.now() };
  const after = await say(revertControl(revert, via));
  if (after.moves.get(revert.id) !== true) return wrong(`there is no snapshot ${snapshot} any more`);
  return { done: true, id: revert.id, artefact };
}
