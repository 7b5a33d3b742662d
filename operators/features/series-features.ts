/** Features of a window of a metric series, schema `series-1`: each over the usual size of its own residual. */
import { ln } from '../../models/exact/log.js';
import { series1 } from '../../models/features/schemas.js';
import { QUARTERS, RECENT, SERIES, type SeriesBaseline } from '../baseline.js';
import { driftDeviation, driftOf, learnDrift } from './drift.js';
import { RowBuilder } from './row-builder.js';
import { learnSeason, seasonalDeviation, usualAt } from './season.js';
import { paceOf, type Pace } from './tracker.js';

const HOUR = 3_600_000;
const QUARTER = HOUR / 4;
const DAY_SPAN = 24 * HOUR;
/** Points of the short averages. */
const SHORT = 10;
/** Least scale of a residual as a share of the usual size of the value: constant series are no surprise by a ripple. */
const LEAST = 0.002;

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
  const size = points === 0 ? Math.abs(value) : state[SERIES.size];
  const least = LEAST * size + 1e-9;
  const residual: Pace = { location: 0, scale: day, floor: least };
  const against = (name: string, typical: number): void => row.centred(name, value - typical, residual, value, typical);

  if (points > 0) against('last', recent(baseline, 1));
  if (points >= SHORT) against('change', recent(baseline, SHORT));
  row.track('short', value, { location: paceOf(1, SHORT), scale: day, floor: least }, value, same);
  row.track('long', value, { location: day, scale: day, floor: least }, value, same);
  if (points >= 5) against('median', median(baseline));

  const usual = usualAt(state, SERIES.season, middle);
  row.set('seasonal_value', seasonalDeviation(state, SERIES.season, middle, value, least), value, usual);
  row.learn(() => learnSeason(state, SERIES.season, middle, value, passed, least));
  if (!Number.isNaN(usual)) {
    const rest = value - usual;
    const drift = driftOf(state, SERIES.drift, rest, passed);
    row.set('trend', driftDeviation(state, SERIES.drift, rest, passed, least), value, value - drift);
    row.learn(() => learnDrift(state, SERIES.drift, rest, passed, least));
  }

  const quarter = Math.floor(middle / QUARTER);
  const place = quarter % QUARTERS;
  if (state[SERIES.stamps + place] === quarter - QUARTERS + 1) {
    against('day_over_day', state[SERIES.quarters + place]);
  }
  row.learn(() => learnQuarter(baseline, value, quarter));

  if (points > 0) {
    const step = Math.abs(value - recent(baseline, 1));
    const fast = state[SERIES.fastStep] + paceOf(1, SHORT) * (step - state[SERIES.fastStep]);
    const slow = state[SERIES.slowStep];
    if (points > SHORT) {
      const ratio = ln((fast + least) / (slow + least));
      row.track('volatility', ratio, { location: day, scale: day, floor: 0.1 }, fast, () => slow);
    }
    row.learn(() => {
      const clipped = points > 12 ? Math.min(step, 6 * slow + least) : step;
      state[SERIES.fastStep] = fast;
      state[SERIES.slowStep] = slow + Math.max(day, 1 / points) * (clipped - slow);
    });
  }
  row.learn(() => {
    state[SERIES.size] = points === 0 ? size : size + Math.max(day, 1 / (points + 1)) * (Math.abs(value) - size);
    state[SERIES.recent + (points % RECENT)] = value + 0;
  });
  return row;
}

const same = (location: number): number => location;

/** The value `ago` points before, at most `RECENT`. */
const recent = ({ numbers, points }: SeriesBaseline, ago: number): number =>
  numbers[SERIES.recent + ((points - ago) % RECENT)];

function median({ numbers, points }: SeriesBaseline): number {
  const values = numbers.slice(SERIES.recent, SERIES.recent + Math.min(RECENT, points)).sort();
  const half = (values.length - 1) / 2;
  return (values[Math.floor(half)] + values[Math.ceil(half)]) / 2;
}

/** The quarter's mean is written at each value, so that it stands when the quarter is over. */
function learnQuarter({ numbers: state }: SeriesBaseline, value: number, quarter: number): void {
  const place = quarter % QUARTERS;
  // Stamps are one more than the quarter, so that 0 is none.
  const goingOn = state[SERIES.stamps + place] === quarter + 1;
  const count = goingOn ? state[SERIES.quarterCount] : 0;
  const mean = goingOn ? state[SERIES.quarterMean] : 0;
  state[SERIES.quarterCount] = count + 1;
  state[SERIES.quarterMean] = mean + (value - mean) / (count + 1);
  state[SERIES.quarters + place] = state[SERIES.quarterMean];
  state[SERIES.stamps + place] = quarter + 1;
}
