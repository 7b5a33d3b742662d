/** Turns scores into return levels, each entity by its own past, the artefact's prior where that is short. */
import { beyondHabit, forgetHabit, habitCodec, noteHabit, type Habit } from '../models/calibration/habit.js';
import {
  aspectCalibrationCodec,
  aspectCalibrationVersion,
  calibrateAspects,
  createAspectCalibration,
  learnAspects,
} from '../models/calibration/aspects.js';
import { U_MIN } from '../models/calibration/defaults.js';
import { asU } from '../models/calibration/grid.js';
import {
  createReturnLevel,
  observe,
  returnLevel,
  returnLevelCodec,
  type Prior,
  type ReturnLevel,
} from '../models/calibration/return-level.js';
import { aspectLengths, aspectNames, aspectPlace, differencesName, symptomsName } from '../models/features/aspects.js';
import { usualSettings, type Settings } from '../models/registry/settings.js';
import { trustOf, youthOf } from '../models/calibration/youth.js';
import type { Operator } from '../records/batch.js';
import { decode, encode, list, map, struct, text } from '../records/wire/codec.js';
import { hashText } from '../records/wire/hash.js';
import type { ScoredRecord, ScoredRow } from '../records/row.js';
import type { DetectorScore } from '../records/score.js';
import type { StateStores } from '../records/store.js';
import type { EffectiveVerdict } from '../records/window.js';
import { Calendars } from './calendars/calendars.js';
import { mapBatch } from './map-batch.js';

/** The best of many aspects is doubted more than a single detector while an entity is young. */
const aspectYouth = 2;
const dayMs = 86_400_000;

/** What numbers in lines usually are takes a day to know. */
function withoutNumbers(scores: Float64Array): Float64Array {
  const known = scores.slice();
  for (const length of [0, 1, 2] as const) known[aspectPlace('numbers', length)] = 0;
  return known;
}

/** The calibration that came with an artefact: what its detectors gave on the windows that they were trained on. */
export interface TrainedCalibration {
  /** Pooled over entities, by detector. */
  readonly prior: Prior;
  /** By entity key and detector, where the entity was in the training windows. */
  readonly levels: ReadonlyMap<string, ReadonlyMap<string, ReturnLevel>>;
  /** What came back in the training windows, by entity key and detector. */
  readonly habits: ReadonlyMap<string, ReadonlyMap<string, Habit>>;
  /** Constants of calibration and policy; the defaults where the set has none. */
  readonly settings?: Settings;
  /** The set without its settings: what is learnt of one is kept for another that differs in its policy only. */
  readonly basis?: string;
}

/** What calibration remembers of an entity: a return level for each detector of a set, which is named by its basis. */
export interface EntityCalibration {
  artefact: string;
  detectors: readonly string[];
  levels: readonly ReturnLevel[];
}

const codec = struct<EntityCalibration>({ artefact: text, detectors: list(text), levels: list(returnLevelCodec) });

/**
 * Adds u and confidence to every scored row: scored first, then learnt. A new artefact starts from the calibration
 * that it brings.
 *
 * @param trained - the calibration of an artefact that is loaded, by id
 */
export function calibrate(
  stores: StateStores,
  trained: (artefact: string) => TrainedCalibration | undefined,
): Operator<ScoredRecord, ScoredRecord> {
  const entities = stores.open('calibration', codec);
  /** By entity, then by detector: what comes back does so with other models, too. */
  const habits = stores.open('habits', map(text, habitCodec));
  const aspects = stores.open('aspect-calibration', aspectCalibrationCodec, aspectCalibrationVersion);
  const calendars = new Calendars(stores);

  /** Aspects need no model: they stand before the detectors, with what pages and what informs behind them. */
  function withAspects(item: ScoredRow, learns: boolean): ScoredRow {
    const { aspects: scores, subject } = item.row;
    if (!scores) return item;
    const state = aspects.get(subject.entity) ?? createAspectCalibration();
    const { known } = item.row;
    const { contexts } = trained(item.artefact)?.settings ?? usualSettings;
    const judged = calibrateAspects(state, known < dayMs ? withoutNumbers(scores) : scores, contexts, known);
    const youth = aspectYouth * youthOf(known);
    if (learns) learnAspects(state, subject.end, scores, judged);
    aspects.put(subject.entity, state);
    const lengths = aspectLengths.length;
    const own = aspectNames.map((detector, k): DetectorScore => {
      let score = scores[k * lengths]!;
      for (let l = 1; l < lengths; l++) score = Math.max(score, scores[k * lengths + l]!);
      return { detector, score, u: asU(judged.aspects[k]! - youth) };
    });
    const together = [
      { detector: symptomsName, score: judged.combined[0], u: asU(judged.symptoms - youth) },
      { detector: differencesName, score: judged.combined[1], u: asU(judged.differences - youth) },
    ];
    return {
      ...item,
      scores: [...own, ...together, ...item.scores],
      confidence: Math.min(item.scores.length > 0 ? item.confidence : 1, judged.confidence * trustOf(known)),
    };
  }

  function stateOf({ row, artefact, scores }: ScoredRow): EntityCalibration {
    const known = entities.get(row.subject.entity);
    const basis = trained(artefact)?.basis ?? artefact;
    if (known?.artefact === basis) return known;
    const { entity } = row.subject;
    const brought = trained(artefact)?.levels.get(entity);
    const detectors = scores.map(({ detector }) => detector);
    const levels = detectors.map((name) => {
      const level = brought?.get(name);
      // A copy: the artefact is shared by all tasks of the process.
      return level ? decode(returnLevelCodec, encode(returnLevelCodec, level)) : createReturnLevel(hashText(entity));
    });
    return { artefact: basis, detectors, levels };
  }

  /** Habits of an entity; of a detector that has none yet, those that its artefact brings. */
  function habitsOf({ row: { subject }, artefact, scores }: ScoredRow): Map<string, Habit> {
    const known = habits.get(subject.entity);
    const brought = trained(artefact)?.habits.get(subject.entity);
    return new Map(
      scores.map(({ detector }) => [detector, known?.get(detector) ?? [...(brought?.get(detector) ?? [])]]),
    );
  }

  function forget({ verdict: { value, context }, revoked }: EffectiveVerdict): void {
    const known = context.key === '' && value === 'anomaly' && !revoked ? habits.get(context.entity) : undefined;
    if (known)
      habits.put(context.entity, new Map([...known].map(([name, habit]) => [name, forgetHabit(habit, context.end)])));
  }

  return mapBatch((batch) => ({
    ...batch,
    items: batch.items.map((item): ScoredRecord => {
      if (item.type === 'boundary')
        for (const entity of item.expired) {
          entities.delete(entity);
          habits.delete(entity);
          aspects.delete(entity);
        }
      if (item.type === 'verdict') forget(item);
      if (item.type !== 'scored') return item;
      const {
        subject: { entity, start, end },
        schema,
      } = item.row;
      const { freeze, expect } = calendars.inForce(entity, start, end);
      const learns = freeze === undefined && expect === undefined;
      if (item.scores.length === 0) return withAspects(item, learns);
      const state = stateOf(item);
      const { prior = {}, settings = usualSettings } = trained(item.artefact) ?? {};
      const usual = habitsOf(item);
      const { known } = item.row;
      const youth = youthOf(known);
      let confidence = 1;
      const scores = item.scores.map((score, i) => {
        // It has no say, and nothing is learnt of it.
        if (!Number.isFinite(score.score)) return { ...score, u: U_MIN };
        const judged = returnLevel(
          state.levels[i]!,
          score.score,
          prior[`${schema.id}/${score.detector}`],
          settings.tailShape,
        );
        confidence = Math.min(confidence, judged.confidence);
        const habit = usual.get(score.detector)!;
        const u = asU(beyondHabit(habit, end, judged.u, schema.habits) - youth);
        if (learns) noteHabit(habit, end, judged.u, schema.habits);
        return { ...score, u };
      });
      // What people froze or expected says nothing of what is usual.
      if (learns)
        item.scores.forEach(({ score }, i) => {
          if (Number.isFinite(score)) observe(state.levels[i]!, end, score, settings.tailShape);
        });
      entities.put(entity, state);
      habits.put(entity, usual);
      return withAspects({ ...item, scores, confidence: confidence * trustOf(known) }, learns);
    }),
  }));
}
