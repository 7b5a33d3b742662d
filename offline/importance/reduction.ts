/** Which features can go: by the answers, and by what other features say already. */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { boostedTrees } from '../../models/detectors/boosted-trees.js';
import { guard } from '../../models/onnx/guard.js';
import { LEAST_ANSWERS, type AnsweredRows, type Importance } from '../../models/detectors/importance.js';
import { lasso, standardised } from '../../models/detectors/lasso.js';
import { contributions } from '../../models/detectors/tree-shap.js';

export interface Reduction {
  /** L1 logistic regression on the answers: log odds by a standard deviation, largest first; others are 0. */
  readonly lasso: readonly { readonly feature: string; readonly coefficient: number }[];
  /** Of the arm that learns from answers: share of the gain, and mean size of the Shapley values; largest gain first. */
  readonly trees?: readonly { readonly feature: string; readonly gain: number; readonly shap: number }[];
  /** Principal components that hold so much of the variance of the answered windows. */
  readonly components: { readonly features: number; readonly for95: number; readonly for99: number };
  /** Features that others say already, by correlation. */
  readonly twins: readonly { readonly feature: string; readonly as: string; readonly correlation: number }[];
  /** Neither a detector, the regression nor the trees need it, or another says it. */
  readonly canGo: readonly string[];
}

const enoughVariance = [0.95, 0.99] as const;
const minTwin = 0.95;
/** Below it a drop of the separation, or a share of the gain, is chance. */
const minDrop = 0.005;
const minGain = 0.01;

/** @param file of the arm that learns from answers, where the set has one @returns undefined with too few answers */
export function reductionOf(
  columns: readonly string[],
  answered: AnsweredRows,
  detectors: readonly Importance[],
  file: Uint8Array | undefined,
): Reduction | undefined {
  const right = answered.isTrue.filter(Boolean).length;
  if (right < LEAST_ANSWERS || answered.isTrue.length - right < LEAST_ANSWERS) return undefined;
  const { coefficients } = lasso(answered);
  const trees = file && treesOf(columns, answered, file);
  const { components, twins } = variance(columns, answered);
  const isNeeded = (feature: string, i: number): boolean =>
    coefficients[i] !== 0 ||
    (trees?.find((one) => one.feature === feature)?.gain ?? 0) >= minGain ||
    detectors.some(({ features }) => features.some((one) => one.feature === feature && one.drop >= minDrop));
  const doubled = new Set(twins.map(({ feature }) => feature));
  return {
    lasso: columns
      .map((feature, i) => ({ feature, coefficient: coefficients[i]! }))
      .filter(({ coefficient }) => coefficient !== 0)
      .sort((a, b) => Math.abs(b.coefficient) - Math.abs(a.coefficient)),
    ...(trees ? { trees } : {}),
    components,
    twins,
    canGo: columns.filter((feature, i) => doubled.has(feature) || !isNeeded(feature, i)),
  };
}

function treesOf(
  columns: readonly string[],
  { matrix }: AnsweredRows,
  file: Uint8Array,
): NonNullable<Reduction['trees']> {
  const { trees, gains } = boostedTrees.read(guard(file));
  const sizes = new Float64Array(columns.length);
  for (let i = 0; i < matrix.rows; i++)
    contributions(trees, matrix.data.subarray(i * columns.length, (i + 1) * columns.length)).values.forEach(
      (value, j) => (sizes[j]! += Math.abs(value) / matrix.rows),
    );
  return columns
    .map((feature, j) => ({ feature, gain: gains[j]!, shap: sizes[j]! }))
    .filter(({ gain }) => gain > 0)
    .sort((a, b) => b.gain - a.gain);
}

function variance(columns: readonly string[], { matrix }: AnsweredRows): Pick<Reduction, 'components' | 'twins'> {
  const size = columns.length;
  const flat = standardised(matrix);
  const row = (i: number): number[] => Array.from(flat.subarray(i * size, (i + 1) * size));
  const z = new Matrix(Array.from({ length: matrix.rows }, (_, i) => row(i)));
  const correlations = z.transpose().mmul(z).div(matrix.rows);
  const values = new EigenvalueDecomposition(correlations, { assumeSymmetric: true }).realEigenvalues
    .map((value) => Math.max(0, value))
    .sort((a, b) => b - a);
  const total = values.reduce((a, b) => a + b, 0);
  const holding = (share: number): number => {
    let held = 0;
    return values.findIndex((value) => (held += value) >= share * total) + 1;
  };
  const [for95, for99] = enoughVariance.map(holding) as [number, number];
  const twins: Reduction['twins'][number][] = [];
  const isOut = new Set<number>();
  for (let i = 0; i < size; i++)
    for (let j = i + 1; j < size; j++) {
      const correlation = correlations.get(i, j);
      if (isOut.has(i) || isOut.has(j) || Math.abs(correlation) < minTwin) continue;
      isOut.add(j);
      twins.push({ feature: columns[j]!, as: columns[i]!, correlation });
    }
  return { components: { features: size, for95, for99 }, twins };
}

const maxShown = 6;

export function reductionText({ lasso: kept, trees, components, twins, canGo }: Reduction): string[] {
  const shown = (list: readonly string[]): string => list.slice(0, maxShown).join(', ') || 'none';
  return [
    `  regression (L1)         ${shown(kept.map(({ feature, coefficient }) => `${feature} ${coefficient >= 0 ? '+' : ''}${coefficient.toFixed(2)}`))}`,
    ...(trees
      ? [
          `  boosted trees           ${shown(trees.map(({ feature, gain, shap }) => `${feature} ${(100 * gain).toFixed(0)} % of the gain, SHAP ${shap.toFixed(2)}`))}`,
        ]
      : []),
    `  components              ${components.for95} of ${components.features} hold 95 % of the variance, ${components.for99} hold 99 %`,
    ...twins.map(
      ({ feature, as, correlation }) => `  ${feature} says what ${as} says: correlation ${correlation.toFixed(2)}`,
    ),
    `  can go                  ${canGo.length === 0 ? 'nothing' : `${canGo.length} of ${components.features}: ${canGo.join(', ')}`}`,
  ];
}
