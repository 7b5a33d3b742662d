/**
 * Calibration of the aspects of a log service: each aspect and length alone, by the entity's own past; then what pages
 * (symptoms) and what informs (differences) together by the harmonic mean of their chances, its location moved by its own
 * past. A tail fitted to the combination would lose nearly everything: it is made of fitted tails.
 */
import { struct, uint, type Codec } from '../../records/wire/codec.js';
import { exp } from '../exact/exp.js';
import { ln, log10 } from '../exact/log.js';
import { aspectAt, aspectLengths, aspectNames, aspectScores, symptoms, type AspectName } from '../features/aspects.js';
import { levelOf, pastLength, thresholdOf, THRESHOLDS, type Usual } from './aspect-level.js';
import { EPISODE_CUT_MS, EPISODE_GAP_MS, MEMORY_WEEKS, WEEK_MS } from './defaults.js';
import { asU } from './grid.js';
import { doubtOfWarnings } from './youth.js';

/**
 * What scores of aspects are once a day, and a decade more seldom, at three lengths: of services that are known for less
 * than some days. Medians over simulated services, rounded up.
 */
const priors: Readonly<Record<AspectName, readonly [Usual, Usual, Usual]>> = {
  errors: same(2.2, 0.9),
  refusals: same(2.2, 0.9),
  latency: averaged(2.2, 0.8),
  numbers: averaged(1.8, 0.6),
  silence: same(2, 1),
  'volume down': same(2.5, 0.9),
  overdue: same(2, 1),
  absent: same(3.6, 0.8),
  restarts: same(1, 1),
  replica: [
    { onceADay: 1.8, decade: 0.7 },
    { onceADay: 1.8, decade: 0.7 },
    { onceADay: 1.2, decade: 0.5 },
  ],
  warnings: same(2.4, 0.8),
  flood: same(0.5, 0.8),
  'volume up': same(2.2, 0.8),
  novelty: averaged(1, 1),
  mix: averaged(3.5, 1.5),
  drift: same(4, 2),
};

function same(onceADay: number, decade: number): readonly [Usual, Usual, Usual] {
  const usual = { onceADay, decade };
  return [usual, usual, usual];
}
/** Averages over some windows vary less. */
function averaged(onceADay: number, decade: number): readonly [Usual, Usual, Usual] {
  const [one, three, six] = [1, 0.6, 0.4].map((part) => ({ onceADay: part * onceADay, decade: part * decade }));
  return [one!, three!, six!];
}

/** Steps of the combination's counts in a unit of u, from -4. */
const STEPS = 4;
const LOWEST = -4;
const LEVELS = 40;
const GROUPS = 2;
const groupsAt = aspectScores * THRESHOLDS;
const countsLength = groupsAt + GROUPS * LEVELS;
/** Until the combination has a past it is taken to be so much too high: it is the best of many. */
const SHIFT = 0.3;
const SHIFT_WEEKS = 0.3;
const DAILY = 7;
const ENOUGH = 3;
const BEYOND = 0.3;
const SHORTEST = 0.02 * WEEK_MS;
/** A combination is counted once in so long: what lasts for a day is no habit. */
const GROUP_CUT_MS = 12 * 3_600_000;
/** One aspect says no more than this. */
const MOST = 4;

/** The highest thresholds of one window. */
interface Reached {
  readonly time: number;
  readonly levels: Uint8Array;
}

/** What is remembered of the aspects of an entity. */
export interface AspectCalibration {
  /** Observed time, ms. */
  exposure: number;
  last: number;
  /** Start of the present cut of episodes. */
  cut: number;
  /** Windows of the last ten minutes. */
  recent: readonly Reached[];
  /** The present half day, and the highest level of each combination in it. */
  half: number;
  highest: Uint8Array;
  /** Episodes at each threshold of each score, then of the combinations. */
  counts: Uint32Array;
}

/** Before the first window. */
export const createAspectCalibration = (): AspectCalibration => ({
  exposure: 0,
  last: 0,
  cut: 0,
  recent: [],
  half: 0,
  highest: new Uint8Array(GROUPS),
  counts: new Uint32Array(countsLength),
});

/** Return levels of a window. */
export interface CalibratedAspects {
  /** u of each aspect: its lengths together. */
  readonly aspects: readonly number[];
  /** u of what pages and of what informs. */
  readonly symptoms: number;
  readonly differences: number;
  /** Of both before their location is moved. */
  readonly combined: readonly [number, number];
  /** 0 to 1: how much of it is the entity's own past. */
  readonly confidence: number;
}

const LN_10 = ln(10);
const power = (u: number): number => exp(LN_10 * Math.min(MOST, u));

/**
 * Return levels of a window's aspects. Reads only.
 *
 * @param contexts lengths that count
 * @param known event time since the entity's first window, ms
 */
export function calibrateAspects(
  state: AspectCalibration,
  scores: Float64Array,
  contexts: readonly number[] = aspectLengths,
  known = Number.POSITIVE_INFINITY,
): CalibratedAspects {
  const lengths = aspectLengths.length;
  const counting = contexts.length;
  const aspects: number[] = [];
  const sums = [0, 0];
  /** Of the aspects that page, as far as they are believed yet. */
  let believed = 0;
  const past = pastLength(state.exposure);
  for (let k = 0; k < aspectNames.length; k++) {
    const usual = priors[aspectNames[k]!];
    let sum = 0;
    for (let l = 0; l < lengths; l++) {
      if (!contexts.includes(aspectLengths[l]!)) continue;
      const i = k * lengths + l;
      sum += power(levelOf(state.counts, i * THRESHOLDS, past, scores[i]!, usual[l]!));
    }
    const doubt = k === aspectAt.warnings ? doubtOfWarnings(known) : 0;
    aspects.push(asU(log10(sum / counting) - doubt));
    sums[k < symptoms ? 0 : 1]! += sum;
    if (k < symptoms) believed += doubt === 0 ? sum : sum / power(doubt);
  }
  const sizes = [symptoms, aspectNames.length - symptoms];
  const combined = sums.map((sum, group) => log10(sum / (sizes[group]! * counting)));
  const paging = log10(believed / (symptoms * counting));
  const [first, second] = [paging, combined[1]].map((u, group) => asU(u! - shiftOf(state, group))) as [number, number];
  const weeks = state.exposure / WEEK_MS;
  return {
    aspects,
    symptoms: first,
    differences: second,
    combined: [combined[0]!, combined[1]!],
    confidence: weeks / (weeks + SHIFT_WEEKS),
  };
}

/** How far above its own past a combination is. */
function shiftOf({ counts, exposure }: AspectCalibration, group: number): number {
  if (exposure < SHORTEST) return SHIFT;
  const weeks = exposure / WEEK_MS;
  const at = groupsAt + group * LEVELS;
  const rate = Math.max(DAILY, ENOUGH / weeks);
  let level = LOWEST;
  for (let k = LEVELS - 1; k >= 0; k--) {
    const here = counts[at + k]! / weeks;
    if (here < rate) continue;
    const above = Math.max(k + 1 < LEVELS ? counts[at + k + 1]! : 0, BEYOND) / weeks;
    const part = above >= rate ? 1 : ln(here / rate) / ln(here / above);
    level = LOWEST + (k + part) / STEPS;
    break;
  }
  const share = weeks / (weeks + SHIFT_WEEKS);
  return share * (level + log10(rate)) + (1 - share) * SHIFT;
}

const levelOfGroup = (u: number): number => Math.max(0, Math.min(LEVELS - 1, Math.floor((u - LOWEST) * STEPS)));

/** Learns a window, after it was calibrated. Times never fall. */
export function learnAspects(
  state: AspectCalibration,
  time: number,
  scores: Float64Array,
  { combined }: CalibratedAspects,
): void {
  const { counts } = state;
  if (state.last > 0) state.exposure += Math.min(time - state.last, EPISODE_CUT_MS);
  state.last = time;
  if (time - state.cut >= EPISODE_CUT_MS) {
    state.cut = time - (time % EPISODE_CUT_MS);
    state.recent = [];
  }
  const half = Math.floor(time / GROUP_CUT_MS);
  if (half !== state.half) {
    state.half = half;
    state.highest.fill(0);
  }
  const before = state.recent.filter((one) => time - one.time <= EPISODE_GAP_MS);
  const levels = new Uint8Array(aspectScores + GROUPS);
  for (let i = 0; i < levels.length; i++) {
    const isGroup = i >= aspectScores;
    // Level 0 of a group is counted as any other; a score of 0 is reached always and never counted.
    const level = isGroup ? levelOfGroup(combined[i - aspectScores]!) + 1 : thresholdOf(scores[i]!);
    levels[i] = level;
    let highest = isGroup ? state.highest[i - aspectScores]! : 0;
    if (isGroup) state.highest[i - aspectScores] = Math.max(highest, level);
    else for (const one of before) if (one.levels[i]! > highest) highest = one.levels[i]!;
    const at = isGroup ? groupsAt + (i - aspectScores) * LEVELS - 1 : i * THRESHOLDS;
    for (let k = highest + 1; k <= level; k++) counts[at + k]!++;
  }
  state.recent = [...before, { time, levels }];
  if (state.exposure > (MEMORY_WEEKS + 1) * WEEK_MS) {
    state.exposure = MEMORY_WEEKS * WEEK_MS;
    for (let i = 0; i < counts.length; i++) counts[i] = Math.round((counts[i]! * MEMORY_WEEKS) / (MEMORY_WEEKS + 1));
  }
}

/** Counts of a score are ascending from its highest threshold down: what is above the last is left out. */
const countsCodec: Codec<Uint32Array> = {
  write(to, counts) {
    const write = (from: number, length: number): void => {
      let used = length;
      while (used > 0 && counts[from + used - 1] === 0) used--;
      to.varint(used);
      for (let k = 0; k < used; k++) to.varint(counts[from + k]!);
    };
    for (let i = 0; i < aspectScores; i++) write(i * THRESHOLDS, THRESHOLDS);
    for (let g = 0; g < GROUPS; g++) write(groupsAt + g * LEVELS, LEVELS);
  },
  read(from) {
    const counts = new Uint32Array(countsLength);
    const read = (at: number, length: number): void => {
      const used = from.varint();
      if (used > length) throw new RangeError(`${used} counts of a score, this release has ${length}`);
      for (let k = 0; k < used; k++) counts[at + k] = from.varint();
    };
    for (let i = 0; i < aspectScores; i++) read(i * THRESHOLDS, THRESHOLDS);
    for (let g = 0; g < GROUPS; g++) read(groupsAt + g * LEVELS, LEVELS);
    return counts;
  },
};

const recentCodec: Codec<readonly Reached[]> = {
  write(to, recent) {
    to.varint(recent.length);
    for (const { time, levels } of recent) {
      to.varint(time);
      to.raw(levels);
    }
  },
  read(from) {
    const length = from.varint();
    const recent: Reached[] = [];
    for (let i = 0; i < length; i++) {
      recent.push({ time: from.varint(), levels: Uint8Array.from(from.raw(aspectScores + GROUPS)) });
    }
    return recent;
  },
};

const highestCodec: Codec<Uint8Array> = {
  write: (to, highest) => to.raw(highest),
  read: (from) => Uint8Array.from(from.raw(GROUPS)),
};

/** Canonical bytes of an aspect calibration. */
export const aspectCalibrationCodec: Codec<AspectCalibration> = struct<AspectCalibration>({
  exposure: uint,
  last: uint,
  cut: uint,
  recent: recentCodec,
  half: uint,
  highest: highestCodec,
  counts: countsCodec,
});
/** Version of the store: raised with its codec. */
export const aspectCalibrationVersion = 2;
