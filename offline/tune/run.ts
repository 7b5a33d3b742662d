/** Searches for settings on the stored windows of a run, and stores a candidate where some are better than the usual ones. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../../config/schema.js';
import { hashOf } from '../../models/registry/artefact-set.js';
import type { Settings } from '../../models/registry/settings.js';
import type { FeatureRow } from '../../records/row.js';
import { StartError } from '../../runtime/start-error.js';
import { kernel, windowParts } from '../../service/options.js';
import { Artefacts, newestSet } from '../../training/artefacts.js';
import { readCustomModels } from '../../training/custom-models.js';
import { windowKey } from '../../training/gate/judge.js';
import { answersBetween } from '../../training/gate/tried.js';
import { priorId } from '../../training/prior.js';
import { featureRows, mineCatalogue, train } from '../../training/train.js';
import { settingsOfPoint, spaceOf, usualPoint } from '../../training/tune/choices.js';
import type { TuningData } from '../../training/tune/evaluator.js';
import { Evaluators } from '../../training/tune/evaluators.js';
import { extentsOf, type Extent } from '../../training/tune/extents.js';
import { Journal } from '../../training/tune/journal.js';
import type { Space } from '../../training/tune/space.js';
import { runStudy, type Evaluated, type Trial } from '../../training/tune/study.js';
import { readLedger } from '../models/names.js';
import { publishModels } from '../models/publish.js';
import { openChannel } from '../replay/channel-records.js';
import { shardRecords } from '../windows-log.js';

export interface TuneRequest {
  readonly trials: number;
  /** Of the clock: no batch of trials begins after it, ms. */
  readonly ms: number;
  readonly threads: number;
  readonly seed: number;
  /** Event time of the windows that are used: ends after `from` and up to `to`, ms. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** File of the study; `usualJournal` where it is not given. */
  readonly journal?: string | undefined;
  readonly progress: (trials: readonly Trial[], of: number) => void;
  readonly warn: (message: string) => void;
}

export interface TuneReport {
  readonly journal: string;
  readonly trials: readonly Trial[];
  /** The usual settings, and the best. */
  readonly usual: Trial;
  readonly best: Trial;
  readonly settings: Settings;
  /** On event time that no trial saw. */
  readonly heldOut: { readonly usual: Evaluated; readonly best: Evaluated };
  /** Event time, ms: trained on up to, judged on up to, held out up to. */
  readonly ranges: { readonly from: number; readonly trainTo: number; readonly judgeTo: number; readonly to: number };
  readonly answered: boolean;
  readonly rows: number;
  /** The set that was stored; undefined where the usual settings are as good, or hold better. */
  readonly candidate?: string;
  readonly why?: string;
}

/** Shares of the event time. */
const trainShare = 0.6;
const judgeShare = 0.2;
/** Fewer rows of a schema are not tuned on. */
const minRows = 500;
/** Better by less is chance; and what is worse by more on held-out windows is no candidate. */
const minGain = 0.005;
const maxLoss = 0.01;
/** Rows in all: beyond it entities are left out, chosen by hash. */
const maxRows = 200_000;

/** What is of another study is in another file, so that a later one begins by itself. */
const usualJournal = (config: Config, about: object): string =>
  join(config.state.dir, 'tune', `${hashOf(JSON.stringify(about)).slice(0, 16)}.journal`);

/** @throws StartError where there is no windows log, or too little in it */
export async function tune(config: Config, request: TuneRequest): Promise<TuneReport> {
  const channel = await openChannel(config, 'windows');
  try {
    const shards = shardRecords(channel);
    const without = (await readLedger(config)).reverts.flatMap((revert) => revert.without);
    const { from = 0, to = Number.POSITIVE_INFINITY } = request;
    const parts = { shards, windows: windowParts(config), rules: config.rules, kernel, without };
    const { rows, ranges } = await rowsToTune(parts, from, to);
    const answers = await answersBetween(shards, ranges.trainTo, ranges.to);
    const data: TuningData = {
      rows,
      answers: new Map(answers.map((answer) => [windowKey(answer), answer.isTrue])),
      trainTo: ranges.trainTo,
      seed: request.seed,
      extra: config.detection.extra,
      policy: config.detection.policy,
      budget: config.detection.budget,
    };
    const found = await search(config, request, data, ranges);
    const why = whyNot(found);
    if (why !== undefined) return { ...found, why };
    const { dir } = Artefacts.in(config.state.dir);
    const previous = await newestSet(dir, undefined, await priorId());
    const trained = await train({
      ...parts,
      seed: config.detection.seed,
      extra: config.detection.extra,
      own: await readCustomModels(config.detection.models),
      dir,
      from,
      to: ranges.judgeTo,
      settings: found.settings,
      ...(previous === undefined ? {} : { previous, keep: previous }),
    });
    if (!trained) return { ...found, why: 'there are too few windows to train on' };
    await publishModels(config, dir, trained.id, request.warn);
    return { ...found, candidate: trained.id };
  } finally {
    await channel.close();
  }
}

function whyNot({ usual, best, heldOut }: Omit<TuneReport, 'why'>): string | undefined {
  if (best.number === 0 || best.value - usual.value < minGain) return 'no settings are better than the usual ones';
  if (heldOut.best.value < heldOut.usual.value - maxLoss)
    return 'on windows that were held out the usual settings are better';
  return undefined;
}

type Ranges = TuneReport['ranges'];

/** Templates are mined on what is trained on alone; what rows do not need to be scored is left out. */
async function rowsToTune(
  parts: Omit<Parameters<typeof featureRows>[0], 'from' | 'to'>,
  from: number,
  to: number,
): Promise<{ rows: FeatureRow[]; ranges: Ranges }> {
  const [first, last] = await paneRange(parts.shards, from, to);
  const at = (share: number): number => Math.round(first + share * (last - first));
  const ranges = { from: first, trainTo: at(trainShare), judgeTo: at(trainShare + judgeShare), to: last };
  const catalogue = await mineCatalogue({ ...parts, to: ranges.trainTo }, undefined);
  const all = await featureRows({ ...parts, from, to: last }, catalogue);
  const counts = new Map<string, number>();
  for (const { schema } of all) counts.set(schema.id, (counts.get(schema.id) ?? 0) + 1);
  const entities = [...new Set(all.map(({ subject }) => subject.entity))].sort((a, b) =>
    hashOf(a) < hashOf(b) ? -1 : 1,
  );
  const kept = new Set(entities.slice(0, Math.max(1, Math.floor((entities.length * maxRows) / all.length))));
  const empty = new Float64Array(0);
  const rows = all.flatMap((row) =>
    (counts.get(row.schema.id) ?? 0) >= minRows && kept.has(row.subject.entity)
      ? [{ ...row, actual: empty, typical: empty, notes: [], templates: [], sample: undefined }]
      : [],
  );
  if (rows.length === 0)
    throw new StartError(
      `there are ${all.length} windows to tune on, and ${minRows} are needed: run tocsin for longer`,
      'failed',
    );
  return { rows, ranges };
}

/** Beginning of the first and end of the last pane between two times, ms. */
async function paneRange(
  shards: Parameters<typeof featureRows>[0]['shards'],
  from: number,
  to: number,
): Promise<[number, number]> {
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  for (const records of shards)
    for await (const { record } of records())
      if ('pane' in record && record.pane >= from && record.pane < to) {
        first = Math.min(first, record.pane);
        last = Math.max(last, record.pane);
      }
  if (last === 0) throw new StartError('the windows log has no window to tune on: run tocsin first', 'failed');
  return [first, last];
}

async function search(
  config: Config,
  request: TuneRequest,
  data: TuningData,
  ranges: Ranges,
): Promise<Omit<TuneReport, 'why' | 'candidate'>> {
  const { rows, extra } = data;
  const space = spaceOf(rows.map(({ schema }) => schema.id));
  const extents = extentsOf(rows, data.seed, { from: ranges.trainTo, to: ranges.judgeTo });
  const first = usualPoint(space, extra);
  const about = { seed: data.seed, data: fingerprint(data, ranges, space), release: 1 };
  const path = request.journal ?? usualJournal(config, about);
  await mkdir(dirname(path), { recursive: true });
  const journal = await Journal.open(path);
  const threads = new Evaluators(data, request.threads);
  const settingsAt = (point: Trial['point']): Settings => settingsOfPoint(space, point, extra);
  const began = performance.now();
  try {
    const trials = await runStudy({
      name: 'tocsin',
      space,
      first,
      seed: data.seed,
      trials: request.trials,
      about,
      journal,
      evaluate: (point, rung) => threads.evaluate(settingsAt(point), extents[rung]!),
      mayGoOn: () => performance.now() - began < request.ms,
      progress: (ended) => request.progress(ended, request.trials),
    });
    const whole = trials.filter(({ state }) => state === 'complete');
    const usual = whole.find(({ number }) => number === 0);
    if (!usual)
      throw new StartError('the usual settings cannot be judged on these windows: give more of them', 'failed');
    const best = whole.reduce((most, one) => (one.value > most.value ? one : most), usual);
    const heldOut: Extent = { ...extents[extents.length - 1]!, from: ranges.judgeTo, to: ranges.to };
    const [settings, before] = [settingsAt(best.point), settingsAt(first)];
    return {
      journal: path,
      trials,
      usual,
      best,
      settings,
      heldOut: { usual: await threads.evaluate(before, heldOut), best: await threads.evaluate(settings, heldOut) },
      ranges,
      answered: 'answers' in usual.about,
      rows: rows.length,
    };
  } finally {
    await threads.close();
    await journal.close();
  }
}

/** What makes a study another one. */
function fingerprint({ rows, answers, policy, budget }: TuningData, ranges: Ranges, space: Space): string {
  const answered = [...answers].sort(([a], [b]) => (a < b ? -1 : 1));
  const seen = rows.map((row) => [windowKey(row.subject), row.schema.id]);
  return hashOf(JSON.stringify([seen, answered, ranges, policy, budget, space])).slice(0, 16);
}
