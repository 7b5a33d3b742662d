/** The state stores of one task: live objects in memory, written to a backend as one checkpoint. */
import type { Position } from '../records/batch.js';
import { decode, encode, type Codec } from '../records/wire/codec.js';
import type { StateStores, Store } from '../records/store.js';
import type { StateChanges, StoredState, StateBackend, StoredEntry } from './backend.js';
import { SortedKeys } from './sorted-keys.js';

/** Stored state has another schema than this release reads. */
export class StateVersionError extends Error {
  override readonly name = 'StateVersionError';

  constructor(task: string, store: string, stored: number, wanted: number) {
    super(
      `state store ${store} of task ${task} holds schema version ${stored}, this release reads version ${wanted}. ` +
        (stored > wanted
          ? 'A newer release wrote it: run that one again. '
          : 'It is too old to be read: run the release before this one first. ') +
        'Or move the state away and let tocsin rebuild it from its logs. Nothing was changed.',
    );
  }
}

/** Names become parts of stored keys, which NUL separates. */
function checkName(kind: string, name: string): string {
  if (name === '' || name.includes('\0'))
    throw new Error(`a ${kind} needs a name without NUL, not ${JSON.stringify(name)}`);
  return name;
}

/** What a checkpoint wrote: entries, and bytes of values. */
export interface CheckpointSize {
  readonly puts: number;
  readonly deletes: number;
  readonly bytes: number;
}

/**
 * State of one task under one epoch. Restored values stay bytes until they are first asked for.
 *
 * @example
 * const state = await TaskState.restore(backend, 'detect/0', Date.now());
 * const baselines = state.open('baselines', baselineCodec, 2);
 * baselines.put('checkout', baseline);
 * await state.checkpoint({ source: 'windows/0', offset: 17 });
 */
export class TaskState implements StateStores {
  private readonly stores = new Map<string, TaskStore<unknown>>();
  private closed = false;
  /** Why a write failed: all that share the state get the cause, not its effect. */
  private failure: Error | undefined;

  private constructor(
    private readonly backend: StateBackend,
    readonly task: string,
    readonly epoch: number,
    /** Position of the restored checkpoint; undefined on a first start. */
    readonly position: Position | undefined,
    private readonly versions: ReadonlyMap<string, number>,
    private readonly restored: Map<string, StoredEntry[]>,
  ) {}

  /**
   * Claims the task and loads its last checkpoint.
   *
   * @param now wall clock, ms since 1970: part of the epoch, never of a decision
   * @param dependentTask a task that relies on what this one has written
   * @param paged called for each page of entries that has come
   */
  static async restore(
    backend: StateBackend,
    task: string,
    now: number,
    dependentTask?: string,
    paged?: () => void,
  ): Promise<TaskState> {
    const claimed = await backend.claim(checkName('task', task), now, dependentTask, paged);
    const { epoch, position, versions, entries } = claimed;
    const byStore = new Map<string, StoredEntry[]>();
    for (const entry of entries) {
      const list = byStore.get(entry.store);
      if (list) list.push(entry);
      else byStore.set(entry.store, [entry]);
    }
    return new TaskState(backend, task, epoch, position, versions, byStore);
  }

  /** @throws StateVersionError where the stored schema is another one, and none of the `older` */
  open<V>(name: string, codec: Codec<V>, version = 1, older?: ReadonlyMap<number, Codec<V>>): Store<V> {
    const open = this.stores.get(checkName('store', name));
    if (open) {
      if (open.version === version) return open as TaskStore<V>;
      throw new Error(`store ${name} of task ${this.task} was opened with versions ${open.version} and ${version}`);
    }
    const stored = this.versions.get(name);
    const isOther = stored !== undefined && stored !== version;
    const before = isOther ? older?.get(stored) : undefined;
    if (isOther && !before) throw new StateVersionError(this.task, name, stored, version);
    const where = `store ${name} of task ${this.task}`;
    const store = new TaskStore(where, codec, version, this.restored.get(name) ?? []);
    if (before) store.migrate(before);
    this.restored.delete(name);
    this.stores.set(name, store);
    return store;
  }

  /**
   * Writes all that changed since the last checkpoint, and the position, in one atomic step. A failed write ends the
   * state: the task is restored from what was written before.
   *
   * @throws FencedError where another holder took the task over, and what an earlier call threw
   */
  async checkpoint(position: Position | undefined): Promise<CheckpointSize> {
    if (this.failure) throw this.failure;
    if (this.closed) throw new Error(`state of task ${this.task} is closed: it must not be written any more`);
    const puts: StoredEntry[] = [];
    const deletes: { store: string; key: string }[] = [];
    const versions = new Map<string, number>();
    let bytes = 0;
    for (const [name, store] of this.stores) {
      versions.set(name, store.version);
      for (const [key, value] of store.takeChanges()) {
        if (value) {
          puts.push({ store: name, key, value });
          bytes += value.length;
        } else deletes.push({ store: name, key });
      }
    }
    const changes: StateChanges = { puts, deletes, versions };
    try {
      await this.backend.write(this.task, this.epoch, changes, position);
    } catch (error) {
      this.closed = true;
      this.failure = error as Error;
      throw error;
    }
    return { puts: puts.length, deletes: deletes.length, bytes };
  }

  /** All that is kept now, whether it is checkpointed or not. */
  kept(): StoredState {
    const versions = new Map(this.versions);
    const entries: StoredEntry[] = [...this.restored.values()].flat();
    for (const [name, store] of this.stores) {
      versions.set(name, store.version);
      for (const [key, value] of store.encoded()) entries.push({ store: name, key, value });
    }
    return { versions, entries };
  }

  /** Writes another state in place of this one, in one atomic step, and ends this one: the task is restored from it. */
  async replace(by: StoredState, position: Position): Promise<void> {
    const fresh = new Set(by.entries.map(({ store, key }) => `${store}\0${key}`));
    const deletes = this.kept().entries.filter(({ store, key }) => !fresh.has(`${store}\0${key}`));
    const changes: StateChanges = {
      puts: by.entries,
      deletes: deletes.map(({ store, key }) => ({ store, key })),
      versions: by.versions,
    };
    this.closed = true;
    await this.backend.write(this.task, this.epoch, changes, position);
  }

  /** Forgets everything that was not checkpointed. The backend stays open. */
  close(): void {
    this.closed = true;
    this.stores.clear();
    this.restored.clear();
  }
}

/** Either a live value, or the bytes of one that was not asked for yet. */
interface StoredCell<V> {
  value?: V;
  bytes?: Uint8Array | undefined;
}

class TaskStore<V> implements Store<V> {
  private readonly cells = new Map<string, StoredCell<V>>();
  private readonly changed = new Set<string>();
  /** Built at the first iteration: stores that are only looked up pay nothing for order. */
  private order: SortedKeys | undefined;

  constructor(
    private readonly where: string,
    private readonly codec: Codec<V>,
    readonly version: number,
    restored: readonly StoredEntry[],
  ) {
    for (const { key, value } of restored) this.cells.set(key, { bytes: value });
  }

  get size(): number {
    return this.cells.size;
  }

  get(key: string): V | undefined {
    const cell = this.cells.get(key);
    if (cell?.bytes === undefined) return cell?.value;
    cell.value = this.read(key, cell.bytes, this.codec);
    cell.bytes = undefined;
    return cell.value;
  }

  private read(key: string, stored: Uint8Array, codec: Codec<V>): V {
    try {
      return decode(codec, stored);
    } catch (error) {
      throw new Error(`${this.where}: the stored value of ${JSON.stringify(key)} cannot be read: ${String(error)}`, {
        cause: error,
      });
    }
  }

  put(key: string, value: V): void {
    const cell = this.cells.get(key);
    if (cell) {
      cell.value = value;
      cell.bytes = undefined;
    } else {
      this.cells.set(key, { value });
      this.order?.add(key);
    }
    this.changed.add(key);
  }

  delete(key: string): void {
    if (!this.cells.delete(key)) return;
    this.order?.remove(key);
    this.changed.add(key);
  }

  keys(): IterableIterator<string> {
    this.order ??= new SortedKeys(this.cells.keys());
    return this.order[Symbol.iterator]();
  }

  /** Reads all values as another version wrote them: the next checkpoint has one version throughout. */
  migrate(before: Codec<V>): void {
    for (const [key, cell] of this.cells) {
      if (!cell.bytes) continue;
      this.cells.set(key, { value: this.read(key, cell.bytes, before) });
      this.changed.add(key);
    }
  }

  /** What changed since the last call, in order of first change: encoded values, undefined for deleted keys. */
  *takeChanges(): IterableIterator<readonly [string, Uint8Array | undefined]> {
    for (const key of this.changed) {
      const cell = this.cells.get(key);
      yield [key, cell && this.bytesOf(key, cell)];
    }
    this.changed.clear();
  }

  /** All of it. */
  *encoded(): IterableIterator<readonly [string, Uint8Array]> {
    for (const [key, cell] of this.cells) yield [key, this.bytesOf(key, cell)];
  }

  private bytesOf(key: string, cell: StoredCell<V>): Uint8Array {
    try {
      return cell.bytes ?? encode(this.codec, cell.value as V);
    } catch (error) {
      throw new Error(`${this.where}: the value of ${JSON.stringify(key)} cannot be written: ${String(error)}`, {
        cause: error,
      });
    }
  }
}
