/**
 * A Parzen estimator over a space: a mixture with one kernel for each point that was seen, a product over the parameters,
 * and one wide kernel that stands for knowing nothing. J. Bergstra et al., Algorithms for Hyper-Parameter Optimization
 * (NeurIPS 2011); S. Watanabe, Tree-Structured Parzen Estimator: Understanding Its Algorithm Components and Their Roles
 * for Better Empirical Performance (2023). Constants are those that the second finds, as Optuna's defaults.
 */
import { exp } from '../../models/exact/exp.js';
import { ln } from '../../models/exact/log.js';
import type { Seeded } from '../../models/detectors/seeded.js';
import { LN_SQRT_2PI, normalBelow, normalQuantile } from './normal.js';
import type { Choices, Distribution, SearchPoint, RealRange, Space, WholeRange } from './space.js';

/** From this many points on the oldest count less, down to nearly nothing. */
const FULL_WEIGHT = 25;
/** No kernel is narrower than the range by this, however many points there are. */
const NARROWEST = 100;

/** Kernels of one parameter. */
interface Kernels {
  sample(kernel: number, chance: Seeded): number;
  /** Logarithm of each kernel's density at a value. */
  logs(value: number): Float64Array;
}

export class Parzen {
  private readonly weights: Float64Array;
  private readonly logWeights: Float64Array;
  private readonly kernels: readonly (readonly [string, Kernels])[];

  /** @param points in the order in which they were tried */
  constructor(space: Space, points: readonly SearchPoint[]) {
    this.weights = weightsOf(points.length);
    this.logWeights = this.weights.map(ln);
    this.kernels = Object.entries(space).map(([name, distribution]) => [
      name,
      kernelsOf(
        distribution,
        points.map((point) => point[name]!),
      ),
    ]);
  }

  sample(chance: Seeded): SearchPoint {
    let left = chance.uniform();
    let kernel = 0;
    while (kernel < this.weights.length - 1 && (left -= this.weights[kernel]!) >= 0) kernel++;
    return Object.fromEntries(this.kernels.map(([name, own]) => [name, own.sample(kernel, chance)]));
  }

  logDensity(point: SearchPoint): number {
    const sums = this.logWeights.slice();
    for (const [name, own] of this.kernels) own.logs(point[name]!).forEach((log, k) => (sums[k]! += log));
    let most = Number.NEGATIVE_INFINITY;
    for (const sum of sums) most = Math.max(most, sum);
    let total = 0;
    for (const sum of sums) total += exp(sum - most);
    return most + ln(total);
  }
}

/** Of the points in their order, then of the wide kernel; they sum to 1. */
function weightsOf(count: number): Float64Array {
  const weights = new Float64Array(count + 1).fill(1);
  const ramp = Math.max(0, count - FULL_WEIGHT);
  for (let i = 0; i < ramp; i++) weights[i] = 1 / count + ((1 - 1 / count) * i) / Math.max(1, ramp - 1);
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

function kernelsOf(distribution: Distribution, values: readonly number[]): Kernels {
  return distribution.kind === 'choice' ? choiceKernels(distribution, values) : rangeKernels(distribution, values);
}

/** A kernel of a choice has most of its mass at what was chosen. */
function choiceKernels({ choices }: Choices, values: readonly number[]): Kernels {
  const kernels = values.length + 1;
  const spread = 1 / kernels;
  const total = 1 + choices.length * spread;
  const [chosen, other] = [(1 + spread) / total, spread / total];
  const chanceOf = (kernel: number, choice: number): number =>
    kernel === values.length ? 1 / choices.length : values[kernel] === choice ? chosen : other;
  return {
    sample(kernel, chance) {
      let left = chance.uniform();
      let choice = 0;
      while (choice < choices.length - 1 && (left -= chanceOf(kernel, choice)) >= 0) choice++;
      return choice;
    },
    logs: (value) => Float64Array.from({ length: kernels }, (_, kernel) => ln(chanceOf(kernel, value))),
  };
}

/** Normal kernels, cut at the bounds; a whole number has the mass of the unit around it. */
function rangeKernels(range: RealRange | WholeRange, values: readonly number[]): Kernels {
  const isLog = range.kind === 'real' && range.log === true;
  const isWhole = range.kind === 'whole';
  const scale = (value: number): number => (isLog ? ln(value) : value);
  const low = isWhole ? range.low - 0.5 : scale(range.low);
  const high = isWhole ? range.high + 0.5 : scale(range.high);
  const centres = [...values.map(scale), (low + high) / 2];
  const widths = [...widthsOf(centres.slice(0, -1), low, high), high - low];
  const below = centres.map((centre, k) => normalBelow((low - centre) / widths[k]!));
  const mass = centres.map((centre, k) => normalBelow((high - centre) / widths[k]!) - below[k]!);
  return {
    sample(kernel, chance) {
      const at = below[kernel]! + chance.uniform() * mass[kernel]!;
      const value = Math.min(high, Math.max(low, centres[kernel]! + widths[kernel]! * normalQuantile(at)));
      if (isWhole) return Math.min(range.high, Math.max(range.low, Math.round(value)));
      return Math.min(range.high, Math.max(range.low, isLog ? exp(value) : value));
    },
    logs(value) {
      const x = scale(value);
      return Float64Array.from(centres, (centre, k) => {
        if (isWhole) {
          const [from, to] = [(x - 0.5 - centre) / widths[k]!, (x + 0.5 - centre) / widths[k]!];
          return ln(Math.max(1e-300, normalBelow(to) - normalBelow(from)) / mass[k]!);
        }
        const z = (x - centre) / widths[k]!;
        return (-z * z) / 2 - LN_SQRT_2PI - ln(widths[k]! * mass[k]!);
      });
    },
  };
}

/** As wide as it is to the farther neighbour, within bounds; at the ends the neighbour alone counts. */
function widthsOf(centres: readonly number[], low: number, high: number): number[] {
  const order = centres.map((_, i) => i).sort((a, b) => centres[a]! - centres[b]! || a - b);
  const widest = high - low;
  const narrowest = widest / Math.min(NARROWEST, 2 + centres.length);
  const widths = new Array<number>(centres.length);
  order.forEach((at, place) => {
    const before = centres[order[place - 1]!];
    const after = centres[order[place + 1]!];
    const own = centres[at]!;
    const left = before === undefined ? (centres.length > 1 ? 0 : own - low) : own - before;
    const right = after === undefined ? (centres.length > 1 ? 0 : high - own) : after - own;
    widths[at] = Math.min(widest, Math.max(narrowest, left, right));
  });
  return widths;
}
