/**
 * The threshold in u, with the budget as a ceiling and no goal: `clip(max(t_budget, t_value), -1.6, 1.5)`. Until the
 * first verdict the rate of all alerts is tracked instead (adaptive conformal inference; Gibbs and Candes 2021).
 */
import { double, list, struct, uint, type Codec } from '../../records/codec.js';
import { WEEK_MS } from '../calibration/defaults.js';
import { clip, onGrid } from '../calibration/grid.js';
import { exp } from '../exact/exp.js';
import { ln, log10 } from '../exact/log.js';
import {
  RATE_PRIOR_FALSE,
  RATE_PRIOR_WEEKS,
  SETTLE_DAYS,
  THRESHOLD_MAX,
  THRESHOLD_MIN,
  TRACKING_AIM,
  TRACKING_START,
  TRACKING_STEP,
  UNANSWERED_IS_FALSE,
} from './defaults.js';
import { valueThreshold } from './value.js';
import type { Memory } from './memory.js';

/** A day whose alerts may still be answered. */
interface OpenDay {
  readonly day: number;
  alerts: number;
  answered: number;
  /** The threshold at its last alert. */
  threshold: number;
}

export interface Threshold {
  /** False alerts a week that are allowed. */
  budget: number;
  /** Gamma posterior of the rate of false alerts at threshold 0: false ones, and weeks. */
  falseAlerts: number;
  weeks: number;
  /** Tracked from the rate of all alerts. */
  tracked: number;
  verdicts: number;
  /** Ascending, at most `SETTLE_DAYS` + 1 of them. */
  days: OpenDay[];
  /** What was worked out last; on the grid. */
  value: number;
}

const LN_10 = ln(10);
const within = (t: number): number => onGrid(clip(t, THRESHOLD_MIN, THRESHOLD_MAX));

/** @param budget false alerts a week, above 0 */
export function createThreshold(budget: number): Threshold {
  if (!(budget > 0)) throw new RangeError(`a budget of ${budget} false alerts a week: it has to be above 0`);
  const tracked = clip(TRACKING_START - log10(budget), THRESHOLD_MIN, THRESHOLD_MAX);
  const value = within(tracked);
  return { budget, falseAlerts: RATE_PRIOR_FALSE, weeks: RATE_PRIOR_WEEKS, tracked, verdicts: 0, days: [], value };
}

/** The lowest threshold that the budget allows, by the answers so far. */
export const budgetThreshold = ({ falseAlerts, weeks, budget }: Threshold): number =>
  log10(falseAlerts / weeks / budget) / 2;

/** Works the threshold out anew; called at verdicts and at day boundaries. */
export function rethink(state: Threshold, memory: Memory): void {
  if (state.verdicts > 0) state.value = within(Math.max(budgetThreshold(state), valueThreshold(memory)));
}

/** One window: time that passed since the last, and whether an alert began. */
export function track(state: Threshold, day: number, passedMs: number, alerted: boolean): void {
  if (alerted) {
    const last = state.days[state.days.length - 1];
    if (last?.day === day) last.alerts++;
    else state.days.push({ day, alerts: 1, answered: 0, threshold: state.value });
    state.days[state.days.length - 1].threshold = state.value;
  }
  const due = (state.budget * TRACKING_AIM * passedMs) / WEEK_MS;
  state.tracked = clip(state.tracked + TRACKING_STEP * ((alerted ? 1 : 0) - due), THRESHOLD_MIN, THRESHOLD_MAX);
  if (state.verdicts === 0) state.value = within(state.tracked);
}

/** One verdict on an alert of `day`, learnt `today`. What was already counted as unanswered is put right. */
export function answer(state: Threshold, day: number, today: number, truth: boolean): void {
  state.verdicts++;
  const open = state.days.find((d) => d.day === day && d.answered < d.alerts);
  if (open) open.answered++;
  const counted = !open && today - day > SETTLE_DAYS ? UNANSWERED_IS_FALSE : 0;
  state.falseAlerts = Math.max(RATE_PRIOR_FALSE, state.falseAlerts + (truth ? 0 : 1) - counted);
}

/** Weeks that a day counts: at threshold t false alerts are `10^(-2t)` times as frequent as at 0. */
const dayAtZero = (threshold: number): number => exp(-2 * threshold * LN_10) / 7;

/** Days up to `today` have ended: every day whose alerts are settled adds its time, as it would count at threshold 0. */
export function endDays(state: Threshold, before: number, today: number): void {
  const quiet = today - before - state.days.filter(({ day }) => day >= before && day < today).length;
  state.weeks += quiet * dayAtZero(state.value);
  const isSettled = (d: OpenDay): boolean => d.day < today && (d.answered >= d.alerts || today - d.day > SETTLE_DAYS);
  for (const { alerts, answered, threshold } of state.days.filter(isSettled)) {
    state.falseAlerts += UNANSWERED_IS_FALSE * Math.max(0, alerts - answered);
    state.weeks += dayAtZero(threshold);
  }
  state.days = state.days.filter((d) => !isSettled(d));
}

const dayCodec: Codec<OpenDay> = struct<OpenDay>({ day: uint, alerts: uint, answered: uint, threshold: double });
export const thresholdCodec: Codec<Threshold> = struct<Threshold>({
  budget: double,
  falseAlerts: double,
  weeks: double,
  tracked: double,
  verdicts: uint,
  days: list(dayCodec) as Codec<OpenDay[]>,
  value: double,
});
