/**
 * What a feature of an entity usually does, and how unusual a day of it is, with chances that hold for series that remember.
 *
 * A textbook test counts each value as news. A minute of a service is much like the minute before: of such series the limits of
 * the textbook call most undrifted days drifted. Here days are dealt from blocks of the reference (H. Künsch, The Jackknife
 * and the Bootstrap for General Stationary Observations, Annals of Statistics 1989): how far they are from the reference
 * says how many independent values a day is worth, by the statistic of Kolmogorov and Smirnov and by the mean. The chance of
 * what is seen follows from that number, from how well it is known (blocks in the reference), and from the reference's own error.
 */
import { exp } from '../exact/exp.js';
import { ln } from '../exact/log.js';
import { Seeded } from '../detectors/seeded.js';
import {
  binEdges,
  binShares,
  countUpTo,
  jensenShannon,
  kolmogorovSmirnovIn,
  sorted,
  stabilityIndex,
  wasserstein,
} from './distances.js';

/** What is usual of a feature. */
export interface DriftReference {
  /** Ascending. */
  readonly values: Float64Array;
  /** Between these values the mean and its deviation are taken. */
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly deviation: number;
  /** Standard deviation of all values. */
  readonly spread: number;
  readonly edges: readonly number[];
  readonly shares: readonly number[];
  /** Values in a day. */
  readonly size: number;
  /** Values in a block. */
  readonly block: number;
  /** Independent values that a day is worth, by the shape and by the mean. */
  readonly worth: { readonly shape: number; readonly mean: number };
  /** Blocks that this rests on. */
  readonly freedom: number;
}

/** How far a day is from what is usual, by each measure. */
export interface Drift {
  readonly ks: number;
  readonly wasserstein: number;
  readonly jensenShannon: number;
  readonly psi: number;
  /** Mean of the day less that of the reference, both without rare bursts, in standard deviations. */
  readonly shift: number;
  /** Chance of a day that is at least as far from the reference, where nothing has changed. */
  readonly p: number;
}

const deals = 300;
/** The 95 % quantile of the Kolmogorov distribution: rare days are what counts. */
const rareKolmogorov = 1.3580986393225507;
const rare = 0.95;
/** Share of the reference at either end that is cut for the mean. */
const cutShare = 0.005;
/** A day that is nearer to its reference than this, by Wasserstein and in standard deviations, is as good as the same. */
const minEffect = 0.25;
const quartiles = [0.25, 0.5, 0.75] as const;
const quartileOf = (values: Float64Array, k: number): number => values[Math.floor(quartiles[k]! * values.length)]!;
/** A lag has no memory left where the correlation is below this; a block is so many times as long. */
const noMemory = 0.05;
const blockLags = 5;
/** With fewer days in the reference nothing is claimed. */
export const minDays = 7;

/**
 * @param given in the order of time
 * @param size values in the days that will be compared
 * @returns undefined where there are fewer than seven days of values
 */
export function referenceOf(given: ArrayLike<number>, size: number, seed: number): DriftReference | undefined {
  const n = given.length;
  if (size < 2 || n < minDays * size) return undefined;
  const all = sorted(given);
  const spread = spreadOf(all);
  // A rare burst is no habit, and moves a mean at will: for the mean it is cut.
  const low = all[Math.floor(cutShare * n)]!;
  const high = all[Math.floor((1 - cutShare) * n)]!;
  const values = Float64Array.from(given, (value) => Math.min(high, Math.max(low, value)));
  let total = 0;
  for (let i = 0; i < n; i++) total += values[i]!;
  const mean = total / n;
  let variance = 0;
  for (let i = 0; i < n; i++) variance += ((values[i]! - mean) * (values[i]! - mean)) / n;
  const block = Math.max(1, Math.min(size, blockLags * memoryOf(values, mean, variance, size)));
  const dealt = (length: number): Dealt => dealDays(values, all, mean, size, length, seed);
  const [long, short] = [dealt(block), block > 1 ? dealt(block >> 1) : undefined];
  // Cut into blocks a series remembers less. What half the block loses says what the whole one lost.
  const far = (of: (one: Dealt) => number): number =>
    of(long) + (short ? Math.max(0, of(long) - of(short)) * (1 - block / size) : 0);
  const [distance, square] = [far((one) => one.distance), far((one) => one.square)];
  // Far out it is one place of the distribution that is off: the one that remembers longest.
  const places = quartiles.map((_, k) => {
    const share = countUpTo(all, quartileOf(all, k)) / n;
    const spread = far((one) => one.places[k]!);
    return spread > 0 ? (share * (1 - share)) / spread : size;
  });
  const edges = binEdges(all);
  const bounded = (worth: number): number => Math.min(size, Math.max(1, worth));
  return {
    values: all,
    mean,
    low,
    high,
    spread,
    deviation: Math.sqrt(variance),
    edges,
    shares: binShares(all, edges),
    size,
    block,
    worth: {
      shape: bounded(Math.min(distance > 0 ? (rareKolmogorov * rareKolmogorov) / distance : size, ...places)),
      mean: bounded(square > 0 ? variance / square : size),
    },
    freedom: Math.max(2, Math.floor(n / block) - 1),
  };
}

/** How far dealt days are from the reference: a rare squared distance, and the mean square of their means' distance. */
interface Dealt {
  readonly distance: number;
  readonly square: number;
  /** Mean squared error of the share of values up to each quartile. */
  readonly places: readonly number[];
}

function dealDays(
  values: ArrayLike<number>,
  all: Float64Array,
  mean: number,
  size: number,
  block: number,
  seed: number,
): Dealt {
  const chance = new Seeded(seed);
  const day = new Float64Array(size);
  const own = new Float64Array(size);
  const distances = new Float64Array(deals);
  const levels = quartiles.map((_, k) => {
    const level = quartileOf(all, k);
    return [level, countUpTo(all, level) / all.length] as const;
  });
  const places = quartiles.map(() => 0);
  let square = 0;
  for (let deal = 0; deal < deals; deal++) {
    let sum = 0;
    for (let at = 0; at < size; at += block) {
      const start = Math.floor(chance.uniform() * values.length);
      // In a circle, so that every value is dealt equally often.
      for (let i = at; i < Math.min(size, at + block); i++) sum += day[i] = values[(start + i - at) % values.length]!;
    }
    square += ((sum / size - mean) * (sum / size - mean)) / deals;
    own.set(day);
    own.sort();
    distances[deal] = kolmogorovSmirnovIn(own, all);
    levels.forEach(([level, share], k) => {
      const off = countUpTo(own, level) / size - share;
      places[k]! += (off * off) / deals;
    });
  }
  const distance = sorted(distances)[Math.floor(rare * deals)]!;
  return { distance: distance * distance, square, places };
}

/** The lag from which on values do not remember, at most half a day. */
function memoryOf(values: ArrayLike<number>, mean: number, variance: number, size: number): number {
  if (variance === 0) return 1;
  const most = size >> 1;
  for (let lag = 1; lag < most; lag++) {
    let sum = 0;
    for (let i = lag; i < values.length; i++) sum += (values[i]! - mean) * (values[i - lag]! - mean);
    if (sum / values.length / variance < noMemory) return lag;
  }
  return most;
}

/** How far a day is from its reference, and how likely that is where nothing has changed. */
export function driftOf(reference: DriftReference, day: ArrayLike<number>): Drift {
  const { values, edges, shares, low, high, mean, deviation, spread, worth, freedom, size } = reference;
  const own = sorted(day);
  const ks = kolmogorovSmirnovIn(own, values);
  const apart = wasserstein(own, values);
  let sum = 0;
  for (let i = 0; i < own.length; i++) sum += Math.min(high, Math.max(low, own[i]!));
  const shift = deviation > 0 ? (sum / own.length - mean) / deviation : 0;
  const bins = binShares(own, edges);
  // A shorter day is worth less; the reference has an error of its own.
  const share = own.length / size / (1 + own.length / values.length);
  const ofShape = normalOf(2 * ks * Math.sqrt(worth.shape * share), freedom);
  const ofMean = normalOf(Math.abs(shift) * Math.sqrt(worth.mean * share), freedom);
  // Two looks at the same day.
  const chance = Math.min(1, 2 * Math.min(kolmogorovTail(ofShape), normalTail(ofMean)));
  return {
    ks,
    wasserstein: apart,
    jensenShannon: jensenShannon(shares, bins),
    psi: stabilityIndex(shares, bins),
    shift,
    p: apart < minEffect * spread ? 1 : chance,
  };
}

function spreadOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let square = 0;
  for (const value of values) square += (value - mean) * (value - mean);
  // A constant has none, whatever rounding says.
  return values[0] === values[values.length - 1] ? 0 : Math.sqrt(square / values.length);
}

/** A t value as a normal one. D. Wallace, Bounds on Normal Approximations to Student's (Ann. Math. Stat. 1959). */
function normalOf(t: number, freedom: number): number {
  const square = (t * t) / freedom;
  return ((8 * freedom + 1) / (8 * freedom + 3)) * Math.sqrt(freedom * ln(1 + Math.min(square, 1e300)));
}

const density = (z: number): number => exp(-Math.min(700, (z * z) / 2));
/** Chance of a Kolmogorov statistic of at least z / 2: the first term of its series. */
const kolmogorovTail = (z: number): number => Math.min(1, 2 * density(z));
/** Chance of a normal value at least as far out as z: the bound of Mills, 1 near the middle. */
const normalTail = (z: number): number => Math.min(1, (0.7978845608028654 / Math.max(z, 1e-9)) * density(z));
