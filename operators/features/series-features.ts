/** Features of a window of a metric series, schema `series-1`: each over the usual size of its own residual. */
import { series1 } from '../../models/features/schemas.js';
import { LEVELS, RECENT, SERIES, type SeriesBaseline } from './baseline.js';
import { activityAt, learnActivity } from './activity.js';
import { driftDeviation, driftOf, learnDrift } from './drift.js';
import { RowBuilder } from './row-builder.js';
import { learnSeason, usualAt } from './season.js';
import { paceOf, scaleOf, type Numbers } from './tracker.js';

const HOUR = 3_600_000;
const DAY_SPAN = 24 * HOUR;
/** Least scale of a residual as a share of the usual size of the value: constant series are no surprise by a ripple. */
const LEAST = 0.002;
/** A residual beyond so many usual sizes teaches the time of day no more. */
const CLIP = 3;
/** Points that `sustained` averages. */
const SUSTAINED = 5;
/** Points that `average_12` averages. */
const AVERAGED = 12;
const AVERAGE_SPAN = 5 * DAY_SPAN;
const RANGE_SPAN = 7 * DAY_SPAN;
/** What `outside` is at a bound. */
const EDGE = 4;
/** Level, of the three, that `sustained` and the activity are measured against. */
const MIDDLE = 1;

/** Values beyond it are cut: a difference of two must not overflow, which the baseline would never forget. */
const LARGEST = 1e150;

/** Mean of the finite points of a window; NaN where there is none. */
export function meanOf(points: readonly (readonly [number, number])[]): number {
  let sum = 0;
  let count = 0;
  for (const [, value] of points) {
    if (!Number.isFinite(value)) continue;
    sum += Math.max(-LARGEST, Math.min(LARGEST, value));
    count++;
  }
  return count === 0 ? NaN : sum / count;
}

/**
 * Computes the row of a value and learns it: first all columns, then the lessons. A value that is not finite gives a
 * row of zeros and teaches nothing.
 *
 * @param middle of the window, ms; @param passed since the value before, ms
 */
export function seriesFeatures(baseline: SeriesBaseline, value: number, middle: number, passed: number): RowBuilder {
  const { numbers: state, points } = baseline;
  const row = new RowBuilder(series1, state);
  if (!Number.isFinite(value)) return row;
  const day = paceOf(passed, DAY_SPAN);
  const size = points === 0 ? Math.abs(value) : state[SERIES.size]!;
  const least = LEAST * size + 1e-9;
  const fine = activityAt(state, SERIES.fineActivity, middle);
  const coarse = activityAt(state, SERIES.coarseActivity, middle);
  /** A residual, over what is usual at this time of day. */
  const against = (name: string, residual: number, activity: number, typical = value - residual): void =>
    row.centred(name, residual / activity, { location: 0, scale: day, floor: least / activity }, value, typical);
  /** Teaches the time of day how large the residual of a column is. */
  const restless = (name: string, at: number, residual: number, activity: number): void => {
    const usual = CLIP * activity * Math.max(scaleOf(state, row.tracker(name)), least / activity);
    const clipped = points < RECENT ? Math.abs(residual) : Math.min(Math.abs(residual), usual);
    row.learn(() => learnActivity(state, at, middle, Math.max(clipped, 1e-9), passed));
  };
  /** Against the mean and standard deviation of the whole past, which incidents are part of. */
  const average = (name: string, at: number, x: number): void => {
    const pace = Math.max(paceOf(passed, AVERAGE_SPAN), 1 / (points + 1));
    const distance = x - state[at]!;
    row.set(name, distance / Math.max(Math.sqrt(state[at + 1]!), least), x, state[at]);
    row.learn(() => {
      state[at]! += pace * distance;
      state[at + 1]! += pace * (distance * distance - state[at + 1]!);
    });
  };

  if (points > 0) against('change_last', value - recent(baseline, 1), fine);
  if (points >= 5) against('change_median', value - median(baseline), fine);
  if (points > 0) {
    row.set('outside', outside(state, value, least), value, (state[SERIES.range]! + state[SERIES.range + 1]!) / 2);
    average('average_value', SERIES.averages, value);
    average('average_12', SERIES.averages + 2, meanOfLast(baseline, value));
  } else {
    row.learn(() => {
      for (const at of [SERIES.range, SERIES.range + 1, SERIES.averages, SERIES.averages + 2]) state[at] = value + 0;
    });
  }

  const usual = usualAt(state, SERIES.season, middle);
  row.learn(() => learnSeason(state, SERIES.season, middle, value, passed, least));
  if (!Number.isNaN(usual)) {
    const rest = value - usual;
    against('seasonal_value', rest, coarse);
    restless('seasonal_value', SERIES.coarseActivity, rest, coarse);
    LEVELS.forEach(([name, span], i) => {
      const level = SERIES.levels + i;
      against(name, rest - state[level]!, fine);
      if (i === MIDDLE) restless(name, SERIES.fineActivity, rest - state[level]!, fine);
      row.learn(() => (state[level]! += paceOf(1, span) * (rest - state[level]!)));
    });
    against('sustained', lasting(baseline, rest) - state[SERIES.levels + MIDDLE]!, fine);
    row.learn(() => (state[SERIES.rests + (points % SUSTAINED)] = rest));
    const drift = driftOf(state, SERIES.drift, rest, passed);
    row.set('trend', driftDeviation(state, SERIES.drift, rest, passed, least), value, value - drift);
    row.learn(() => learnDrift(state, SERIES.drift, rest, passed, least));
  }

  row.learn(() => learnRange(state, value, passed));
  row.learn(() => {
    state[SERIES.size] = points === 0 ? size : size + Math.max(day, 1 / (points + 1)) * (Math.abs(value) - size);
    state[SERIES.recent + (points % RECENT)] = value + 0;
  });
  return row;
}

/** Place in the range of the past. */
function outside(state: Numbers, value: number, least: number): number {
  const [low, high] = [state[SERIES.range]!, state[SERIES.range + 1]!];
  const width = Math.max(high - low, least);
  return value > (low + high) / 2 ? EDGE * (1 + (value - high) / width) : -EDGE * (1 + (low - value) / width);
}

/** The bounds close in on each other, so that an extreme of long ago is forgotten. */
function learnRange(state: Numbers, value: number, passed: number): void {
  const at = SERIES.range;
  const shrink = (paceOf(passed, RANGE_SPAN) * (state[at + 1]! - state[at]!)) / 2;
  state[at] = Math.min(value, state[at]! + shrink);
  state[at + 1] = Math.max(value, state[at + 1]! - shrink);
}

/** Average of this value and the 11 before it. */
function meanOfLast(baseline: SeriesBaseline, value: number): number {
  const count = Math.min(AVERAGED, baseline.points + 1);
  let sum = value;
  for (let ago = 1; ago < count; ago++) sum += recent(baseline, ago);
  return sum / count;
}

/** The value `ago` points before, at most `RECENT`. */
const recent = ({ numbers, points }: SeriesBaseline, ago: number): number =>
  numbers[SERIES.recent + ((points - ago) % RECENT)]!;

/** Average of the last seasonal residuals and this one. */
function lasting({ numbers, points }: SeriesBaseline, rest: number): number {
  let sum = rest;
  for (let ago = 1; ago < SUSTAINED; ago++) {
    sum += points < ago ? rest : numbers[SERIES.rests + ((points - ago) % SUSTAINED)]!;
  }
  return sum / SUSTAINED;
}

const sorted = new Float64Array(RECENT);

/** Median of the last values. */
function median({ numbers, points }: SeriesBaseline): number {
  const count = Math.min(RECENT, points);
  // By insertion: for so few it is several times as fast as a sort.
  for (let i = 0; i < count; i++) {
    const value = numbers[SERIES.recent + i]!;
    let at = i;
    for (; at > 0 && sorted[at - 1]! > value; at--) sorted[at] = sorted[at - 1]!;
    sorted[at] = value;
  }
  const half = (count - 1) / 2;
  return (sorted[Math.floor(half)]! + sorted[Math.ceil(half)]!) / 2;
}
