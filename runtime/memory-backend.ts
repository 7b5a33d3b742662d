/** Checkpoints in memory, for tests and for runs that need not survive. Outlives the tasks that use it. */
import type { Position } from '../records/batch.js';
import { FencedError, type StateChanges, type Checkpoint, type StateBackend, type StoredEntry } from './backend.js';

interface TaskRecord {
  epoch: number;
  position: Position | undefined;
  versions: Map<string, number>;
  /** By `store NUL key`. */
  entries: Map<string, StoredEntry>;
}

/** State in memory: it is lost with the process. */
export class MemoryBackend implements StateBackend {
  private readonly tasks = new Map<string, TaskRecord>();

  async claim(task: string, now: number, _dependentTask?: string, paged?: () => void): Promise<Checkpoint> {
    const record = this.tasks.get(task) ?? { epoch: 0, position: undefined, versions: new Map(), entries: new Map() };
    this.tasks.set(task, record);
    record.epoch = Math.max(record.epoch + 1, now);
    paged?.();
    return { ...record, versions: new Map(record.versions), entries: [...record.entries.values()] };
  }

  async write(task: string, epoch: number, changes: StateChanges, position: Position | undefined): Promise<void> {
    const record = this.tasks.get(task);
    if (!record) throw new Error(`task ${task} was not claimed before it wrote: call claim first`);
    if (epoch < record.epoch) throw new FencedError(task, epoch, record.epoch);
    record.epoch = epoch;
    record.position = position ?? record.position;
    for (const [store, version] of changes.versions) record.versions.set(store, version);
    for (const { store, key } of changes.deletes) record.entries.delete(`${store}\0${key}`);
    for (const { store, key, value } of changes.puts) {
      record.entries.set(`${store}\0${key}`, { store, key, value: Uint8Array.from(value) });
    }
  }

  async close(): Promise<void> {
    // What was written stays, so that a test can restart a task on it.
  }
}
