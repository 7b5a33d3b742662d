/**
 * A bounded past: how many episodes there were at each threshold, counted in score buckets, of which the
 * lowest are merged when there are too many.
 */
import { ascending, struct, uint, type Codec, type Reader, type Writer } from '../../records/wire/codec.js';
import { BUCKETS, MEMORY_WEEKS, WEEK_MS } from './defaults.js';
import type { Rise } from './episodes.js';
import { bucketOf, NO_KEY } from './score-key.js';

/** Counts are in 256ths, so that fading keeps integers. */
const UNIT = 256;
const FADE = 1 - 1 / MEMORY_WEEKS;

/** The past of one score. */
export interface History {
  /** Observed time, faded like the counts, ms. */
  exposure: number;
  /** Ascending score buckets, and for each the peaks less the bases in it, in 256ths. */
  buckets: number[];
  counts: number[];
}

/** Before the first episode. */
export const createHistory = (): History => ({ exposure: 0, buckets: [], counts: [] });

/** How many buckets are at or below `bucket`. */
function placeOf(buckets: readonly number[], bucket: number): number {
  let low = 0;
  let high = buckets.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (buckets[middle]! <= bucket) low = middle + 1;
    else high = middle;
  }
  return low;
}

function count(history: History, bucket: number, amount: number): void {
  const { buckets, counts } = history;
  // What lies below the lowest bucket of a full past has been merged into it.
  const at = buckets.length >= BUCKETS ? Math.max(1, placeOf(buckets, bucket)) : placeOf(buckets, bucket);
  if (at > 0 && (buckets[at - 1] === bucket || bucket < buckets[0]!)) counts[at - 1]! += amount;
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
    above += history.counts[i]!;
    at[i] = above / UNIT;
  }
  return at;
}

/** Merges the lowest buckets, where scores are as usual as can be, until `BUCKETS` are left. */
function thin({ buckets, counts }: History): void {
  while (buckets.length > BUCKETS) {
    counts[0]! += counts[1]!;
    buckets.splice(1, 1);
    counts.splice(1, 1);
  }
}

/** Adds one rise to the past. */
export function addRise(history: History, { base, peak }: Rise): void {
  count(history, bucketOf(peak), UNIT);
  if (base !== NO_KEY) count(history, bucketOf(base), -UNIT);
  if (history.buckets.length > BUCKETS) thin(history);
}

/** Lets the past fade where it is longer than the memory; to be called once a week of event time. */
export function fade(history: History): void {
  if (history.exposure <= MEMORY_WEEKS * WEEK_MS) return;
  history.exposure = Math.round(history.exposure * FADE);
  history.counts = history.counts.map((c) => Math.round(c * FADE));
}

/** One past made of several, for a prior that new entities share. */
export function pool(histories: readonly History[]): History {
  const all = createHistory();
  for (const { exposure, buckets, counts } of histories) {
    all.exposure += exposure;
    buckets.forEach((bucket, i) => count(all, bucket, counts[i]!));
  }
  if (all.buckets.length > BUCKETS) thin(all);
  return all;
}

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

/** Canonical bytes of a past. */
export const historyCodec: Codec<History> = struct<History>({
  exposure: uint,
  buckets: ascending,
  counts: countsCodec,
});
