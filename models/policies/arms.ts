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

type ArmValues = Float64Array;

/** From the first on, so that sums have one order. @param from, @param to places of `values` */
function mean(values: ArmValues, from = 0, to = values.length): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i]!;
  return sum / (to - from);
}

const medianOf = (sorted: ArmValues): number => {
  const half = (sorted.length - 1) / 2;
  return (sorted[Math.floor(half)]! + sorted[Math.ceil(half)]!) / 2;
};

/** The values at some places, highest first. By insertion: for so few it is several times as fast as a sort. */
function falling(values: readonly number[], places: readonly number[]): ArmValues {
  const sorted = new Float64Array(places.length);
  for (let i = 0; i < places.length; i++) {
    const value = values[places[i]!]!;
    let at = i;
    for (; at > 0 && sorted[at - 1]! < value; at--) sorted[at] = sorted[at - 1]!;
    sorted[at] = value;
  }
  return sorted;
}

/** Share of the highest in what the members that are left of a core say together; the rest is of the lowest. */
const highestShare = 0.75;

/** What members say of which others were taken out: a median of two would ask for both, and each sees what the other does not. */
const ofWhatIsLeft = (sorted: ArmValues): number =>
  highestShare * sorted[0]! + (1 - highestShare) * sorted[sorted.length - 1]!;

/**
 * The combinations of the detectors' u, in the order of `COMBINATIONS`. They are taken as they are: to calibrate them
 * again on their own past cost more than it brought, since that past holds the incidents.
 *
 * @param out detectors that are out of step with the others, and take no part; see agreement.ts
 */
export function combine({ core }: Arms, u: readonly number[], out: readonly boolean[] = []): number[] {
  const inStep: number[] = [];
  for (let i = 0; i < u.length; i++) if (!out[i]) inStep.push(i);
  const left = core.filter((i) => !out[i]);
  // What is left of a core looks at one thing yet; the others look at several, and their median fires on nothing.
  const believed = left.length > 0 ? left : inStep;
  const isBelieved = new Uint8Array(u.length);
  for (const i of believed) isBelieved[i] = 1;
  const all = falling(u, inStep);
  const inCore = falling(u, believed);
  const coreMedian = left.length > 0 && left.length < core.length ? ofWhatIsLeft(inCore) : medianOf(inCore);
  // The core sees one thing from several sides: in the mean it counts as one.
  let [sum, count] = [coreMedian, 1];
  for (const i of inStep) {
    if (isBelieved[i] === 1) continue;
    sum += u[i]!;
    count++;
  }
  const wide = count > 1 ? sum / count : mean(all);
  const top = mean(all, 0, Math.min(TOP, all.length));
  return [onGrid(wide), onGrid(medianOf(all)), onGrid(top), onGrid(mean(inCore)), onGrid(coreMedian)];
}
