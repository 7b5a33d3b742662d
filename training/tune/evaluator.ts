/**
 * What an ensemble with given settings is worth on stored windows: trained on the first part of the event time, judged on a
 * later one, through the operators that calibrate and decide live. With enough answers of people their windows count most;
 * the rest is label-free: anomalies that were put in, agreement of the detectors, and alerts that come as often in one half
 * as in the other, no more often than claimed.
 */
import { pipe } from 'rxjs';
import { createReturnLevel, observe, poolPrior, type ReturnLevel } from '../../models/calibration/return-level.js';
import type { TailFit } from '../../models/calibration/tail.js';
import { trainBuiltIn, openBuiltIn } from '../../models/detectors/built-in.js';
import { forEachFamily } from '../../models/detectors/families.js';
import { LEAST_ANSWERS, separationOf } from '../../models/detectors/importance.js';
import { schemas } from '../../models/features/schemas.js';
import type { Settings } from '../../models/registry/settings.js';
import { calibrate, type TrainedCalibration } from '../../operators/calibrate.js';
import type { PolicyName } from '../../models/policies/going-over.js';
import { select } from '../../operators/select.js';
import type { FeatureRow, ScoredRecord } from '../../records/row.js';
import type { Decision } from '../../records/score.js';
import { hashText } from '../../records/wire/hash.js';
import type { FeatureMatrix } from '../../models/detectors/detector.js';
import { matrixOf } from '../../models/detectors/matrix.js';
import { windowKey } from '../gate/judge.js';
import { isSampled } from '../sampled.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import { Pass } from '../../runtime/pass.js';
import { TaskState } from '../../runtime/state.js';
import { membersOf } from '../train.js';
import { rewound } from '../trial.js';
import { disturb, type Injected } from './inject.js';
import type { Extent } from './extents.js';
import type { Evaluated } from './study.js';
import { agreementOf, foundOf, stabilityOf } from './worth.js';

export interface TuningData {
  /** In order of end, then entity. */
  readonly rows: readonly FeatureRow[];
  /** What people called windows: true for an anomaly, by `END ENTITY`. */
  readonly answers: ReadonlyMap<string, boolean>;
  /** Windows up to it are trained on; behind it anomalies are put in, ms. */
  readonly trainTo: number;
  readonly seed: number;
  /** Extra detectors of the configuration. */
  readonly extra: readonly string[];
  readonly policy: PolicyName;
  /** False alerts a week that a service may cost. */
  readonly budget: number;
}

/** Rows that detectors are trained on, chosen by hash. */
const maxTrained = 10_000;
/** Event time before what is judged in which calibration settles, ms. */
const runUp = 2 * 86_400_000;
/** Windows after an anomaly that was put in which say nothing of what is usual, ms. */
const afterwards = 3_600_000;
const weekMs = 7 * 86_400_000;
/** Parts of the label-free value, and of answers beside it. */
const parts = { injected: 0.6, agreement: 0.2, stability: 0.2 } as const;
const answersPart = 0.7;
const artefact = 'tuned';

/** Scores of all rows of a schema, of one detector. */
type Scores = Float64Array;

export class Evaluator {
  private readonly rows: readonly FeatureRow[];
  private readonly injected: readonly Injected[];
  /** Places of rows by schema. */
  private readonly places = new Map<string, number[]>();
  private readonly scored = new Map<string, Promise<Scores | undefined>>();

  constructor(private readonly data: TuningData) {
    const isAnswered = (place: number): boolean => data.answers.has(windowKey(data.rows[place]!.subject));
    const { rows, injected } = disturb(data.rows, data.trainTo, data.seed, isAnswered);
    this.rows = rows;
    this.injected = injected;
    rows.forEach(({ schema }, i) => {
      const own = this.places.get(schema.id);
      if (own) own.push(i);
      else this.places.set(schema.id, [i]);
    });
  }

  async evaluate(settings: Settings, extent: Extent): Promise<Evaluated> {
    const byPlace = new Map<number, { readonly detector: string; readonly score: number; readonly u: number }[]>();
    const calibration = { prior: {} as Record<string, TailFit>, levels: new Map<string, Map<string, ReturnLevel>>() };
    for (const [schema, places] of this.places) {
      for (const [name, scores] of await this.scoresOf(schema, places, settings)) {
        this.calibrateOn(schema, name, places, scores, settings, calibration);
        places.forEach((place, i) => {
          const own = byPlace.get(place);
          const score = { detector: name, score: scores[i]!, u: 0 };
          if (own) own.push(score);
          else byPlace.set(place, [score]);
        });
      }
    }
    const trained: TrainedCalibration = { ...calibration, habits: new Map(), settings };
    const decided = await this.decide(settings, trained, byPlace, extent);
    return this.judge(decided, extent);
  }

  /** Every detector of a schema that the settings have, in a fixed order. */
  private async scoresOf(
    schema: string,
    places: readonly number[],
    settings: Settings,
  ): Promise<(readonly [string, Scores])[]> {
    const { extra, without } = membersOf(settings, schema, this.data.extra);
    const all = await Promise.all(
      forEachFamily(async ({ kind, extra: isExtra }) => {
        if (without.includes(kind) || (isExtra === true && !extra.includes(kind))) return [];
        const scores = await this.scoreBy(schema, kind, places, settings);
        return scores ? [[kind, scores] as const] : [];
      }),
    );
    return all.flat();
  }

  /** The same detector with the same constants is trained once. */
  private scoreBy(
    schema: string,
    kind: string,
    places: readonly number[],
    settings: Settings,
  ): Promise<Scores | undefined> {
    const constant =
      kind === 'prototypes' ? settings.prototypes : kind === 'pca-reconstruction' ? settings.variance : 0;
    const key = `${schema}/${kind}/${constant}`;
    let scores = this.scored.get(key);
    if (!scores) this.scored.set(key, (scores = this.trainAndScore(schema, kind, places, settings)));
    return scores;
  }

  private async trainAndScore(
    schema: string,
    kind: string,
    places: readonly number[],
    settings: Settings,
  ): Promise<Scores | undefined> {
    const { trainTo, seed } = this.data;
    const columns = schemas.get(schema)?.columns.map(({ name }) => name) ?? [];
    const early = places.filter((place) => this.rows[place]!.subject.end <= trainTo);
    const warm = early.filter((place) => this.rows[place]!.warm);
    const usable = warm.length > 0 ? warm : early;
    const share = maxTrained / usable.length;
    const used = usable.filter((place) => isSampled(windowKey(this.rows[place]!.subject), seed, share));
    if (used.length === 0) return undefined;
    const matrix = (of: readonly number[]): FeatureMatrix =>
      matrixOf(
        of.map((place) => this.rows[place]!.vector),
        columns.length,
      );
    const [open] = forEachFamily((family) => {
      if (family.kind !== kind) return [];
      const about = { from: this.rows[used[0]!]!.subject.start, to: trainTo };
      const bytes = trainBuiltIn(family, { schema, columns, matrix: matrix(used), seed, settings, ...about });
      return bytes ? [() => openBuiltIn(family, bytes)] : [];
    }).flat();
    const detector = await open?.();
    if (!detector) return undefined;
    const scores = new Float64Array(places.length);
    const slice = 4096;
    for (let at = 0; at < places.length; at += slice)
      scores.set(await detector.score(matrix(places.slice(at, at + slice))), at);
    await detector.close();
    return scores;
  }

  /** As a training does: what a detector gives on its training windows is where its calibration starts. */
  private calibrateOn(
    schema: string,
    name: string,
    places: readonly number[],
    scores: Scores,
    { tailShape }: Settings,
    { prior, levels }: { prior: Record<string, TailFit>; levels: Map<string, Map<string, ReturnLevel>> },
  ): void {
    const own = new Map<string, ReturnLevel>();
    places.forEach((place, i) => {
      const { entity, end } = this.rows[place]!.subject;
      if (end > this.data.trainTo) return;
      let level = own.get(entity);
      if (!level) own.set(entity, (level = createReturnLevel(hashText(entity))));
      observe(level, end, scores[i]!, tailShape);
    });
    for (const [entity, level] of own) {
      const known = levels.get(entity);
      if (known) known.set(name, level);
      else levels.set(entity, new Map([[name, level]]));
    }
    const pooled = poolPrior([...own.values()], tailShape);
    if (pooled) prior[`${schema}/${name}`] = pooled;
  }

  private async decide(
    settings: Settings,
    trained: TrainedCalibration,
    byPlace: ReadonlyMap<number, Decision['scores']>,
    { entities, from, to }: Extent,
  ): Promise<Map<number, Decision>> {
    const stores = await TaskState.restore(new MemoryBackend(), 'tune', 1);
    const calibration = rewound(trained);
    const { policy, budget } = this.data;
    const operators = pipe(
      calibrate(stores, () => calibration),
      select(stores, { policy, budget: () => budget, distance: () => 1, settings: () => settings }),
    );
    const pass = new Pass(operators);
    const decided = new Map<number, Decision>();
    try {
      let places: number[] = [];
      const flush = async (offset: number): Promise<void> => {
        if (places.length === 0) return;
        const items = places.map((place): ScoredRecord => {
          const scores = byPlace.get(place) ?? [];
          return { type: 'scored', row: this.rows[place]!, artefact, scores, confidence: 0 };
        });
        let i = 0;
        for await (const batch of pass.run({ items, rejected: [], position: { source: 'tune', offset } }))
          for (const item of batch.items) if (item.type === 'decided') decided.set(places[i++]!, item.decision);
        places = [];
      };
      for (const [place, { subject }] of this.rows.entries()) {
        if (subject.end <= from - runUp || subject.end > to || !entities.has(subject.entity)) continue;
        if (places.length > 0 && this.rows[places[0]!]!.subject.end !== subject.end) await flush(place);
        places.push(place);
      }
      await flush(this.rows.length);
    } finally {
      pass.close();
      stores.close();
    }
    return decided;
  }

  private judge(decided: ReadonlyMap<number, Decision>, { from, to, entities }: Extent): Evaluated {
    const isIn = (place: number): boolean => {
      const { subject } = this.rows[place]!;
      return subject.end > from && subject.end <= to && decided.has(place);
    };
    const events = this.injected.filter(({ places }) => places.every(isIn));
    const ordinary = this.ordinary([...decided.keys()].filter(isIn));
    const answered = [...decided.keys()].flatMap((place) => {
      const isTrue = isIn(place) ? this.data.answers.get(windowKey(this.rows[place]!.subject)) : undefined;
      return isTrue === undefined ? [] : [{ place, isTrue }];
    });
    const at = (place: number): Decision => decided.get(place)!;
    const weeks = ((to - from) * entities.size) / weekMs;
    const injected = foundOf(events, ordinary, at, this.data.budget);
    const agreement = agreementOf(ordinary.map(at));
    const stability = stabilityOf(ordinary.map(at), from, to, weeks);
    const free = parts.injected * injected.all + parts.agreement * agreement + parts.stability * stability;
    const about = { ...injected.byKind, injected: injected.all, agreement, stability };
    const trues = answered.filter(({ isTrue }) => isTrue).length;
    if (trues < LEAST_ANSWERS || answered.length - trues < LEAST_ANSWERS) return { value: free, about };
    const answers = separationOf(
      answered.map(({ place }) => at(place).u),
      answered.map(({ isTrue }) => isTrue),
    );
    return { value: answersPart * answers + (1 - answersPart) * free, about: { ...about, answers } };
  }

  /** Windows that are away from everything that was put in. */
  private ordinary(places: readonly number[]): number[] {
    const disturbed = new Map<string, { from: number; to: number }[]>();
    for (const { places: own } of this.injected) {
      const [first, last] = [this.rows[own[0]!]!.subject, this.rows[own[own.length - 1]!]!.subject];
      const range = { from: first.start, to: last.end + afterwards };
      const known = disturbed.get(first.entity);
      if (known) known.push(range);
      else disturbed.set(first.entity, [range]);
    }
    return places.filter((place) => {
      const { entity, end } = this.rows[place]!.subject;
      return !(disturbed.get(entity) ?? []).some((range) => end > range.from && end <= range.to);
    });
  }
}
