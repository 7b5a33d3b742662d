/** Features of a window of log lines, schema `logs-1`: each against the entity's own baseline. */
import { levels } from '../../records/log-record.js';
import { mix32 } from '../../records/wire/hash.js';
import { exp } from '../../models/exact/exp.js';
import { ln } from '../../models/exact/log.js';
import { logs1, TEMPLATE_BUCKETS } from '../../models/features/schemas.js';
import { LOG, type LogBaseline } from './baseline.js';
import type { TemplatedWindow } from '../template.js';
import { driftDeviation, driftOf, learnDrift } from './drift.js';
import { bucketShares, divergence, entryOf, surpriseOf } from './mix.js';
import { RowBuilder } from './row-builder.js';
import { learnSeason, seasonalDeviation, seasonalSpread, usualAt } from './season.js';
import { hasSeen } from './seen.js';
import { BucketCounts, distinctOf, fano } from './sketch.js';
import { countOf, learn, locationOf, paceOf, scaleOf, type Pace } from './tracker.js';

const HOUR = 3_600_000;
const LOCAL_SPAN = 2 * HOUR;
const SLOW_SPAN = 24 * HOUR;
/** A template is new for so long. */
const YOUNG_MINUTES = 6 * 60;
const WARN = levels.indexOf('warn');
const ERROR = levels.indexOf('error');

const bucketColumns = Array.from({ length: TEMPLATE_BUCKETS }, (_, bucket) => `template_${bucket}`);

/** The template bucket of a template id. */
export const bucketOf = (id: number): number => mix32(id % 0x100000000) % TEMPLATE_BUCKETS;

const back = (x: number): number => exp(x) - 1;

/**
 * Computes the row of a window and learns it: first all columns, then the lessons.
 *
 * @param passed time that this window stands for, ms
 */
export function logFeatures(baseline: LogBaseline, item: TemplatedWindow, passed: number): RowBuilder {
  const { window, templates, lines } = item;
  const { aggregate } = window;
  const { numbers: state, mix, seen } = baseline;
  const row = new RowBuilder(logs1, state);
  const minutes = (window.end - window.start) / 60_000;
  const middle = (window.start + window.end) / 2;
  const slowPace = paceOf(passed, SLOW_SPAN);
  const localPace = paceOf(passed, LOCAL_SPAN);
  const slow = (floor: number): Pace => ({ location: slowPace, scale: slowPace, floor });
  const local = (floor: number): Pace => ({ location: localPace, scale: slowPace, floor });

  /** A residual against the season, in the unit `per` minutes. */
  const seasonal = (name: string, at: number, x: number, floor: number, actual: number, per: number): void => {
    if (Number.isNaN(x)) return;
    row.set(name, seasonalDeviation(state, at, middle, x, floor), actual, back(usualAt(state, at, middle)) / per);
    row.learn(() => learnSeason(state, at, middle, x, passed, floor));
  };
  /** A slow drift of x less its season, shown as growth against the slow average in %. */
  const drift = (name: string, at: number, season: number, x: number): void => {
    const rest = x - usualAt(state, season, middle);
    if (Number.isNaN(rest)) return;
    const growth = 100 * back(driftOf(state, at, rest, passed));
    row.set(name, driftDeviation(state, at, rest, passed, 0.02), growth, 0);
    row.learn(() => learnDrift(state, at, rest, passed, 0.02));
  };

  // Volume. A Poisson count n has a standard deviation of about 1 / sqrt(1 + n) in ln(1 + n).
  const x = ln(1 + lines);
  const rate = lines / minutes;
  const usualLines = back(locationOf(state, row.tracker('volume')));
  const floor = Math.max(0.03, 1 / Math.sqrt(1 + usualLines));
  row.track('volume', x, local(floor), rate, (location) => back(location) / minutes);
  if (baseline.last > 0) {
    const previous = state[LOG.previous]!;
    row.centred('volume_change', x - previous, slow(floor), rate, back(previous) / minutes);
  }
  row.learn(() => (state[LOG.previous] = x));
  drift('volume_trend', LOG.volumeDrift, LOG.seasonalVolume, x);
  seasonal('seasonal_volume', LOG.seasonalVolume, x, floor, rate, minutes);
  silence(row, baseline, lines, usualLines, minutes, middle);

  // Levels.
  let warns = 0;
  let errors = 0;
  for (const [level, count] of aggregate.levels) {
    if (level >= ERROR) errors += count;
    else if (level === WARN) warns += count;
  }
  const n = aggregate.lines;
  const share = (name: string, at: number, count: number): void => {
    if (n === 0) return;
    const usual = countOf(state, at) > 0 ? Math.min(1, Math.max(0, locationOf(state, at))) : count / n;
    excess(row, name, count, n, usual, slow(1), (100 * count) / n, 100 * usual);
    row.learn(() => learn(state, at, count / n, slow(1 / Math.sqrt(n + 1))));
  };
  share('warn_share', LOG.warns, warns);
  share('error_share', LOG.errors, errors);
  // As for the volume, but where errors are rare a single one should tell.
  const usualErrors = Math.max(0, back(usualAt(state, LOG.seasonalErrors, middle)) || 0);
  const errorFloor = Math.max(0.25, Math.sqrt(usualErrors) / (1 + usualErrors));
  seasonal('seasonal_errors', LOG.seasonalErrors, ln(1 + errors), errorFloor, errors / minutes, minutes);

  // Templates.
  const now = Math.floor(window.end / 60_000);
  let young = 0;
  let unseen = 0;
  let surprise = 0;
  let entropy = 0;
  const buckets = new Float64Array(TEMPLATE_BUCKETS);
  for (const { id, count, signatures } of templates) {
    const known = hasSeen(seen, id) || signatures.some((signature) => hasSeen(seen, signature));
    const since = entryOf(mix, id)?.since;
    if (!known) unseen++;
    if (since === undefined ? !known : now - since < YOUNG_MINUTES) young += count;
    surprise += surpriseOf(mix, id);
    const part = count / lines;
    entropy -= part * ln(part);
    buckets[bucketOf(id)]! += count;
  }
  row.track('novelty', ln(1 + young), slow(0.5), young, back);
  row.track('unseen', ln(1 + unseen), slow(0.25), unseen, back);
  if (lines > 0) {
    const same = (location: number): number => location;
    row.track('rarity', surprise, slow(1), surprise, same);
    row.track('entropy', entropy, slow(0.02), entropy, same);
    const shifted = divergence(mix, templates, lines);
    row.track('divergence', shifted, slow(0.002), shifted, same);
    const shares = bucketShares(mix, TEMPLATE_BUCKETS, bucketOf);
    const pace = slow(1);
    for (let b = 0; b < TEMPLATE_BUCKETS; b++) {
      const count = buckets[b]!;
      const usual = Math.min(1, shares[b]!);
      excess(row, bucketColumns[b]!, count, lines, usual, pace, count, lines * usual);
    }
    const distinct = distinctOf(aggregate.distinct);
    row.track('distinct', ln(1 + distinct), local(0.1), distinct, back);
  }

  // Durations in lines.
  const values = new BucketCounts(aggregate.values);
  const p50 = values.quantile(0.5, 1);
  const p95 = values.quantile(0.95, 5);
  const p99 = values.quantile(0.99, 20);
  row.track('latency_p50', ln(1 + p50), local(0.05), p50, back);
  row.track('latency_p95', ln(1 + p95), local(0.05), p95, back);
  row.track('latency_p99', ln(1 + p99), local(0.05), p99, back);
  drift('latency_trend', LOG.latencyDrift, LOG.seasonalLatency, ln(1 + p95));
  seasonal('seasonal_latency', LOG.seasonalLatency, ln(1 + p95), 0.05, p95, 1);
  if (n >= 5) {
    const factor = fano(aggregate.seconds, 60 * minutes);
    row.track('burstiness', ln(1 + factor), slow(0.1), factor, back);
  }
  return row;
}

/** A count out of n against its usual share: its binomial deviation over the usual size of that. */
function excess(
  row: RowBuilder,
  name: string,
  count: number,
  n: number,
  usual: number,
  pace: Pace,
  actual: number,
  typical: number,
): void {
  const z = (count - n * usual) / Math.sqrt(n * usual * (1 - usual) + 1);
  row.centred(name, z, pace, actual, typical);
}

/** Surprise of a run of empty windows. A service that is often empty surprises nobody by it. */
function silence(
  row: RowBuilder,
  { numbers: state, last }: LogBaseline,
  lines: number,
  local: number,
  minutes: number,
  middle: number,
): void {
  const seasonal = back(usualAt(state, LOG.seasonalVolume, middle));
  const expected = Number.isNaN(seasonal) ? local : Math.min(local, seasonal);
  const count = state[LOG.emptyCount]!;
  const usual = (state[LOG.empty]! * count + 0.5) / (count + 1);
  const more = last > 0 ? Math.max(0, Math.min(expected, -ln(usual))) : 0;
  const surprise = lines > 0 ? 0 : Math.min(512, state[LOG.silence]! + more);
  const silent = lines > 0 ? 0 : Math.min(1e6, state[LOG.silent]! + minutes);
  row.set('silence', surprise, silent, 0);
  row.learn(() => {
    state[LOG.silence] = surprise;
    state[LOG.silent] = silent;
    // One long outage teaches no more than an hour of it.
    if (silent <= 60) state[LOG.empty]! += ((lines > 0 ? 0 : 1) - state[LOG.empty]!) / (count + 1);
    state[LOG.emptyCount] = Math.min(4032, count + 1);
  });
}

/** What lines a window should have, and the spread of ln(1 + lines) around it beyond chance. */
export interface UsualVolume {
  readonly usual: number;
  readonly spread: number;
}

/**
 * By the time of day; where that is not known yet, by the last two hours, widely. Asked before the window is learnt.
 */
export function usualVolume({ numbers: state }: LogBaseline, start: number, end: number): UsualVolume {
  const middle = (start + end) / 2;
  const season = back(usualAt(state, LOG.seasonalVolume, middle));
  if (!Number.isNaN(season)) {
    const usual = Math.max(0, season);
    return { usual, spread: seasonalSpread(state, LOG.seasonalVolume, middle, 1 / Math.sqrt(1 + usual)) };
  }
  const tracker = 0;
  if (countOf(state, tracker) < LEAST_WINDOWS) return { usual: NaN, spread: 1 };
  return {
    usual: Math.max(0, back(locationOf(state, tracker))),
    spread: Math.max(UNKNOWN_SPREAD, 2 * scaleOf(state, tracker)),
  };
}
/** Windows after which the last two hours are known at all. */
const LEAST_WINDOWS = 12;
/** Spread of ln(lines) at a time of day that was never seen. */
const UNKNOWN_SPREAD = 0.3;
