/**
 * The arm that learns from answers: windows that people answered, among others that nobody asked about, through boosted
 * trees. It is trained where answers are enough, and kept only where trees of earlier answers would have told later ones
 * apart (prequentially: A. P. Dawid, Journal of the Royal Statistical Society 1984). Whether it is believed is for the policy.
 */
import { boostedTrees } from '../models/detectors/boosted-trees.js';
import { openBuiltIn, trainBuiltIn } from '../models/detectors/built-in.js';
import type { RowLabels } from '../models/detectors/family.js';
import { separationOf } from '../models/detectors/importance.js';
import { matrixOf } from '../models/detectors/matrix.js';
import type { Settings } from '../models/registry/settings.js';
import type { FeatureRow, FeatureSchema } from '../records/row.js';
import { windowKey, type AnsweredWindow } from './gate/judge.js';
import { isSampled } from './sampled.js';

/** Answers of either kind below which nothing is learnt. */
const MIN_ANSWERS = 10;
/** Windows that nobody answered: they stand for what is usual. */
const MAX_UNANSWERED = 2000;
/** Windows so near to an anomaly may be of it, ms. */
const NEAR = 3_600_000;
/** Parts of the answers, in order of time: each but the first is predicted from those before. */
const PARTS = 4;
/** Chance that a later anomaly scores above a later false alert, below which the arm is left out. */
const MIN_SEPARATION = 0.6;
/** An answer that people called false counts at most so many times. */
const MOST_WEIGHT = 4;

export interface AnswersArm {
  readonly bytes: Buffer;
  readonly answers: number;
  /** Of later answers by trees of earlier ones. */
  readonly separation: number;
}

interface LabelledRow {
  readonly row: FeatureRow;
  /** Undefined where nobody answered. */
  readonly isTrue: boolean | undefined;
}

interface ArmParts {
  readonly schema: FeatureSchema;
  /** In order of end. */
  readonly rows: readonly FeatureRow[];
  readonly answers: readonly AnsweredWindow[];
  readonly seed: number;
  readonly settings: Settings;
}

/** The arm for a schema; undefined where answers are too few, or say nothing of later ones. */
export async function trainOnAnswers(parts: ArmParts): Promise<AnswersArm | undefined> {
  const labelled = labelledRows(parts);
  const answered = labelled.filter(({ isTrue }) => isTrue !== undefined);
  if (!isEnough(answered)) return undefined;
  const separation = await prequential(parts, labelled, answered);
  if (separation === undefined || separation < MIN_SEPARATION) return undefined;
  return { bytes: fileOf(parts, labelled), answers: answered.length, separation };
}

const countOf = (rows: readonly LabelledRow[], wanted: boolean): number =>
  rows.filter(({ isTrue }) => isTrue === wanted).length;
const isEnough = (rows: readonly LabelledRow[], least = MIN_ANSWERS): boolean =>
  countOf(rows, true) >= least && countOf(rows, false) >= least;

/** Whether a window may be of what people called an anomaly. */
function nearAnomaly(answers: readonly AnsweredWindow[]): (row: FeatureRow) => boolean {
  const anomalies = new Map<string, number[]>();
  for (const { entity, end, isTrue } of answers)
    if (isTrue) anomalies.set(entity, [...(anomalies.get(entity) ?? []), end]);
  return ({ subject: { entity, end } }) => (anomalies.get(entity) ?? []).some((at) => Math.abs(at - end) <= NEAR);
}

/**
 * The windows that the arm's calibration and habits begin from: those that are like no anomaly. It has seen the anomalies as
 * such, and were they part of its usual scores, the next one would be no news to it.
 */
export function usualRows(rows: readonly FeatureRow[], answers: readonly AnsweredWindow[]): FeatureRow[] {
  const isNear = nearAnomaly(answers);
  return rows.filter((row) => !isNear(row));
}

function labelledRows({ rows, answers, seed }: ArmParts): LabelledRow[] {
  const said = new Map(answers.map((answer) => [windowKey(answer), answer.isTrue]));
  const isNear = nearAnomaly(answers);
  const labelled = rows.map((row) => ({ row, isTrue: said.get(windowKey(row.subject)) }));
  const others = labelled.filter(({ row, isTrue }) => isTrue === undefined && !isNear(row));
  const share = MAX_UNANSWERED / Math.max(1, others.length);
  const taken = new Set(others.filter(({ row }) => isSampled(windowKey(row.subject), seed, share)));
  return labelled.filter((one) => one.isTrue !== undefined || taken.has(one));
}

/** False alerts together weigh as much as anomalies, and so do windows that nobody answered. */
function labelsOf(rows: readonly LabelledRow[]): RowLabels {
  const [anomalies, others] = [countOf(rows, true), countOf(rows, false)];
  const unanswered = rows.length - anomalies - others;
  const weightOf = ({ isTrue }: LabelledRow): number => {
    if (isTrue === true) return 1;
    return isTrue === undefined ? anomalies / unanswered : Math.min(MOST_WEIGHT, anomalies / others);
  };
  return {
    target: Float64Array.from(rows, ({ isTrue }) => (isTrue === true ? 1 : 0)),
    weight: Float64Array.from(rows, weightOf),
  };
}

const columnsOf = ({ columns }: FeatureSchema): string[] => columns.map(({ name }) => name);

const vectorsOf = (rows: readonly LabelledRow[]): Float64Array[] => rows.map(({ row }) => row.vector);

function fileOf({ schema, seed, settings }: ArmParts, rows: readonly LabelledRow[]): Buffer {
  const columns = columnsOf(schema);
  const bytes = trainBuiltIn(boostedTrees, {
    schema: schema.id,
    columns,
    matrix: matrixOf(vectorsOf(rows), columns.length),
    seed,
    from: rows[0]!.row.subject.start,
    to: rows[rows.length - 1]!.row.subject.end,
    settings: { ...settings, labels: labelsOf(rows) },
  });
  if (!bytes) throw new Error(`boosted trees do not apply to the schema ${schema.id}`);
  return bytes;
}

/** How well each part of the answers is told apart by trees of what was before it; undefined with too few to say. */
async function prequential(
  parts: ArmParts,
  labelled: readonly LabelledRow[],
  answered: readonly LabelledRow[],
): Promise<number | undefined> {
  const scores: number[] = [];
  const truth: boolean[] = [];
  for (let part = 1; part < PARTS; part++) {
    const own = answered.slice(
      Math.floor((part * answered.length) / PARTS),
      Math.floor(((part + 1) * answered.length) / PARTS),
    );
    const begin = own[0]?.row.subject.end ?? Number.POSITIVE_INFINITY;
    const before = labelled.filter(({ row }) => row.subject.end < begin);
    if (own.length === 0 || !isEnough(before, 2)) continue;
    const detector = await openBuiltIn(boostedTrees, fileOf(parts, before));
    scores.push(...(await detector.score(matrixOf(vectorsOf(own), parts.schema.columns.length))));
    await detector.close();
    truth.push(...own.map(({ isTrue }) => isTrue === true));
  }
  const right = truth.filter(Boolean).length;
  if (right < PARTS || truth.length - right < PARTS) return undefined;
  return separationOf(scores, truth);
}
