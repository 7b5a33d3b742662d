/** Decides one shard of `windows` again: the topology of a run, with its state in memory. */
import type { Config } from '../../config/schema.js';
import type { WindowsItem } from '../../operators/merge.js';
import type { Tracked } from '../../records/decided.js';
import { encodeDecision } from '../../records/score.js';
import type { WindowsRecord } from '../../records/windows.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { Pass } from '../../runtime/pass.js';
import { TaskState } from '../../runtime/state.js';
import { detect } from '../../topologies/detect.js';
import type { Artefacts } from '../../training/artefacts.js';
import { kernel, selectParts, trackParts, windowParts } from '../../service/options.js';
import type { DecisionSet } from './decision-set.js';

/** Records a batch where the command line does not say otherwise: as live. */
export const usualSlice = 256;

export class ReplayedShard {
  private items: WindowsItem[] = [];
  private next = 0;
  /** Records that were refused as live: repeats, zombies, late partials. */
  refused = 0;

  private constructor(
    private readonly name: string,
    private readonly pass: Pass<WindowsItem, Tracked>,
    private readonly decisions: DecisionSet,
    private readonly slice: number,
    private readonly boundary?: (end: number) => void,
  ) {}

  /** @param boundary - told of every boundary that is closed, ms */
  static async open(
    config: Config,
    artefacts: Artefacts,
    shard: number,
    decisions: DecisionSet,
    slice = usualSlice,
    boundary?: (end: number) => void,
  ): Promise<ReplayedShard> {
    const name = `windows/${shard}`;
    const stores = await TaskState.restore(new MemoryBackend(), `replay/${shard}`, 1);
    const topology = detect({
      stores,
      windows: { ...windowParts(config), shard: name },
      artefacts,
      calibration: artefacts.calibration,
      kernel,
      rules: config.rules,
      select: selectParts(config),
      track: { ...trackParts(config), tag: { source: name, incarnation: 0, epoch: stores.epoch } },
      speaksForInput: shard === 0,
    });
    return new ReplayedShard(name, new Pass(topology), decisions, slice, boundary);
  }

  async take(record: WindowsRecord, offset = this.next): Promise<void> {
    this.items.push({ offset, record });
    this.next = offset + 1;
    if (this.items.length >= this.slice) await this.flush();
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
        else if (item.type === 'boundary') this.boundary?.(item.end);
      }
    }
  }

  close(): void {
    this.pass.close();
  }
}
