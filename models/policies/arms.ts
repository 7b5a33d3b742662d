/**
 * The arms: every detector, and five fixed combinations. All are scored at every window, so one verdict informs all.
 */
import { onGrid } from '../calibration/grid.js';
import { symptomsName } from '../features/aspects.js';
import { CORE_LEAST, CORELESS_ARM, DEFAULT_ARM, RANKING_ARM, TOP } from './defaults.js';

/** Names of the combinations, in their order behind the detectors. */
export const COMBINATIONS = [CORELESS_ARM, 'median', RANKING_ARM, 'core mean', DEFAULT_ARM] as const;

/** The arms of an entity. */
export interface Arms {
  /** Detectors, then combinations. */
  readonly names: readonly string[];
  readonly detectors: number;
  /** Positions of the core detectors. */
  readonly core: readonly number[];
  /** Position of the default arm. */
  readonly fallback: number;
  /** Position of the plain mean. */
  readonly mean: number;
  /** Position of the combination that ranks. */
  readonly ranking: number;
  /** The detectors are aspects, among others: each looks at one thing, and none has to agree with another. */
  readonly byAspect: boolean;
}

/**
 * @param core detectors that `core mean` and `core median` are made of; those that the ensemble lacks are ignored. Where
 * fewer than `CORE_LEAST` are left there is no core: all detectors stand for it, and their mean is the default
 * @param fallback the default arm where there are no aspects; the usual one where there is no such arm
 */
export function armsOf(detectors: readonly string[], core: readonly string[] = [], fallback = ''): Arms {
  if (detectors.length === 0) throw new RangeError('an ensemble needs at least one detector');
  const names = [...detectors, ...COMBINATIONS];
  const found = detectors.flatMap((name, i) => (core.includes(name) ? [i] : []));
  const isWhole = found.length >= CORE_LEAST;
  const usual = isWhole ? DEFAULT_ARM : CORELESS_ARM;
  // Log services have aspects, and what pages of them together: that is what is believed and what ranks.
  const together = detectors.indexOf(symptomsName);
  return {
    names,
    detectors: detectors.length,
    core: isWhole ? found : detectors.map((_, i) => i),
    fallback: together >= 0 ? together : names.indexOf(names.includes(fallback) ? fallback : usual),
    mean: detectors.length,
    ranking: together >= 0 ? together : names.indexOf(RANKING_ARM),
    byAspect: together >= 0,
  };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

const medianOf = (sorted: readonly number[]): number => {
  const half = (sorted.length - 1) / 2;
  return (sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2;
};

/** Share of the highest in what the members that are left of a core say together; the rest is of the lowest. */
const highestShare = 0.75;

/** What members say of which others were taken out: a median of two would ask for both, and each sees what the other does not. */
const ofWhatIsLeft = (falling: readonly number[]): number =>
  highestShare * falling[0] + (1 - highestShare) * falling[falling.length - 1];

/**
 * The combinations of the detectors' u, in the order of `COMBINATIONS`. They are taken as they are: to calibrate them
 * again on their own past cost more than it brought, since that past holds the incidents.
 *
 * @param out detectors that are out of step with the others, and take no part; see agreement.ts
 */
export function combine({ core }: Arms, u: readonly number[], out: readonly boolean[] = []): number[] {
  const inStep = u.flatMap((_, i) => (out[i] ? [] : [i]));
  const left = core.filter((i) => !out[i]);
  // What is left of a core looks at one thing yet; the others look at several, and their median fires on nothing.
  const believed = left.length > 0 ? left : inStep;
  const falling = inStep.map((i) => u[i]).sort((a, b) => b - a);
  const rest = inStep.filter((i) => !believed.includes(i)).map((i) => u[i]);
  const inCore = believed.map((i) => u[i]).sort((a, b) => b - a);
  const coreMedian = left.length > 0 && left.length < core.length ? ofWhatIsLeft(inCore) : medianOf(inCore);
  // The core sees one thing from several sides: in the mean it counts as one.
  const wide = rest.length > 0 ? mean([coreMedian, ...rest]) : mean(falling);
  return [wide, medianOf(falling), mean(falling.slice(0, TOP)), mean(inCore), coreMedian].map(onGrid);
}
