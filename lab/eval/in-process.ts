/** Runs sources through ingest and detect in this process, with state in memory and no channel between them. */
import type { Batch, Rejected } from '../../records/batch.js';
import type { Tracked } from '../../records/decided.js';
import { endOfSource, type SourceItem } from '../../records/raw.js';
import type { StateStores } from '../../records/store.js';
import { decodeWindowsRecord, encodeWindowsRecord, type WindowsRecord } from '../../records/windows.js';
import { mergeDefaults, type WindowsItem } from '../../operators/merge.js';
import { BUDGET_A_WEEK } from '../../models/policies/defaults.js';
import { KernelRarity } from '../../models/detectors/kernel-rarity.js';
import type { KernelModel } from '../../operators/score-sessions.js';
import type { Operator } from '../../records/batch.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { Pass } from '../../runtime/pass.js';
import { TaskState } from '../../runtime/state.js';
import { detect, type DetectParts } from '../../topologies/detect.js';
import { ingest, type IngestParts } from '../../topologies/ingest.js';

/** One bounded source and how it is read. */
export interface BoundedSource extends Omit<IngestParts, 'stores' | 'incarnation' | 'epoch'> {
  readonly batches: AsyncIterable<Batch<SourceItem>>;
}

/** Told of everything that was refused on the way. */
export type Refused = (rejected: readonly Rejected[]) => void;

/**
 * What the `windows` log would hold: the source set, then what `ingest` makes of each source to its end, one source
 * after the other, each record through its canonical bytes.
 */
export async function* windowsLog(sources: readonly BoundedSource[], refused: Refused): AsyncGenerator<WindowsRecord> {
  yield { type: 'sources', version: 1, sources: sources.map(({ source }) => source) };
  for (const { batches, ...parts } of sources) {
    const stores = await TaskState.restore(new MemoryBackend(), `ingest/${parts.source}`, 1);
    const topology = ingest({ ...parts, stores, incarnation: 1, epoch: stores.epoch });
    for await (const batch of through(topology, ended(batches, parts.source))) {
      if (batch.rejected.length > 0) refused(batch.rejected);
      for (const record of batch.items) yield decodeWindowsRecord(encodeWindowsRecord(record));
    }
    stores.close();
  }
}

/** The source with its end mark behind it. */
async function* ended(batches: AsyncIterable<Batch<SourceItem>>, source: string): AsyncGenerator<Batch<SourceItem>> {
  yield* batches;
  yield { items: [endOfSource], rejected: [], position: { source, offset: Number.MAX_SAFE_INTEGER } };
}

/** What detect is given where a benchmark does not say otherwise: the product's own defaults. */
export const detectDefaults = (stores: StateStores): DetectParts => ({
  stores,
  windows: { ...mergeDefaults, shard: 'windows/0' },
  artefacts: { loaded: () => undefined, load: async () => undefined },
  calibration: () => undefined,
  kernel: kernelRarity,
  rules: [],
  select: { policy: 'mixture', budget: () => BUDGET_A_WEEK },
  track: { tag: { source: 'windows/0', incarnation: 1, epoch: 1 } },
});

let kernel: Promise<KernelModel> | undefined;

/** The rarity model, opened once. */
export const kernelRarity = (): Promise<KernelModel> => (kernel ??= KernelRarity.open());

/** Records a batch of the second topology. */
const slice = 512;

/** One shard of a topology, in memory: records go in as they come, and what it remembers lasts from run to run. */
export class Shard<T> {
  private readonly pass: Pass<WindowsItem, T>;
  private offset = 0;

  constructor(
    topology: Operator<WindowsItem, T>,
    private readonly refused: Refused,
    /** Batches end at marks: what a boundary brings comes out before the next record is taken. */
    private readonly atMarks = false,
  ) {
    this.pass = new Pass(topology);
  }

  /** Yields what comes out, in order, when the records are through. */
  async *run(records: AsyncIterable<WindowsRecord>): AsyncGenerator<T> {
    for await (const batch of this.batched(records)) {
      for await (const { items, rejected } of this.pass.run(batch)) {
        if (rejected.length > 0) this.refused(rejected);
        yield* items;
      }
    }
  }

  close(): void {
    this.pass.close();
  }

  private async *batched(records: AsyncIterable<WindowsRecord>): AsyncGenerator<Batch<WindowsItem>> {
    let items: WindowsItem[] = [];
    const batch = (): Batch<WindowsItem> => ({
      items,
      rejected: [],
      position: { source: 'windows/0', offset: this.offset },
    });
    for await (const record of records) {
      items.push({ offset: this.offset++, record });
      if (items.length < slice && !(this.atMarks && record.type === 'mark')) continue;
      yield batch();
      items = [];
    }
    yield batch();
  }
}

/** Records through detect. @param atMarks what a boundary brings is yielded before the next record is asked for */
export async function* decide(
  records: AsyncIterable<WindowsRecord>,
  parts: DetectParts,
  refused: Refused,
  atMarks = false,
): AsyncGenerator<Tracked> {
  const shard = new Shard(detect(parts), refused, atMarks);
  try {
    yield* shard.run(records);
  } finally {
    shard.close();
  }
}

/** One batch in the topology at a time. */
async function* through<A, B>(topology: Operator<A, B>, batches: AsyncIterable<Batch<A>>): AsyncGenerator<Batch<B>> {
  const pass = new Pass(topology);
  try {
    for await (const batch of batches) yield* pass.run(batch);
  } finally {
    pass.close();
  }
}
