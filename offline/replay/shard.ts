/** Decides one shard of `windows` again: the topology of a run, with its state in memory. */
import { readRowRules } from '../../service/features/row-rules.js';
import type { Config } from '../../config/schema.js';
import type { WindowsItem } from '../../operators/merge.js';
import type { Tracked } from '../../records/decided.js';
import { encodeDecision } from '../../records/score.js';
import type { WindowsRecord } from '../../records/windows.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { Pass } from '../../runtime/pass.js';
import { TaskState } from '../../runtime/state.js';
import { detect, type DetectParts } from '../../topologies/detect.js';
import type { Artefacts } from '../../training/artefacts.js';
import { kernel, selectParts, trackParts, windowParts } from '../../service/options.js';
import type { ChannelItem } from '../../runtime/channel-source.js';
import { TurnsTaken, withTurns } from '../../runtime/turns-taken.js';
import type { KeptShard } from '../../service/snapshots/kept-shard.js';
import { snapshotTurns } from '../../service/snapshots/turns.js';
import type { TurnOptions } from '../../runtime/task-options.js';
import type { DecisionSet } from './decision-set.js';

/** Records a batch where the command line does not say otherwise: as live. */
export const usualSlice = 256;

export interface ReplayOptions {
  /** Records a batch. */
  readonly slice?: number;
  /** Told of every boundary that is closed, ms. */
  readonly boundary?: (end: number) => void;
  /** Snapshots that the log goes back to somewhere: others are not kept. */
  readonly wanted?: ReadonlySet<string>;
  /** Records of the shard from one offset up to another; where it is not given, those since such a snapshot are held. */
  readonly records?: (from: number, to: number) => AsyncIterable<WindowsItem>;
}

export class ReplayedShard {
  private items: WindowsItem[] = [];
  private next = 0;
  /** Records since the first snapshot that is wanted. */
  private readonly held: WindowsItem[] = [];
  /** Records that were refused as live: repeats, zombies, late partials. */
  refused = 0;
  private pass: Pass<WindowsItem, Tracked>;
  private readonly turns: TurnOptions<ChannelItem<WindowsRecord>>;
  private readonly kept = new Map<string, KeptShard>();

  private constructor(
    private readonly name: string,
    private stores: TaskState,
    private readonly backend: MemoryBackend,
    private readonly parts: Omit<DetectParts, 'stores'>,
    private readonly decisions: DecisionSet,
    private readonly options: ReplayOptions,
    about: { readonly shard: number; readonly shards: number },
  ) {
    this.pass = new Pass(detect({ ...parts, stores }));
    this.turns = snapshotTurns({
      ...about,
      store: {
        put: async (kept) => {
          if (options.wanted?.has(kept.snapshot)) this.kept.set(kept.snapshot, kept);
        },
        get: async (snapshot) => this.kept.get(snapshot),
      },
      records: options.records ?? ((from, to) => this.between(from, to)),
      detect: parts,
    });
  }

  static async open(
    config: Config,
    artefacts: Artefacts,
    shard: number,
    decisions: DecisionSet,
    options: ReplayOptions = {},
  ): Promise<ReplayedShard> {
    const name = `windows/${shard}`;
    const backend = new MemoryBackend();
    const stores = await TaskState.restore(backend, taskName, 1);
    const parts = {
      windows: { ...windowParts(config), shard: name },
      artefacts,
      calibration: artefacts.calibration,
      kernel,
      rules: config.rules,
      rowRules: readRowRules(config),
      select: selectParts(config),
      track: { ...trackParts(config), tag: { source: name, incarnation: 0, epoch: stores.epoch } },
      speaksForInput: shard === 0,
    };
    return new ReplayedShard(name, stores, backend, parts, decisions, options, {
      shard,
      shards: config.channels.shards,
    });
  }

  async take(record: WindowsRecord, offset = this.next): Promise<void> {
    const item = { offset, record };
    this.next = offset + 1;
    if (this.options.records === undefined && (this.kept.size > 0 || this.held.length > 0)) this.held.push(item);
    const turn = this.turns.of(item);
    if (turn) {
      await this.flush();
      await this.turn(item, turn.id);
      return;
    }
    this.items.push(item);
    if (this.items.length >= (this.options.slice ?? usualSlice)) await this.flush();
  }

  /** Decides what was taken so far. */
  async flush(): Promise<void> {
    const { items } = this;
    if (items.length === 0) return;
    this.items = [];
    const batch = { items, rejected: [], position: { source: this.name, offset: this.next } };
    for await (const output of this.pass.run(batch)) {
      this.refused += output.rejected.length;
      for (const { reason, detail } of output.rejected) if (reason === 'late-partial') this.decisions.late.push(detail);
      for (const item of output.items) {
        if (item.type === 'decided') this.decisions.add(encodeDecision(item.decision));
        else if (item.type === 'boundary') this.options.boundary?.(item.end);
      }
    }
  }

  close(): void {
    this.pass.close();
  }

  /** As a task does, with the state in memory. */
  private async turn(item: WindowsItem, id: string): Promise<void> {
    const taken = new TurnsTaken(this.stores);
    if (taken.has(id)) return;
    taken.add(id);
    const kept = this.stores.kept();
    const other = await this.turns.take(item, kept);
    if (!other) return;
    this.pass.close();
    await this.stores.replace(withTurns(other, kept), { source: this.name, offset: this.next });
    this.stores = await TaskState.restore(this.backend, taskName, 1);
    this.pass = new Pass(detect({ ...this.parts, stores: this.stores }));
  }

  private async *between(from: number, to: number): AsyncGenerator<WindowsItem> {
    for (const item of this.held) if (item.offset >= from && item.offset < to) yield item;
  }
}

const taskName = 'replay';
