/** Checkpoints in Redis, for a fleet: one Lua call a checkpoint, all keys of a task on one node of a cluster. */
import { randomUUID } from 'node:crypto';
import type { Position } from '../../records/batch.js';
import { decode, encode, map, optional, struct, text, uint } from '../../records/wire/codec.js';
import {
  FencedError,
  StateLostError,
  type StateChanges,
  type Checkpoint,
  type StateBackend,
  type StoredEntry,
} from '../../runtime/backend.js';
import { checkServer } from './checks.js';
import { RedisLink, shown, type RedisSettings } from './link.js';
import { fieldOf, fitsOne, partLimits, partsOf, type PartLimits } from './parts.js';
import type { ScriptReply } from './scripts.js';

/** Which Redis holds the state. */
export interface RedisBackendOptions extends RedisSettings {
  /** Begins every key. Letters, digits and `._:-`; another one is another deployment. */
  readonly prefix: string;
  /** The incarnation that an earlier run wrote to: where Redis holds another one, or none, it has lost the state. */
  readonly incarnation?: string;
  /** How large a call may be; tests make it small. */
  readonly limits?: PartLimits;
}

/** Version of the layout of keys. */
const layout = '2';
/** Fields that one `HSCAN` asks for: some megabytes at 8 KB a value. */
const scanCount = 500;

interface StoredTask {
  readonly position: Position | undefined;
  readonly versions: Map<string, number>;
}

/** What is stored under `checkpoint` of a task's head. */
export const storedCodec = struct<StoredTask>({
  position: optional(struct<Position>({ source: text, offset: uint })),
  versions: map(text, uint),
});

/** What this process holds of a task. */
interface OwnedTask extends StoredTask {
  readonly epoch: number;
  readonly holder: string;
  /** Number of the last write that is known to be done. */
  readonly seq: number;
}

/**
 * Connects, looks whether Redis is fit to keep state, and whether it is the one that an earlier run wrote to.
 *
 * @throws Error where it cannot be reached, is set up so that it would lose state, or has lost what was there
 */
export async function openRedisBackend(options: RedisBackendOptions): Promise<RedisBackend> {
  const link = await RedisLink.open(options);
  try {
    const findings = checkServer(link.info);
    for (const { level, message } of findings) if (level === 'warn') options.warn?.(message);
    const refused = findings.filter(({ level }) => level === 'refuse').map(({ message }) => message);
    if (refused.length > 0)
      throw new Error(`Redis at ${shown(options.urls)} must not keep state: ${refused.join('; ')}`);
    return new RedisBackend(link, options, await incarnationOf(link, options));
  } catch (error) {
    link.close();
    throw error;
  }
}

/** The incarnation of the deployment, made where there is none; compared with the one that is expected. */
async function incarnationOf(link: RedisLink, { prefix, urls, incarnation }: RedisBackendOptions): Promise<string> {
  const key = `${prefix}:incarnation`;
  const fresh = `${layout}.${randomUUID()}`;
  if (incarnation === undefined) await link.ask('set incarnation', (client) => client.set(key, fresh, 'NX'));
  const found = await link.ask('read incarnation', (client) => client.get(key));
  if (incarnation !== undefined && found !== incarnation) {
    throw new StateLostError(
      `Redis at ${shown(urls)} has ${found === null ? 'no state' : 'the state of another run'} under the prefix ` +
        `${prefix}, and an earlier run of this one kept its state there`,
    );
  }
  const stored = found?.slice(0, found.indexOf('.'));
  if (stored !== layout) {
    throw new Error(
      `Redis at ${shown(urls)} holds state of layout ${stored ?? 'none'} under the prefix ${prefix}, this release reads ` +
        `layout ${layout}: run the release that wrote it, or choose another state.redis.prefix`,
    );
  }
  return found!;
}

/** A `StateBackend` in Redis. */
export class RedisBackend implements StateBackend {
  private readonly held = new Map<string, OwnedTask>();
  /** What is known to be done of each dependent task, by its task; also after a write of it has failed. */
  private readonly dependentTasks = new Map<string, Map<string, OwnedTask>>();
  private readonly dependentTask = new Map<string, string>();
  /** The last operation of each task: they run one after the other. */
  private readonly turns = new Map<string, Promise<unknown>>();
  private readonly limits: PartLimits;

  constructor(
    private readonly link: RedisLink,
    private readonly options: RedisBackendOptions,
    /** Identifies this state against any that is put in its place; kept by processes that come back. */
    readonly incarnation: string,
  ) {
    this.limits = options.limits ?? partLimits;
  }

  claim(task: string, now: number, dependentTask?: string, paged?: () => void): Promise<Checkpoint> {
    if (dependentTask !== undefined) this.dependentTask.set(task, dependentTask);
    return this.inTurn(task, async () => {
      const keys = this.keysOf(task);
      const holder = randomUUID();
      const epoch = await this.takeOver(task, now, holder);
      const [parts, checkpoint] = await this.link.ask(`restore ${task}`, (client) =>
        client.hmgetBuffer(keys.head, 'parts', 'checkpoint'),
      );
      const stored: StoredTask = checkpoint
        ? decode(storedCodec, checkpoint)
        : { position: undefined, versions: new Map() };
      const held: OwnedTask = { ...stored, epoch, holder, seq: 0 };
      // A large write whose holder died before all of it was where it belongs.
      await this.applyParts(task, held, Number(parts?.toString() ?? 0));
      this.acknowledged(task, held);
      return {
        epoch,
        position: stored.position,
        versions: new Map(stored.versions),
        entries: await this.entries(task, paged),
      };
    });
  }

  write(task: string, epoch: number, changes: StateChanges, position: Position | undefined): Promise<void> {
    return this.inTurn(task, async () => {
      const held = this.held.get(task);
      if (!held) throw new Error(`task ${task} was not claimed before it wrote: call claim first`);
      if (epoch < held.epoch) throw new FencedError(task, epoch, held.epoch);
      const next: OwnedTask = {
        ...held,
        seq: held.seq + 1,
        position: position ?? held.position,
        versions: new Map([...held.versions, ...changes.versions]),
      };
      try {
        if (fitsOne(changes, this.limits)) await this.writeOnce(task, next, changes, 0);
        else await this.writeParts(task, next, changes);
      } catch (error) {
        // Whether it was written is not known: only a new claim can tell.
        if (this.held.get(task) === held) this.held.delete(task);
        throw error;
      }
      this.acknowledged(task, next);
    });
  }

  /** Stores bytes under a name, once and for all: names are hashes of what they stand for. */
  async putBlob(name: string, bytes: Uint8Array): Promise<void> {
    const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    await this.link.ask(`store ${name}`, (client) => client.set(this.blobKey(name), value));
  }

  async getBlob(name: string): Promise<Uint8Array | undefined> {
    return (await this.link.ask(`read ${name}`, (client) => client.getBuffer(this.blobKey(name)))) ?? undefined;
  }

  async deleteBlob(name: string): Promise<void> {
    await this.link.ask(`delete ${name}`, (client) => client.del(this.blobKey(name)));
  }

  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, this.options.timeoutMs)));
    await Promise.race([Promise.allSettled(this.turns.values()), late]);
    clearTimeout(timer);
    this.link.close();
  }

  /** Raises the epoch by compare-and-set, so that a claim that is carried out late does no harm. */
  private async takeOver(task: string, now: number, holder: string): Promise<number> {
    const { head, part } = this.keysOf(task);
    for (;;) {
      const [stored, staged] = await this.link.ask(`claim ${task}`, (client) => client.hmget(head, 'epoch', 'staged'));
      const epoch = Math.max(Number(stored ?? 0) + 1, now);
      const keys = [head, ...Array.from({ length: Number(staged ?? 0) }, (_, i) => part(i))];
      const [verdict] = await this.link.ask(`claim ${task}`, (client) =>
        client.tocsinClaim(keys.length, keys, [stored ?? '', String(epoch), holder]),
      );
      if (verdict === 'ok') return epoch;
    }
  }

  private async writeOnce(
    task: string,
    next: OwnedTask,
    { puts, deletes }: StateChanges,
    parts: number,
  ): Promise<void> {
    const { head, data } = this.keysOf(task);
    const dependentTasks = [...(this.dependentTasks.get(task) ?? [])];
    const keys = [head, data, ...dependentTasks.map(([dependent]) => this.keysOf(dependent).head)];
    const fields = deletes.map(({ store, key }) => fieldOf(store, key));
    const pairs = puts.flatMap(({ store, key, value }) => [
      fieldOf(store, key),
      Buffer.from(value.buffer, value.byteOffset, value.byteLength),
    ]);
    const args = [
      ...this.says(next),
      encode(storedCodec, next),
      String(parts),
      String(fields.length),
      ...dependentTasks.flatMap(([, held]) => this.says(held)),
      ...fields,
    ].concat(pairs);
    this.heed(
      task,
      next,
      await this.link.ask(`write ${task}`, (client) => client.tocsinWrite(keys.length, keys, args)),
    );
  }

  /** Lays the parts down, then says in one step that they count, then moves each to its place. */
  private async writeParts(task: string, next: OwnedTask, changes: StateChanges): Promise<void> {
    const { head, part } = this.keysOf(task);
    let count = 0;
    for (const { command, values } of partsOf(changes, this.limits)) {
      const args = [...this.says(next), String(count), command, ...values];
      const key = part(count++);
      this.heed(task, next, await this.link.ask(`write ${task}`, (client) => client.tocsinStage(head, key, args)));
    }
    await this.writeOnce(task, next, { puts: [], deletes: [], versions: changes.versions }, count);
    await this.applyParts(task, next, count);
  }

  private async applyParts(task: string, held: OwnedTask, count: number): Promise<void> {
    const { head, data, part } = this.keysOf(task);
    for (let left = count - 1; left >= 0; left--) {
      const args = [...this.says(held), String(left)];
      this.heed(
        task,
        held,
        await this.link.ask(`write ${task}`, (client) => client.tocsinApply(head, data, part(left), args)),
      );
    }
  }

  private says({ epoch, holder, seq }: OwnedTask): (string | Buffer)[] {
    return [String(epoch), holder, String(seq)];
  }

  private heed(task: string, { epoch }: OwnedTask, verdict: ScriptReply): void {
    if (verdict[0] === 'fenced') throw new FencedError(task, epoch, Number(verdict[1]));
    if (verdict[0] === 'gone') throw new StateLostError(`Redis has no state of task ${task} any more: it was emptied`);
    if (verdict[0] === 'back') {
      throw new StateLostError(
        `Redis has an older state of task ${[task, ...(this.dependentTasks.get(task)?.keys() ?? [])].join(' or ')} than it ` +
          'had acknowledged: it failed over, or restarted from an older file',
        'Start again: what is stored is whole, and the rest is done again from there',
      );
    }
  }

  /** All entries, in slices. Nobody writes meanwhile, since the epoch was raised; a field may be seen twice. */
  private async entries(task: string, paged: (() => void) | undefined): Promise<StoredEntry[]> {
    const { data } = this.keysOf(task);
    const seen = new Map<string, Buffer>();
    const pageAt = (cursor: string): Promise<[Buffer, Buffer[]]> =>
      this.link.ask(`restore ${task}`, (client) => client.hscanBuffer(data, cursor, 'COUNT', scanCount));
    for (let coming: ReturnType<typeof pageAt> | undefined = pageAt('0'); coming;) {
      const [next, page]: [Buffer, Buffer[]] = await coming;
      // Redis looks for the next page while this one is taken apart.
      const cursor = next.toString();
      coming = cursor === '0' ? undefined : pageAt(cursor);
      for (let i = 0; i < page.length; i += 2) seen.set(page[i]!.toString(), page[i + 1]!);
      paged?.();
    }
    const entries: StoredEntry[] = [];
    for (const [field, value] of seen) {
      const split = field.indexOf('\0');
      entries.push({ store: field.slice(0, split), key: field.slice(split + 1), value });
    }
    return entries;
  }

  private acknowledged(task: string, held: OwnedTask): void {
    this.held.set(task, held);
    const owner = this.dependentTask.get(task);
    if (owner === undefined) return;
    const dependentTasks = this.dependentTasks.get(owner) ?? new Map<string, OwnedTask>();
    this.dependentTasks.set(owner, dependentTasks.set(task, held));
  }

  /** The text in braces decides where a cluster keeps a key: a dependent task is stored beside its task. */
  private keysOf(task: string): { head: string; data: string; part: (index: number) => string } {
    const inKey = (name: string): string => name.replace(/[%{}]/g, encodeURIComponent);
    const owner = this.dependentTask.get(task);
    const place = owner === undefined ? `{${inKey(task)}}` : `{${inKey(owner)}}:${inKey(task)}`;
    const tag = `${this.options.prefix}:${place}`;
    return { head: `${tag}:head`, data: `${tag}:data`, part: (index) => `${tag}:part:${index}` };
  }

  private blobKey(name: string): string {
    return `${this.options.prefix}:blob:${name}`;
  }

  private inTurn<T>(task: string, work: () => Promise<T>): Promise<T> {
    const before = this.turns.get(task) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.turns.set(task, mine);
    return mine;
  }
}
