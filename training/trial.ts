/** Tries an artefact set on stored windows before it is promoted: what it would have scored, and how often it would have paged. */
import { runRecords, type ShardRecords } from './run-records.js';
import type { Tracked } from '../records/decided.js';
import type { Decision } from '../records/score.js';
import type { TimeRange } from '../records/snapshot.js';
import { createEpisodes } from '../models/calibration/episodes.js';
import type { ReturnLevel } from '../models/calibration/return-level.js';
import { artefactInForce } from '../operators/artefact.js';
import type { TrainedCalibration } from '../operators/calibrate.js';
import type { MergeOptions } from '../operators/merge.js';
import type { KernelModel } from '../operators/score-sessions.js';
import type { PolicyName } from '../models/policies/going-over.js';
import { MemoryBackend } from '../runtime/memory-backend.js';
import { TaskState } from '../runtime/state.js';
import { detect } from '../topologies/detect.js';
import type { Artefacts } from './artefacts.js';

export interface TrialParts {
  readonly shards: readonly ShardRecords[];
  readonly windows: Omit<MergeOptions, 'sessions' | 'shard'>;
  readonly kernel: () => Promise<KernelModel>;
  readonly artefacts: Artefacts;
  readonly policy: PolicyName;
  /** False alerts a week that a service may cost. */
  readonly budget: number;
  /** Event time of the windows that are judged: ends after `from` and up to `to`, ms. */
  readonly from: number;
  readonly to: number;
  /** Event time that is neither judged nor learnt from: what a revert left out. */
  readonly without?: readonly TimeRange[];
  /** Receives everything that is decided, the run-up before `from` included. */
  readonly watch?: (item: Tracked) => void;
}

/** What a set did in a trial. */
export interface TrialResult {
  /** Windows that were judged by its detectors. */
  readonly judged: number;
  /** Scores that are no finite number. */
  readonly broken: number;
  /** Alerts that it would have raised. */
  readonly alerts: number;
  readonly entities: number;
}

/** Judges the windows of the trial with a set that `parts.artefacts` can load. */
export async function tryOut(id: string, parts: TrialParts): Promise<TrialResult> {
  const { artefacts, from, to } = parts;
  await artefacts.load(id);
  const count = { judged: 0, broken: 0 };
  const alerts = new Set<string>();
  const entities = new Set<string>();
  const judge = ({ end, entity, scores }: Decision): void => {
    if (scores.length === 0 || end <= from || end > to) return;
    entities.add(entity);
    count.judged++;
    for (const { score, u } of scores) if (!Number.isFinite(score) || !Number.isFinite(u)) count.broken++;
  };
  for (const [index, records] of parts.shards.entries()) {
    const name = `trial/${index}`;
    const stores = await TaskState.restore(new MemoryBackend(), name, 1);
    artefactInForce(stores).put('', id);
    const topology = detect({
      stores,
      windows: { ...parts.windows, shard: name },
      artefacts,
      calibration: (set) => rewound(artefacts.calibration(set)),
      kernel: parts.kernel,
      rules: [],
      ...(parts.without ? { without: parts.without } : {}),
      select: { policy: parts.policy, budget: () => parts.budget, shards: parts.shards.length },
      track: { tag: { source: name, incarnation: 0, epoch: 1 } },
    });
    await runRecords(topology, records, from, (item) => {
      // What only differs is listed, and is no page.
      if (
        item.type === 'alert' &&
        item.alert.severity !== 'info' &&
        item.alert.startsAt >= from &&
        item.alert.startsAt < to
      )
        alerts.add(item.alert.fingerprint);
      if (item.type === 'decided') judge(item.decision);
      parts.watch?.(item);
      return item.type === 'boundary' && item.end > to;
    });
    stores.close();
  }
  return { ...count, alerts: alerts.size, entities: entities.size };
}

/** The levels of a set end where its training did: what is judged here is older, so that their clocks start again. */
export function rewound(calibration: TrainedCalibration | undefined): TrainedCalibration | undefined {
  if (!calibration) return undefined;
  const restart = ({ anchor: _, ...level }: ReturnLevel): ReturnLevel => ({
    ...level,
    day: 0,
    episodes: createEpisodes(),
  });
  const levels = new Map(
    [...calibration.levels].map(([entity, own]) => [
      entity,
      new Map([...own].map(([detector, level]) => [detector, restart(level)])),
    ]),
  );
  return { ...calibration, levels, habits: new Map() };
}
