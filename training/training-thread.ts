/** The program of the training thread (background.ts): trains a set and tries it on the last windows. */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { KernelRarity } from '../models/detectors/kernel-rarity.js';
import { decodeWindowsRecord, type WindowsRecord } from '../records/windows.js';
import type { ChannelItem } from '../runtime/channel-source.js';
import { Artefacts } from './artefacts.js';
import type { FromThread, Page, TrainingJob, TrainingOutcome } from './background.js';
import { reasonToTrain } from './reason.js';
import { train, type ShardRecords } from './train.js';
import { judge } from './gate/judge.js';
import { answersBetween, tryForGate } from './gate/tried.js';
import type { TrialParts } from './trial.js';

/** A set is tried on the windows of so much event time, ms. */
const trialSpan = 86_400_000;

const port = parentPort!;
const tell = (message: FromThread): void => port.postMessage(message);

function shard(index: number, { first, next }: TrainingJob['ranges'][number]): ShardRecords {
  return async function* (): AsyncGenerator<ChannelItem<WindowsRecord>> {
    for (let at = first; at < next;) {
      tell({ read: index, offset: at });
      const [records] = (await once(port, 'message')) as [Page];
      if (records.length === 0) return;
      for (const { offset, value } of records) {
        const record = decoded(value);
        if (record) yield { offset, record };
      }
      at = records[records.length - 1].offset + 1;
    }
  };
}

/** What cannot be read is a dead letter of detect, and nothing here. */
function decoded(value: Uint8Array): WindowsRecord | undefined {
  try {
    return decodeWindowsRecord(value);
  } catch {
    return undefined;
  }
}

async function work(job: TrainingJob): Promise<TrainingOutcome> {
  const shards = job.ranges.map((range, index) => shard(index, range));
  const { dir, windows, rules, seed, extra, own, minRows, from, to, without, previous, inForce } = job;
  let opened: Promise<KernelRarity> | undefined;
  const kernel = (): Promise<KernelRarity> => (opened ??= KernelRarity.open());
  const artefacts = new Artefacts(dir);
  const span = Math.min(trialSpan, to - from);
  const reason = job.reason ?? (await look(job, shards, artefacts, span));
  if (reason === undefined) return { what: 'looked', why: 'no reason to train' };
  const trained = await train({
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
  if (!trained) return { what: 'too-little', why: `fewer than ${minRows} windows to learn from` };
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
  return { what: 'passed', why: `${reason}: ${count} windows judged, ${alerts} alerts on the last of them${before}`, trained };
}

async function look(
  { inForce, to }: TrainingJob,
  shards: readonly ShardRecords[],
  artefacts: Artefacts,
  span: number,
): Promise<string | undefined> {
  if (inForce === undefined) return undefined;
  await artefacts.load(inForce);
  return reasonToTrain(shards, artefacts, inForce, { from: to - span, to });
}

try {
  tell({ outcome: await work(workerData as TrainingJob) });
} catch (error) {
  tell({ failed: error instanceof Error ? error.message : String(error) });
}
