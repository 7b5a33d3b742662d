/**
 * A bounded past: how many episodes there were at each threshold. The highest are kept one by one; all are counted in
 * score buckets, of which the ones that tell least are merged when there are too many.
 */
import { struct, uint, type Codec, type Reader, type Writer } from '../../records/codec.js';
import { BUCKETS, BUCKETS_KEPT, MEMORY_WEEKS, PEAK_FADES, PEAKS, WEEK_MS } from './defaults.js';
import type { Rise } from './episodes.js';
import { bucketOf, NO_KEY } from './score-key.js';

/** Counts are in 256ths, so that fading keeps integers. */
const UNIT = 256;
const FADE = 1 - 1 / MEMORY_WEEKS;

/** A rise and how often it has faded. */
export interface Peak extends Rise {
  fades: number;
}

export interface History {
  /** Observed time, faded like the counts, ms. */
  exposure: number;
  /** Highest first. */
  peaks: Peak[];
  /** Ascending score buckets, and for each the peaks less the bases in it, in 256ths. */
  buckets: number[];
  counts: number[];
}

export const createHistory = (): History => ({ exposure: 0, peaks: [], buckets: [], counts: [] });

function count(history: History, bucket: number, amount: number): void {
  const { buckets, counts } = history;
  let at = buckets.length;
  while (at > 0 && buckets[at - 1] > bucket) at--;
  if (at > 0 && buckets[at - 1] === bucket) counts[at - 1] += amount;
  else {
    buckets.splice(at, 0, bucket);
    counts.splice(at, 0, amount);
  }
}

/** Episodes at each bucket's lower edge. */
export function episodesAt(history: History): number[] {
  const at: number[] = new Array<number>(history.counts.length).fill(0);
  let above = 0;
  for (let i = at.length - 1; i >= 0; i--) {
    above += history.counts[i];
    at[i] = above / UNIT;
  }
  return at;
}

/** Removes the edges whose two neighbours have the most similar counts, until `BUCKETS_KEPT` are left. */
function thin(history: History): void {
  while (history.buckets.length > BUCKETS_KEPT) {
    const at = episodesAt(history);
    let least = 1;
    let smallest = Infinity;
    for (let i = 1; i < at.length - 1; i++) {
      const [low, high] = at[i - 1] < at[i + 1] ? [at[i - 1], at[i + 1]] : [at[i + 1], at[i - 1]];
      const ratio = (high + 1) / (low + 1);
      if (ratio < smallest) [smallest, least] = [ratio, i];
    }
    history.counts[least - 1] += history.counts[least];
    history.buckets.splice(least, 1);
    history.counts.splice(least, 1);
  }
}

function keepPeak(peaks: Peak[], peak: Peak): void {
  if (peaks.length >= PEAKS && peak.peak <= peaks[peaks.length - 1].peak) return;
  let at = peaks.length;
  while (at > 0 && peaks[at - 1].peak < peak.peak) at--;
  peaks.splice(at, 0, peak);
  if (peaks.length > PEAKS) peaks.pop();
}

/** Adds one rise to the past. */
export function addRise(history: History, { base, peak }: Rise): void {
  keepPeak(history.peaks, { base, peak, fades: 0 });
  count(history, bucketOf(peak), UNIT);
  if (base !== NO_KEY) count(history, bucketOf(base), -UNIT);
  if (history.buckets.length > BUCKETS) thin(history);
}

/** Lets the past fade where it is longer than the memory; to be called once a week of event time. */
export function fade(history: History): void {
  if (history.exposure <= MEMORY_WEEKS * WEEK_MS) return;
  history.exposure = Math.round(history.exposure * FADE);
  history.counts = history.counts.map((c) => Math.round(c * FADE));
  history.peaks = history.peaks.map((p) => ({ ...p, fades: p.fades + 1 })).filter((p) => p.fades <= PEAK_FADES);
}

/** How much a peak still counts. */
export function weightOf(peak: Peak): number {
  let weight = 1;
  for (let i = 0; i < peak.fades; i++) weight *= FADE;
  return weight;
}

/** One past made of several, for a prior that new entities share. */
export function pool(histories: readonly History[]): History {
  const all = createHistory();
  for (const { exposure, peaks, buckets, counts } of histories) {
    all.exposure += exposure;
    for (const peak of peaks) keepPeak(all.peaks, { ...peak });
    buckets.forEach((bucket, i) => count(all, bucket, counts[i]));
  }
  if (all.buckets.length > BUCKETS) thin(all);
  return all;
}

/** Falling peaks as differences, about 4 bytes each. */
const peaksCodec: Codec<Peak[]> = {
  write(to: Writer, peaks) {
    to.varint(peaks.length);
    let before = 0;
    for (const { base, peak, fades } of peaks) {
      to.varint(before === 0 ? peak : before - peak);
      to.varint(base === NO_KEY ? 0 : peak - base);
      to.varint(fades);
      before = peak;
    }
  },
  read(from: Reader) {
    const length = from.varint();
    const peaks: Peak[] = [];
    let before = 0;
    for (let i = 0; i < length; i++) {
      const step = from.varint();
      const peak: number = before === 0 ? step : before - step;
      const below = from.varint();
      peaks.push({ base: below === 0 ? NO_KEY : peak - below, peak, fades: from.varint() });
      before = peak;
    }
    return peaks;
  },
};

/** Ascending integers as differences. */
const ascending: Codec<number[]> = {
  write(to: Writer, values) {
    to.varint(values.length);
    values.forEach((value, i) => to.varint(i === 0 ? value : value - values[i - 1]));
  },
  read(from: Reader) {
    const length = from.varint();
    const values: number[] = [];
    for (let i = 0; i < length; i++) values.push(from.varint() + (i === 0 ? 0 : values[i - 1]));
    return values;
  },
};

/** Counts in 256ths; whole ones, the usual case, take one or two bytes. */
const countsCodec: Codec<number[]> = {
  write(to: Writer, values) {
    to.varint(values.length);
    for (const value of values) {
      const zigzag = (n: number): number => (n < 0 ? -2 * n - 1 : 2 * n);
      to.varint(value % UNIT === 0 ? 2 * zigzag(value / UNIT) : 2 * zigzag(value) + 1);
    }
  },
  read(from: Reader) {
    const length = from.varint();
    const values: number[] = [];
    for (let i = 0; i < length; i++) {
      const raw = from.varint();
      const zigzag = Math.floor(raw / 2);
      const value = zigzag % 2 === 1 ? -(zigzag + 1) / 2 : zigzag / 2;
      values.push(raw % 2 === 0 ? value * UNIT + 0 : value);
    }
    return values;
  },
};

export const historyCodec: Codec<History> = struct<History>({
  exposure: uint,
  peaks: peaksCodec,
  buckets: ascending,
  counts: countsCodec,
});
