/**
 * Permutation importance of features, by what people answered: how much worse a detector tells true anomalies from false
 * ones when the values of one feature are dealt anew among the answered windows. L. Breiman, Random Forests (Machine
 * Learning 2001); A. Fisher, C. Rudin, F. Dominici, All Models are Wrong, but Many are Useful (JMLR 2019).
 */
import type { Detector, FeatureMatrix } from './detector.js';
import { Seeded } from './seeded.js';

/** Each column is dealt anew so many times. */
const DEALS = 20;
/** With fewer answers of either kind the separation of any detector is chance. */
export const LEAST_ANSWERS = 5;

/** Rows with their answers. */
export interface AnsweredRows {
  readonly matrix: FeatureMatrix;
  /** For each row whether it was answered as an anomaly. */
  readonly isTrue: readonly boolean[];
}

/** What a detector needs one feature for. */
export interface FeatureImportance {
  readonly feature: string;
  /** By how much the separation falls, mean of 20 deals; about 0 where the detector does not need the feature. */
  readonly drop: number;
}

/** What a detector knows, and by which features. */
export interface Importance {
  /** Chance that a true anomaly scores above a false one: .5 knows nothing, 1 tells all apart. */
  readonly separation: number;
  /** Largest drop first. */
  readonly features: readonly FeatureImportance[];
}

/** The area under the ROC curve, ties counted half (Hanley and McNeil, Radiology 1982). */
export function separationOf(scores: ArrayLike<number>, isTrue: readonly boolean[]): number {
  const order = [...isTrue.keys()].sort((a, b) => scores[a]! - scores[b]!);
  let ranks = 0;
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) end++;
    for (let i = start; i < end; i++) if (isTrue[order[i]!]) ranks += (start + end + 1) / 2;
    start = end;
  }
  const right = isTrue.filter(Boolean).length;
  return (ranks - (right * (right + 1)) / 2) / (right * (isTrue.length - right));
}

/**
 * The importance of each feature for one detector.
 *
 * @returns undefined with fewer than 5 answers of either kind
 */
export async function permutationImportance(
  detector: Detector,
  { matrix, isTrue }: AnsweredRows,
  seed: number,
): Promise<Importance | undefined> {
  const { rows, columns, data } = matrix;
  const right = isTrue.filter(Boolean).length;
  if (right < LEAST_ANSWERS || rows - right < LEAST_ANSWERS) return undefined;
  const separation = separationOf(await detector.score(matrix), isTrue);
  const chance = new Seeded(seed);
  const features: FeatureImportance[] = [];
  for (const [column, feature] of detector.card.columns.entries()) {
    let drop = 0;
    for (let deal = 0; deal < DEALS; deal++) {
      const dealt = data.slice();
      chance.sample(rows, rows).forEach((from, to) => (dealt[to * columns + column] = data[from * columns + column]!));
      drop += separation - separationOf(await detector.score({ rows, columns, data: dealt }), isTrue);
    }
    features.push({ feature, drop: drop / DEALS });
  }
  return { separation, features: features.sort((a, b) => b.drop - a.drop) };
}
