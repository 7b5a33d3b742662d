/** The program of the training thread (background.ts): trains a set and tries it on the last windows. */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { KernelRarity } from '../models/detectors/kernel-rarity.js';
import { allPanes, decodeWithin, type WindowsRecord } from '../records/windows.js';
import type { ChannelItem } from '../runtime/channel-source.js';
import { Artefacts } from './artefacts.js';
import { decodeDecision, type Decision } from '../records/score.js';
import { readableBy } from '../records/wire/codec.js';
import {
  tooFew,
  type DriftFound,
  type FromThread,
  type LogPage,
  type TrainingJob,
  type TrainingOutcome,
} from './background.js';
import { findDrift } from './drift/find.js';
import { answersReason, reasonToTrain } from './reason.js';
import { knownAt } from './known-at.js';
import { trainKnown } from './train.js';
import type { ShardRecords } from './run-records.js';
import { judge } from './gate/judge.js';
import { answersBetween, tryForGate } from './gate/tried.js';
import type { TrialParts } from './trial.js';

/** A set is tried on the windows of so much event time, ms. */
const trialSpan = 86_400_000;

/** Windows further back than this are not compared with, ms. */
const driftReference = 28 * 86_400_000;

const port = parentPort!;
const tell = (message: FromThread): void => port.postMessage(message);

const shard = (index: number, range: TrainingJob['ranges'][number]): ShardRecords =>
  async function* (panes = allPanes): AsyncGenerator<ChannelItem<WindowsRecord>> {
    for await (const { offset, value } of records('windows', index, range)) {
      // What cannot be read is a dead letter of detect, and nothing here.
      const record = readableBy((bytes) => decodeWithin(bytes, panes), value);
      if (record) yield { offset, record };
    }
  };

async function* records(
  of: 'windows' | 'decisions',
  index: number,
  { first, next }: TrainingJob['ranges'][number],
): AsyncGenerator<LogPage[number]> {
  for (let at = first; at < next;) {
    tell({ read: index, offset: at, of });
    const [page] = (await once(port, 'message')) as [LogPage];
    if (page.length === 0) return;
    yield* page;
    at = page[page.length - 1]!.offset + 1;
  }
}

async function lookForDrift({ drift, seed, to }: TrainingJob): Promise<DriftFound | undefined> {
  if (!drift) return undefined;
  async function* decisions(): AsyncGenerator<Decision> {
    for (const [index, range] of drift!.ranges.entries())
      for await (const { value } of records('decisions', index, range)) {
        const decision = readableBy(decodeDecision, value);
        if (decision) yield decision;
      }
  }
  const between = { from: drift.learntTo - driftReference, until: drift.learntTo, to };
  const request = { reference: driftReference, budget: drift.budget, between };
  const { entities, young } = await findDrift({ decisions, answers: [], seed }, request);
  return {
    drifted: entities.filter(({ isDrifted }) => isDrifted).map(({ entity }) => entity),
    entities: entities.length,
    young,
  };
}

async function work(job: TrainingJob): Promise<TrainingOutcome> {
  const drift = await lookForDrift(job);
  const outcome = await workOn(job, drift);
  return drift ? { ...outcome, drift } : outcome;
}

async function workOn(job: TrainingJob, drift: DriftFound | undefined): Promise<TrainingOutcome> {
  const { dir, windows, rules, seed, extra, own, minRows, from, to, without, previous, inForce } = job;
  // However late it is read: what came behind that boundary is of a later training.
  const shards = job.ranges.map((range, index) => knownAt(shard(index, range), to, windows));
  let opened: Promise<KernelRarity> | undefined;
  const kernel = (): Promise<KernelRarity> => (opened ??= KernelRarity.open());
  const artefacts = new Artefacts(dir);
  const span = Math.min(trialSpan, to - from);
  const reason = job.reason ?? driftReason(drift) ?? (await look(job, shards, artefacts, span));
  if (reason === undefined) return { what: 'looked', why: 'no reason to train' };
  const trained = await trainKnown({
    shards,
    windows,
    rules,
    kernel,
    seed,
    extra,
    own,
    dir,
    minRows,
    from,
    to,
    without,
    ...(previous === undefined ? {} : { previous }),
    ...(inForce === undefined ? {} : { keep: inForce }),
  });
  if (!trained) return { what: 'too-little', why: tooFew(minRows) };
  const trial: TrialParts = {
    shards,
    windows,
    kernel,
    artefacts,
    policy: job.policy,
    budget: job.budget,
    from: to - span,
    to,
    without,
  };
  const champion = inForce === undefined ? undefined : await tryForGate(inForce, trial);
  const candidate = await tryForGate(trained.id, trial);
  const judged = judge({
    candidate,
    ...(champion ? { champion } : {}),
    isShipped: inForce !== undefined && inForce === job.prior,
    answers: await answersBetween(shards, trial.from, to),
    budget: job.budget,
    span,
  });
  const failed = judged.checks.filter(({ passed }) => !passed).map(({ name, said }) => `${name}: ${said}`);
  if (failed.length > 0) return { what: 'refused', why: `${reason}: ${failed.join('; ')}`, trained };
  const { judged: count, alerts } = candidate.result;
  const before = champion ? `, ${champion.result.alerts} by the set before` : '';
  return {
    what: 'passed',
    why: `${reason}: ${count} windows judged, ${alerts} alerts on the last of them${before}`,
    trained,
  };
}

/** One of many may be chance, and costs a training. */
const driftedShare = 0.05;

function driftReason(drift: DriftFound | undefined): string | undefined {
  if (!drift || drift.drifted.length === 0 || drift.drifted.length < driftedShare * drift.entities) return undefined;
  const { length } = drift.drifted;
  return length === 1 ? `${drift.drifted[0]} drifted` : `${length} of ${drift.entities} services drifted`;
}

async function look(
  job: TrainingJob,
  shards: readonly ShardRecords[],
  artefacts: Artefacts,
  span: number,
): Promise<string | undefined> {
  const { inForce, to } = job;
  if (inForce === undefined) return undefined;
  await artefacts.load(inForce);
  const answers = job.drift ? await answersBetween(shards, job.drift.learntTo, to) : [];
  return answersReason(answers) ?? reasonToTrain(shards, artefacts, inForce, { from: to - span, to });
}

try {
  tell({ outcome: await work(workerData as TrainingJob) });
} catch (error) {
  tell({ failed: error instanceof Error ? error.message : String(error) });
}
