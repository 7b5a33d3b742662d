/**
 * The topology test driver: runs one topology without brokers, threads or a clock, on the state stores of a real task.
 * Push items, look at what left and at the stores, restart from a checkpoint, or cut the input at any place: a topology
 * must give the same outputs. (The idea is that of Kafka Streams' TopologyTestDriver.)
 */
import type { Batch, Operator, Rejected } from '../records/batch.js';
import type { StateStores } from '../records/store.js';
import type { Codec } from '../records/wire/codec.js';
import type { StoredEntry } from '../runtime/backend.js';
import { MemoryBackend } from '../runtime/memory-backend.js';
import { Pass } from '../runtime/pass.js';
import { TaskState } from '../runtime/state.js';

/** Builds the topology over the stores of its task, as the service does. */
export type BuildTopology<A, B> = (stores: StateStores, epoch: number) => Operator<A, B>;

/** How an input is cut: lengths of the batches, in turn, and whether the task restarts behind each. */
export interface Cuts {
  readonly lengths: readonly number[];
  readonly restarts: readonly boolean[];
}

export interface DriverOptions {
  /** Name of the task, and of the source in positions. */
  readonly task?: string;
  /** Checkpoints of an earlier driver, to go on from. */
  readonly backend?: MemoryBackend;
}

/**
 * @example
 * const driver = await TopologyTestDriver.open((stores) => respond({ stores, incidents, outputs, routes }));
 * await driver.push({ offset: 0, record: alert });
 * await driver.restart();
 * expect(driver.outputs).toEqual([...]);
 */
export class TopologyTestDriver<A, B> {
  /** Items that left, in order. */
  readonly outputs: B[] = [];
  /** The same by batch; batches without items included. */
  readonly batches: (readonly B[])[] = [];
  readonly rejected: Rejected[] = [];
  /** Offsets of the positions that left: one for each batch that was pushed. */
  readonly positions: number[] = [];
  restarts = 0;
  private offset = 0;

  private constructor(
    private readonly build: BuildTopology<A, B>,
    private readonly task: string,
    private readonly backend: MemoryBackend,
    private state: TaskState,
    private pass: Pass<A, B>,
  ) {}

  static async open<A, B>(build: BuildTopology<A, B>, options: DriverOptions = {}): Promise<TopologyTestDriver<A, B>> {
    const { task = 'test/0', backend = new MemoryBackend() } = options;
    const state = await TaskState.restore(backend, task, 1);
    return new TopologyTestDriver(build, task, backend, state, new Pass(build(state, state.epoch)));
  }

  /** One batch of these items; resolves to what left, in order. @throws what an operator throws */
  async push(...items: readonly A[]): Promise<B[]> {
    const before = this.outputs.length;
    this.offset += items.length;
    const batch: Batch<A> = { items, rejected: [], position: { source: this.task, offset: this.offset } };
    for await (const output of this.pass.run(batch)) {
      this.outputs.push(...output.items);
      this.batches.push(output.items);
      this.rejected.push(...output.rejected);
      if (output.position) this.positions.push(output.position.offset);
    }
    return this.outputs.slice(before);
  }

  /** All of these items, cut and restarted as `cuts` says. */
  async pushCut(items: readonly A[], { lengths, restarts }: Cuts): Promise<B[]> {
    const before = this.outputs.length;
    for (let at = 0, turn = 0; at < items.length; turn++) {
      const end = Math.min(items.length, at + lengths[turn % lengths.length]!);
      await this.push(...items.slice(at, end));
      at = end;
      if (restarts[turn % restarts.length]) await this.restart();
    }
    return this.outputs.slice(before);
  }

  /** Writes a checkpoint and builds the topology again from its bytes, as a process that takes the task over. */
  async restart(): Promise<void> {
    await this.state.checkpoint({ source: this.task, offset: this.offset });
    await this.crash();
    this.restarts++;
  }

  /** Builds the topology again from the last checkpoint: what came after it is lost, as by kill -9. */
  async crash(): Promise<void> {
    this.close();
    this.state = await TaskState.restore(this.backend, this.task, 1);
    this.offset = this.state.position?.offset ?? 0;
    this.pass = new Pass(this.build(this.state, this.state.epoch));
  }

  /** What a store of the topology holds, by key; give the codec and version with which the topology opens it. */
  store<V>(name: string, codec: Codec<V>, version?: number): ReadonlyMap<string, V> {
    const store = this.state.open(name, codec, version);
    return new Map([...store.keys()].map((key) => [key, store.get(key)!]));
  }

  /** Everything that a checkpoint holds now, sorted by store and key: equal states have equal bytes. */
  async bytes(): Promise<readonly StoredEntry[]> {
    await this.state.checkpoint({ source: this.task, offset: this.offset });
    const { entries } = await this.backend.claim(this.task, 1);
    await this.crash();
    const name = ({ store, key }: StoredEntry): string => `${store}\0${key}`;
    return [...entries].sort((a, b) => (name(a) < name(b) ? -1 : 1));
  }

  close(): void {
    this.pass.close();
    this.state.close();
  }
}
