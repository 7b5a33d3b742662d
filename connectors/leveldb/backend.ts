/** Checkpoints in LevelDB, the embedded default: one synced batch a checkpoint, one folder for all tasks of a process. */
import { mkdir } from 'node:fs/promises';
import { ClassicLevel, type BatchOperation } from 'classic-level';
import type { Position } from '../../records/batch.js';
import { decode, encode, map, optional, struct, text, uint } from '../../records/wire/codec.js';
import {
  FencedError,
  type StateChanges,
  type Checkpoint,
  type StateBackend,
  type StoredEntry,
} from '../../runtime/backend.js';

interface Header {
  readonly epoch: number;
  readonly position: Position | undefined;
  readonly versions: Map<string, number>;
}

const header = struct<Header>({
  epoch: uint,
  position: optional(struct<Position>({ source: text, offset: uint })),
  versions: map(text, uint),
});

/** What a restore reads at once. */
const pageBytes = 4 * 1024 * 1024;
const pageEntries = 10_000;

/** `task NUL` holds the header, `task NUL store NUL key` an entry: all of a task lies side by side. */
const headerKey = (task: string): string => `${task}\0`;
const entryKey = (task: string, store: string, key: string): string => `${task}\0${store}\0${key}`;

/**
 * Opens a folder as state backend, made where it is missing.
 *
 * @throws Error where another process holds the folder, or where it cannot be opened
 */
export async function openLevelBackend(folder: string): Promise<StateBackend> {
  await mkdir(folder, { recursive: true });
  const db = new ClassicLevel<string, Buffer>(folder, { keyEncoding: 'utf8', valueEncoding: 'buffer' });
  try {
    await db.open();
  } catch (error) {
    const cause = (error as { cause?: { code?: string; message?: string } }).cause;
    if (cause?.code === 'LEVEL_LOCKED') {
      throw new Error(
        `state folder ${folder} is in use by another process (or twice in this one): ` +
          'stop the other tocsin, or give this one its own state.dir.',
        { cause: error },
      );
    }
    throw new Error(
      `state folder ${folder} cannot be opened: ${cause?.message ?? String(error)}. ` +
        'Check its permissions and the disk; if it is damaged, move it away and tocsin rebuilds it from its logs.',
      { cause: error },
    );
  }
  return new LevelBackend(folder, db);
}

type LevelOperation = BatchOperation<ClassicLevel<string, Buffer>, string, Buffer>;

class LevelBackend implements StateBackend {
  /** What is stored, by task. LevelDB admits one process, so no other can change it. */
  private readonly headers = new Map<string, Header>();
  /** The last operation of each task: they run one after the other. */
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(
    private readonly folder: string,
    private readonly db: ClassicLevel<string, Buffer>,
  ) {}

  claim(task: string, now: number, _dependentTask?: string, paged?: () => void): Promise<Checkpoint> {
    return this.inTurn(task, async () => {
      const bytes = await this.db.get(headerKey(task));
      const stored = bytes
        ? decode(header, bytes)
        : { epoch: 0, position: undefined, versions: new Map<string, number>() };
      const claimed = { ...stored, position: stored.position, epoch: Math.max(stored.epoch + 1, now) };
      await this.commit(task, [{ type: 'put', key: headerKey(task), value: encode(header, claimed) }]);
      this.headers.set(task, claimed);
      return { ...claimed, versions: new Map(claimed.versions), entries: await this.entries(task, paged) };
    });
  }

  write(task: string, epoch: number, changes: StateChanges, position: Position | undefined): Promise<void> {
    return this.inTurn(task, async () => {
      const stored = this.headers.get(task);
      if (!stored) throw new Error(`task ${task} was not claimed before it wrote: call claim first`);
      if (epoch < stored.epoch) throw new FencedError(task, epoch, stored.epoch);
      const next: Header = {
        epoch,
        position: position ?? stored.position,
        versions: new Map([...stored.versions, ...changes.versions]),
      };
      await this.commit(task, [
        ...changes.deletes.map(({ store, key }) => ({ type: 'del' as const, key: entryKey(task, store, key) })),
        ...changes.puts.map(({ store, key, value }) => ({
          type: 'put' as const,
          key: entryKey(task, store, key),
          value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
        })),
        { type: 'put', key: headerKey(task), value: encode(header, next) },
      ]);
      this.headers.set(task, next);
    });
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.turns.values());
    await this.db.close();
  }

  private async commit(task: string, operations: LevelOperation[]): Promise<void> {
    try {
      await this.db.batch(operations, { sync: true });
    } catch (error) {
      throw new Error(
        `the checkpoint of task ${task} cannot be written to ${this.folder}: ${String(error)}. Free disk space or ` +
          'repair the disk, then start again: it goes on from the checkpoint before.',
        { cause: error },
      );
    }
  }

  private async entries(task: string, paged: (() => void) | undefined): Promise<StoredEntry[]> {
    const entries: StoredEntry[] = [];
    /** An entity has the same key in many stores: one text serves all of them. */
    const texts = new Map<string, string>();
    const shared = (text: string): string => {
      const known = texts.get(text);
      if (known === undefined) texts.set(text, text);
      return known ?? text;
    };
    // By default a page ends after 16 KiB: a restore would be tens of thousands of calls.
    const iterator = this.db.iterator({
      gt: headerKey(task),
      lt: `${task}\u0001`,
      highWaterMarkBytes: pageBytes,
      fillCache: false,
    });
    try {
      for (let page = await iterator.nextv(pageEntries); page.length > 0; page = await iterator.nextv(pageEntries)) {
        for (const [path, value] of page) {
          const rest = path.slice(task.length + 1);
          const split = rest.indexOf('\0');
          entries.push({ store: shared(rest.slice(0, split)), key: shared(rest.slice(split + 1)), value });
        }
        paged?.();
      }
    } finally {
      await iterator.close();
    }
    return entries;
  }

  private inTurn<T>(task: string, work: () => Promise<T>): Promise<T> {
    const before = this.turns.get(task) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.turns.set(task, mine);
    return mine;
  }
}
