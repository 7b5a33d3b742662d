/** Runs the product over a benchmark fleet: ingest, training, detection, as `tocsin run` does. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { entityFromKey } from '../../../records/entity.js';
import type { Decision } from '../../../records/score.js';
import type { WindowsRecord } from '../../../records/windows.js';
import { mergeDefaults } from '../../../operators/merge.js';
import { MemoryBackend } from '../../../runtime/memory-backend.js';
import { TaskState } from '../../../runtime/state.js';
import { detect } from '../../../topologies/detect.js';
import { Artefacts } from '../../../training/artefacts.js';
import { train } from '../../../training/train.js';
import { detectDefaults, kernelRarity, Shard } from '../in-process.js';
import type { BenchmarkFleet } from './fleet.js';
import type { Raised } from './judge.js';
import { fleetRecords } from './records.js';

const day = 86_400_000;

export interface FleetRun {
  readonly budget: number;
  readonly policy: 'mixture' | 'thompson' | 'default';
  /** Event time after the start at which models are trained, ms; none: never. */
  readonly trainAt: readonly number[];
  /** Hears every decision. */
  readonly hears?: (decision: Decision) => void;
  /** Takes the place of the lines: records that were kept. */
  readonly pieces?: AsyncIterable<{
    readonly records: readonly WindowsRecord[];
    readonly until: number;
    readonly lines: number;
  }>;
}

/** Alerts of the run, in order of their beginning. */
export async function runFleet(
  fleet: BenchmarkFleet,
  { budget, policy, trainAt, hears, pieces = fleetRecords(fleet) }: FleetRun,
): Promise<{ raised: Raised[]; lines: number; windows: number; stateBytes: number }> {
  const stores = await TaskState.restore(new MemoryBackend(), 'windows/0', 1);
  const dir = await mkdtemp(join(tmpdir(), 'tocsin-fleet-'));
  const artefacts = new Artefacts(dir);
  const parts = {
    ...detectDefaults(stores),
    artefacts: { loaded: artefacts.loaded, load: (id: string) => artefacts.load(id) },
    calibration: artefacts.calibration,
    select: { policy, budget: () => budget },
  };
  const shard = new Shard(detect(parts), () => undefined, true);
  const open = new Map<string, Raised>();
  let lines = 0;
  let windows = 0;
  const kept: WindowsRecord[] = [];
  const due = [...trainAt];
  try {
    for await (const piece of pieces) {
      lines += piece.lines;
      const records = [...piece.records];
      if (due.length > 0) for (const record of records) kept.push(record);
      if (due.length > 0 && piece.until >= fleet.start + due[0]!) {
        due.shift();
        const trained = await train({
          shards: [offsets(kept)],
          windows: mergeDefaults,
          rules: [],
          kernel: kernelRarity,
          seed: 1,
          extra: [],
          own: [],
          to: piece.until,
          dir,
        });
        if (trained) {
          await artefacts.load(trained.id);
          records.push({ type: 'promotion', artefact: trained.id, from: trained.from });
        }
      }
      for await (const item of shard.run(each(records))) {
        if (item.type === 'decided') {
          windows++;
          hears?.(item.decision);
        }
        if (item.type !== 'alert' || item.alert.audit) continue;
        const { alert } = item;
        const before = open.get(alert.fingerprint);
        open.set(alert.fingerprint, {
          service: entityFromKey(alert.entity).labels.service ?? '',
          start: alert.startsAt,
          raisedAt: before && (before.pages || !pagesOf(alert)) ? before.raisedAt : alert.at,
          end: alert.lastAt,
          pages: (before?.pages ?? false) || pagesOf(alert),
          summary: before?.pages || (before && !pagesOf(alert)) ? before.summary : alert.explanation.summary,
        });
      }
    }
    return { raised: [...open.values()], lines, windows, stateBytes: 0 };
  } finally {
    shard.close();
    stores.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Whether somebody is called for it. */
const pagesOf = ({ severity }: { readonly severity: string }): boolean => severity !== 'info';

async function* each(records: readonly WindowsRecord[]): AsyncGenerator<WindowsRecord> {
  yield* records;
}

const offsets = (records: readonly WindowsRecord[]) =>
  async function* () {
    for (const [offset, record] of records.entries()) yield { offset, record };
  };

export const trainDefaults: readonly number[] = [7 * day];
