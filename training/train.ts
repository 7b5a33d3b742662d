/** Trains an artefact set from the `windows` log, through the operators that score live. */
import { pipe } from 'rxjs';
import { runRecords, type ShardRecords } from './run-records.js';
import { noteHabit, type Habit } from '../models/calibration/habit.js';
import {
  createReturnLevel,
  observe,
  poolPrior,
  returnLevel,
  type ReturnLevel,
} from '../models/calibration/return-level.js';
import type { TailFit } from '../models/calibration/tail.js';
import { boostedTrees } from '../models/detectors/boosted-trees.js';
import type { Detector } from '../models/detectors/detector.js';
import { matrixOf } from '../models/detectors/matrix.js';
import { inspectForeign, type Inspection } from '../models/detectors/foreign.js';
import { loadDetector } from '../models/detectors/load.js';
import { trainInWorker } from '../models/detectors/train.js';
import { detectorPrefix, hashOf, type ArtefactSet as StoredSet } from '../models/registry/artefact-set.js';
import { areUsual, decodeSettings, encodeSettings, usualSettings, type Settings } from '../models/registry/settings.js';
import { writeLineage } from '../models/registry/lineage.js';
import { openSet, writeSet, type ModelTrials } from '../models/registry/registry.js';
import { schemas } from '../models/features/schemas.js';
import { templateChanges, type TemplateChanges } from '../models/templates/changes.js';
import type { Catalogue } from '../models/templates/catalogue.js';
import { mine, type MinedSignature } from '../models/templates/miner.js';
import { artefactInForce, type ModelsInForce } from '../operators/artefact.js';
import { leaveOut } from '../operators/leave-out.js';
import type { KernelModel } from '../operators/score-sessions.js';
import { merge, type MergeOptions } from '../operators/merge.js';
import type { PlainRule } from '../operators/rules.js';
import { SessionClasses } from '../operators/sessions/session-class.js';
import { Templates } from '../operators/template.js';
import { decode, encode } from '../records/wire/codec.js';
import { hashText } from '../records/wire/hash.js';
import type { FeatureRow, FeatureSchema } from '../records/row.js';
import type { TimeRange } from '../records/snapshot.js';
import { MemoryBackend } from '../runtime/memory-backend.js';
import { TaskState } from '../runtime/state.js';
import { rowsOf } from '../topologies/detect.js';
import { calibrationCodec, catalogueOf, habitsCodec, members } from './artefacts.js';
import type { CustomModel } from './custom-models.js';
import { trainOnAnswers, usualRows } from './answers-arm.js';
import { answersBetween } from './gate/tried.js';
import { knownAt } from './known-at.js';
import { unrepeated } from './unrepeated.js';
import { isSampled } from './sampled.js';

export interface TrainParts {
  readonly shards: readonly ShardRecords[];
  readonly windows: Omit<MergeOptions, 'sessions' | 'shard'>;
  readonly rules: readonly PlainRule[];
  readonly kernel: () => Promise<KernelModel>;
  readonly seed: number;
  /** Extra detectors that are trained, too. */
  readonly extra: readonly string[];
  /** Models that join the ensembles of their schemas. */
  readonly own: readonly CustomModel[];
  /** Event time of the windows that are used: ends after `from` and up to `to`, ms. */
  readonly from?: number;
  readonly to?: number;
  /** Event time that is not learnt from: what a revert left out. */
  readonly without?: readonly TimeRange[];
  /** Folder of the registry. */
  readonly dir: string;
  /** The set whose templates keep their ids. */
  readonly previous?: string;
  /** The set whose detectors stay for a feature schema of which there are too few rows. */
  readonly keep?: string;
  /** Windows of young baselines count like others: for models that score what is new. */
  readonly young?: boolean;
  /** Fewer rows of a schema train nothing. Default 100. */
  readonly minRows?: number;
  /** Those of the set that is kept where they are not given. */
  readonly settings?: Settings;
}

/** What rows are made from. */
export type RowParts = Pick<
  TrainParts,
  'shards' | 'windows' | 'rules' | 'kernel' | 'from' | 'to' | 'without' | 'young'
>;

export interface Trained {
  readonly id: string;
  /** The bound from which it may score: the end of the last window that it was trained on, ms. */
  readonly from: number;
  readonly rows: number;
  readonly entities: number;
  readonly templates: number;
  /** Against the catalogue of the newest set before; undefined where there is none. */
  readonly changes?: TemplateChanges;
  readonly detectors: readonly string[];
}

/** Rows that detectors are trained on, for each schema: beyond it a fixed share of them, chosen by hash. */
const maxRows = 50_000;
const usualMinRows = 100;
/** Rows of a baseline that is younger than this are not trained on, ms; what is new is judged earlier. */
const youngest = 1_800_000;
const youngJudged = 600_000;

/** Trains and stores a set, from what was known at its end; undefined where there are too few windows to learn from. */
export async function train(all: TrainParts): Promise<Trained | undefined> {
  const { to = Number.POSITIVE_INFINITY } = all;
  return trainKnown({ ...all, shards: all.shards.map((records) => knownAt(records, to, all.windows)) });
}

/** As `train`, from shards that are cut by `knownAt` already. */
export async function trainKnown(parts: TrainParts): Promise<Trained | undefined> {
  const { minRows = usualMinRows } = parts;
  const answers = await answersBetween(parts.shards, parts.from ?? 0, parts.to ?? Number.POSITIVE_INFINITY);
  const kept = parts.keep === undefined ? undefined : await openSet(parts.dir, parts.keep);
  const settings = parts.settings ?? (kept ? settingsIn(kept) : usualSettings);
  const previous = parts.previous === undefined ? undefined : await catalogueOf(parts.dir, parts.previous);
  const catalogue = await mineCatalogue(parts, previous);
  const all = await featureRows(parts, catalogue);
  const warm = all.filter((row) => row.warm);
  // On the first day all baselines are young.
  const rows = warm.length >= minRows && parts.young !== true ? warm : all;
  if (rows.length < minRows) return undefined;
  const from = rows.reduce((last, { subject }) => Math.max(last, subject.end), 0);
  const contents: Record<string, Uint8Array> = { [members.catalogue]: catalogue.encode() };
  const prior = new Map<string, TailFit>();
  const levels = new Map<string, Map<string, ReturnLevel>>();
  const habits = new Map<string, Map<string, Habit>>();
  for (const schema of schemas.values()) {
    const own = rows.filter((row) => row.schema === schema);
    const trained = await trainSchema(schema, own, parts, settings);
    if (trained.length === 0 && kept) {
      keepDetectors(kept, schema, contents, prior);
      continue;
    }
    const arm = await trainOnAnswers({ schema, rows: own, answers, seed: parts.seed, settings });
    if (arm) trained.push({ name: boostedTrees.kind, bytes: arm.bytes });
    const brought = trained.length > 0 ? parts.own.filter(({ card }) => card.schema === schema.id) : [];
    for (const { bytes, name, inspection } of [
      ...trained,
      ...brought.map((model) => ({ name: model.card.name, ...model })),
    ]) {
      contents[`${detectorPrefix(schema.id)}${name}`] = bytes;
      const columns = schema.columns.map((column) => column.name);
      const detector = await loadDetector(bytes, { schema: schema.id, columns }, inspection);
      const seen = name === boostedTrees.kind ? usualRows(own, answers) : own;
      const scores = await scoresOf(detector, seen);
      calibrateDetector(detector.card.name, schema, seen, scores, { prior, levels, settings });
      noteHabits(detector.card.name, seen, scores, { levels, habits, settings });
    }
  }
  contents[members.calibration] = encode(calibrationCodec, { prior, levels });
  if (!areUsual(settings)) contents[members.settings] = encodeSettings(settings);
  if (habits.size > 0) contents[members.habits] = encode(habitsCodec, habits);
  const inspections = new Map(parts.own.map(({ bytes, inspection }) => [bytes, inspection]));
  const door: ModelTrials = { inspect: async (file) => inspections.get(file) ?? inspectForeign(file) };
  const id = await writeSet(parts.dir, { from, members: contents }, door);
  const detectors = Object.keys(contents).filter((name) => name.startsWith('detector/'));
  const parent = parts.previous ?? parts.keep;
  await writeLineage(parts.dir, id, {
    ...(parent === undefined ? {} : { parent }),
    data: { from: rows.reduce((first, { subject }) => Math.min(first, subject.start), from), to: from },
    rows: rows.length,
    entities: levels.size,
    templates: catalogue.templates.length,
    detectors: detectors.length,
    seed: parts.seed,
    settings: settingsOf(parts, settings),
  });
  return {
    id,
    from,
    rows: rows.length,
    entities: levels.size,
    templates: catalogue.templates.length,
    ...(previous ? { changes: templateChanges(previous, catalogue) } : {}),
    detectors,
  };
}

/** What a training depends on beside the data, in one hash. */
function settingsOf({ windows, rules, extra, own, minRows, young }: TrainParts, settings: Settings): string {
  const models = own.map(({ bytes }) => hashOf(bytes));
  const tuned = areUsual(settings) ? [] : [encodeSettings(settings).toString()];
  return hashOf(JSON.stringify([windows, rules, extra, models, minRows ?? usualMinRows, young ?? false, ...tuned]));
}

/** The settings of a set; the usual ones where it carries none. */
function settingsIn(set: StoredSet): Settings {
  return set.has(members.settings) ? decodeSettings(set.bytes(members.settings)) : usualSettings;
}

/** Who is in the ensemble of a schema. */
export function membersOf(
  settings: Settings,
  schema: string,
  extra: readonly string[],
): { extra: string[]; without: string[] } {
  const own = (names: readonly string[]): string[] =>
    names.filter((name) => name.startsWith(`${schema}/`)).map((name) => name.slice(schema.length + 1));
  return { extra: [...extra, ...own(settings.extra)], without: own(settings.without) };
}

/** Templates of all signatures in the log, by their counts; those of the previous mining keep their ids. */
export async function mineCatalogue(
  { shards, to = Number.POSITIVE_INFINITY, without = [] }: Pick<TrainParts, 'shards' | 'to' | 'without'>,
  previous: Catalogue | undefined,
): Promise<Catalogue> {
  const masked = new Map<number, string>();
  const counts = new Map<number, number>();
  const add = (signature: number, count: number): void =>
    void counts.set(signature, (counts.get(signature) ?? 0) + count);
  const isOut = (pane: number): boolean => without.some((range) => pane >= range.from && pane < range.to);
  for (const records of shards) {
    for await (const { record } of unrepeated(records({ from: 0, to }))) {
      if ('pane' in record && isOut(record.pane)) continue;
      if (record.type === 'definition') masked.set(record.signature, record.masked);
      else if (record.type === 'log' && record.pane < to) {
        for (const [signature, count] of record.aggregate.signatures) add(signature, count);
      } else if (record.type === 'session' && record.key !== '' && record.pane < to) {
        for (const [signature, { count }] of record.events) add(signature, count);
      }
    }
  }
  const seen: MinedSignature[] = [];
  for (const [signature, count] of [...counts].sort(([a], [b]) => a - b)) {
    const text = masked.get(signature);
    if (text !== undefined) seen.push({ signature, masked: text, count });
  }
  return mine(seen, previous);
}

/** Feature rows of services and series, in order of end, then entity. */
export async function featureRows(parts: RowParts, catalogue: Catalogue): Promise<FeatureRow[]> {
  const { from = 0, to = Number.POSITIVE_INFINITY, young = false } = parts;
  const mined: ModelsInForce = { id: 'mined', catalogue, detectors: [] };
  const loaded = (id: string): ModelsInForce | undefined => (id === mined.id ? mined : undefined);
  const rows: FeatureRow[] = [];
  for (const [shard, records] of parts.shards.entries()) {
    const stores = await TaskState.restore(new MemoryBackend(), `train/${shard}`, 0);
    artefactInForce(stores).put('', mined.id);
    const templates = new Templates(stores, loaded);
    const classes = new SessionClasses(stores, (signature) => templates.templateOf(signature));
    const artefacts = { loaded, load: async () => undefined };
    const chain = rowsOf({ stores, artefacts, kernel: parts.kernel, rules: parts.rules }, classes, templates);
    const { without = [] } = parts;
    const learnt =
      without.length > 0
        ? pipe(
            leaveOut(() => without),
            chain,
          )
        : chain;
    const topology = merge(stores, { ...parts.windows, shard: `train/${shard}`, sessions: classes }, learnt);
    await runRecords(topology, records, from, (item) => {
      if (
        item.type === 'row' &&
        item.known >= (young ? youngJudged : youngest) &&
        item.subject.end > from &&
        item.subject.end <= to
      )
        rows.push(item);
      return item.type === 'boundary' && item.end > to;
    });
    stores.close();
  }
  return rows.sort((a, b) => a.subject.end - b.subject.end || (a.subject.entity < b.subject.entity ? -1 : 1));
}

/** Carries the detectors of a schema over, with what is known of their scores. */
function keepDetectors(
  kept: StoredSet,
  schema: FeatureSchema,
  contents: Record<string, Uint8Array>,
  prior: Map<string, TailFit>,
): void {
  const prefix = detectorPrefix(schema.id);
  for (const name of kept.names) if (name.startsWith(prefix)) contents[name] = kept.bytes(name);
  for (const [name, fit] of decode(calibrationCodec, kept.bytes(members.calibration)).prior)
    if (name.startsWith(`${schema.id}/`)) prior.set(name, fit);
}

async function trainSchema(
  schema: FeatureSchema,
  rows: readonly FeatureRow[],
  { seed, extra, minRows = usualMinRows }: TrainParts,
  settings: Settings,
): Promise<{ name: string; bytes: Uint8Array; inspection?: Inspection }[]> {
  if (rows.length < minRows) return [];
  const share = maxRows / rows.length;
  const used =
    share >= 1 ? rows : rows.filter(({ subject }) => isSampled(`${subject.entity} ${subject.end}`, seed, share));
  const columns = schema.columns.map(({ name }) => name);
  return trainInWorker({
    schema: schema.id,
    columns,
    matrix: matrixOf(vectorsOf(used), columns.length),
    seed,
    ...membersOf(settings, schema.id, extra),
    settings,
    from: used[0]!.subject.start,
    to: used[used.length - 1]!.subject.end,
  });
}

const vectorsOf = (rows: readonly FeatureRow[]): Float64Array[] => rows.map(({ vector }) => vector);

/** What a detector gives on the windows that it was trained on. */
async function scoresOf(detector: Detector, rows: readonly FeatureRow[]): Promise<Float64Array> {
  const { columns } = detector.card;
  const scores = new Float64Array(rows.length);
  for (let start = 0; start < rows.length; start += 4096) {
    const slice = rows.slice(start, start + 4096);
    scores.set(await detector.score(matrixOf(vectorsOf(slice), columns.length)), start);
  }
  return scores;
}

/** The scores of the training are where a detector's calibration starts. */
function calibrateDetector(
  name: string,
  schema: FeatureSchema,
  rows: readonly FeatureRow[],
  scores: Float64Array,
  {
    prior,
    levels,
    settings: { tailShape },
  }: {
    readonly prior: Map<string, TailFit>;
    readonly levels: Map<string, Map<string, ReturnLevel>>;
    readonly settings: Settings;
  },
): void {
  const own = new Set<ReturnLevel>();
  rows.forEach(({ subject }, i) => {
    const level = entryOf(levels, subject.entity, name, () => createReturnLevel(hashText(subject.entity)));
    own.add(level);
    observe(level, subject.end, scores[i]!, tailShape);
  });
  const pooled = poolPrior([...own], tailShape);
  if (pooled) prior.set(`${schema.id}/${name}`, pooled);
}

/** What came back in the training windows, by the calibration at their end, which `calibrateDetector` has left in `levels`. */
function noteHabits(
  name: string,
  rows: readonly FeatureRow[],
  scores: Float64Array,
  {
    levels,
    habits,
    settings: { tailShape },
  }: {
    readonly levels: ReadonlyMap<string, ReadonlyMap<string, ReturnLevel>>;
    readonly habits: Map<string, Map<string, Habit>>;
    readonly settings: Settings;
  },
): void {
  rows.forEach(({ subject, schema }, i) => {
    const level = levels.get(subject.entity)!.get(name)!;
    const habit = entryOf(habits, subject.entity, name, (): Habit => []);
    noteHabit(habit, subject.end, returnLevel(level, scores[i]!, undefined, tailShape).u, schema.habits);
  });
}

function entryOf<T>(all: Map<string, Map<string, T>>, entity: string, name: string, create: () => T): T {
  let own = all.get(entity);
  if (!own) all.set(entity, (own = new Map<string, T>()));
  let entry = own.get(name);
  if (entry === undefined) own.set(name, (entry = create()));
  return entry;
}
