/** Where checkpoints live: what every state backend (memory, LevelDB, Redis) has to promise. */
import type { Position } from '../records/batch.js';

/** An entry of a store, as a backend keeps it. */
export interface StoredEntry {
  readonly store: string;
  readonly key: string;
  readonly value: Uint8Array;
}

/** All that a task keeps, by store, with the schema version of each. */
export interface StoredState {
  readonly versions: ReadonlyMap<string, number>;
  readonly entries: readonly StoredEntry[];
}

/** What one checkpoint changes. Entries that are not named stay as they are. */
export interface StateChanges {
  readonly puts: readonly StoredEntry[];
  readonly deletes: readonly { readonly store: string; readonly key: string }[];
  /** Schema version of each store that is named. */
  readonly versions: ReadonlyMap<string, number>;
}

/** The last checkpoint of a task, as it was written. */
export interface Checkpoint {
  /** The epoch claimed for the caller. */
  readonly epoch: number;
  readonly position: Position | undefined;
  readonly versions: ReadonlyMap<string, number>;
  readonly entries: readonly StoredEntry[];
}

/** Where tasks keep their state: LevelDB, Redis, or memory. A claim fences earlier holders of the task by its epoch. */
export interface StateBackend {
  /**
   * Takes a task over: raises its epoch to `max(stored + 1, now)`, durably, and gives its last checkpoint. From then
   * on writes under a lower epoch are refused, so two holders of one task cannot both write.
   *
   * @param now wall clock, ms since 1970
   * @param dependentTask a task that relies on what this one has written, as the one that fills an outbox does: where an
   * acknowledged write of this one is lost, that task's writes by the same process are refused too (StateLostError), so
   * it never gets ahead
   * @param paged called for each page of entries that has come: a large state takes minutes, and goes on
   */
  claim(task: string, now: number, dependentTask?: string, paged?: () => void): Promise<Checkpoint>;
  /**
   * Writes changes and position in one durable step: after a crash either all of it is there or nothing.
   * An undefined position leaves the stored one.
   *
   * @throws FencedError where the stored epoch is higher
   */
  write(task: string, epoch: number, changes: StateChanges, position: Position | undefined): Promise<void>;
  close(): Promise<void>;
}

/** Another holder took the task over: the receiver stops at once and writes nothing more. */
export class FencedError extends Error {
  override readonly name = 'FencedError';

  constructor(
    readonly task: string,
    readonly epoch: number,
    readonly stored: number,
  ) {
    super(
      `task ${task} was taken over: epoch ${stored} is stored and this holder has ${epoch}. ` +
        'It stops; if two processes run with the same state, give each its own or stop one.',
    );
  }
}

/** State that was acknowledged is not there any more. Going on with what is left would decide from less than was learnt. */
export class StateLostError extends Error {
  override readonly name = 'StateLostError';

  /**
   * @param lost what is missing, and where it should be
   * @param remedy what to do, where it is another thing than to bring the state back
   */
  constructor(
    lost: string,
    remedy = 'Restore it from a backup, or start empty as the operations page says under "Lost state"',
  ) {
    super(`${lost}. Nothing was overwritten. ${remedy}.`);
  }
}
