/** Tries a candidate and the champion on the same stored windows, and judges. */
import type { Config } from '../../config/schema.js';
import { entityFromKey } from '../../records/entity.js';
import { schemas } from '../../models/features/schemas.js';
import type { WindowsRecord } from '../../records/windows.js';
import { StartError } from '../../runtime/start-error.js';
import { kernel, windowParts } from '../../service/options.js';
import { openArtefacts } from '../../service/training/shared-models.js';
import { tryOut } from '../../training/trial.js';
import type { Artefacts } from '../../training/artefacts.js';
import type { ShardRecords } from '../../training/train.js';
import { unrepeated } from '../../training/unrepeated.js';
import { answersIn } from '../replay/answers.js';
import { openChannel } from '../replay/channel-records.js';
import { shardRecords } from '../windows-log.js';
import { judge, type AnsweredWindow, type Judgement, type Tried } from './judge.js';
import { probe, type Probe } from './probe.js';
import { TrialRecord } from './record.js';

export interface GateReport extends Judgement {
  readonly candidate: string;
  readonly champion: string;
  /** Event time of the windows that were tried, ms. */
  readonly from: number;
  readonly to: number;
  /** Paging alerts a day, for the plot: the candidate's, and the champion's. */
  readonly days: readonly { readonly day: string; readonly candidate: number; readonly champion: number }[];
}

export interface GateRequest {
  readonly candidate: string;
  /** Empty where there is none to compare with. */
  readonly champion: string;
  /** Event time that is tried, up to the last window of the log, ms. */
  readonly span: number;
}

/** @throws StartError where there is no windows log, or no window in it */
export async function runGate(config: Config, { candidate, champion, span }: GateRequest): Promise<GateReport> {
  const answers = await answeredWindows(config);
  const channel = await openChannel(config, 'windows');
  const { artefacts, close } = openArtefacts(config);
  try {
    const shards = shardRecords(channel);
    const to = await lastPane(shards, config.windows.pane);
    const from = to - span;
    const trial = (id: string): Promise<Tried> => tryOne(config, id, artefacts, shards, from, to);
    const old = champion === '' ? undefined : await trial(champion);
    let fresh: Tried | undefined;
    let failure: string | undefined;
    try {
      fresh = await trial(candidate);
    } catch (error) {
      failure = (error as Error).message.replace(/\s+/g, ' ');
    }
    const within = answers.filter(({ end }) => end > from && end <= to);
    const judged = judge({
      ...(failure === undefined ? {} : { failure }),
      ...(fresh ? { candidate: fresh } : {}),
      ...(old ? { champion: old } : {}),
      answers: within,
      budget: config.detection.budget,
      span,
    });
    return { ...judged, candidate, champion, from, to, days: daysOf(from, to, fresh, old) };
  } finally {
    await channel.close();
    await close();
  }
}

/** Answers on windows; those on sessions are about no set. */
async function answeredWindows(config: Config): Promise<AnsweredWindow[]> {
  return [...(await answersIn(config))].flatMap(([subject, isTrue]) => {
    const [end, entity, key] = subject.split('\0');
    return key === '' && entityFromKey(entity).kind !== 'session' ? [{ entity, end: Number(end), isTrue }] : [];
  });
}

/** End of the last pane of the log, ms. */
async function lastPane(shards: readonly ShardRecords[], pane: number): Promise<number> {
  let last = 0;
  const paneOf = (record: WindowsRecord): number => ('pane' in record ? record.pane + pane : 0);
  for (const records of shards) for await (const { record } of records()) last = Math.max(last, paneOf(record));
  if (last === 0) throw new StartError('the windows log has no window to try a set on: run tocsin first', 'failed');
  return last;
}

async function tryOne(
  config: Config,
  id: string,
  artefacts: Artefacts,
  shards: readonly ShardRecords[],
  from: number,
  to: number,
): Promise<Tried> {
  const record = new TrialRecord(from, to);
  await tryOut(id, {
    shards: shards.map((records) => () => unrepeated(records())),
    windows: windowParts(config),
    kernel,
    artefacts,
    policy: config.detection.policy,
    budget: config.detection.budget,
    from,
    to,
    watch: record.add,
  });
  const detectors = artefacts.loaded(id)?.detectors ?? [];
  const probes = new Map<string, Probe>();
  for (const schema of schemas.keys()) {
    const own = detectors.filter(({ card }) => card.schema === schema);
    const rows = (record.rows.get(schema) ?? []).map(({ features }) => features);
    if (own.length > 0 && rows.length > 0) probes.set(schema, await probe(own, rows));
  }
  const names = new Set(detectors.map(({ card }) => `${card.schema}/${card.name}`));
  return { record, detectors: names, probes };
}

const dayMs = 86_400_000;

function daysOf(from: number, to: number, fresh: Tried | undefined, old: Tried | undefined): GateReport['days'] {
  const count = (tried: Tried | undefined, start: number): number =>
    [...(tried?.record.alerts.values() ?? [])].filter(({ at }) => at >= start && at < start + dayMs).length;
  const days: { day: string; candidate: number; champion: number }[] = [];
  for (let start = from - (from % dayMs); start < to; start += dayMs)
    days.push({
      day: new Date(start).toISOString().slice(0, 10),
      candidate: count(fresh, start),
      champion: count(old, start),
    });
  return days;
}
