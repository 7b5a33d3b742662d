/**
 * The threshold in u, with the budget as a ceiling and no goal: `clip(max(t_budget, t_value), -1.6, 1.5)`. Until the
 * first verdict t_budget is tracked by the episodes themselves (adaptive conformal inference; Gibbs and Candes 2021), each
 * counted by how ordinary it is: where u is right, episodes of ordinary life exceed a level by more than x with the
 * chance 10^-x, so that counting each as `2 * 10^-x` counts them rightly, and an incident far above it hardly at all.
 *
 * The level is the threshold, or lies `depth` below it, where episodes are `10^depth` times as frequent and each counts as
 * so much less. There nearly all episodes are ordinary, and the rate of false alerts is extrapolated from them: a series
 * with many incidents keeps its threshold.
 */
import { double, list, struct, uint, type Codec } from '../../records/wire/codec.js';
import { WEEK_MS } from '../calibration/defaults.js';
import { clip, onGrid } from '../calibration/grid.js';
import { exp } from '../exact/exp.js';
import { ln, log10 } from '../exact/log.js';
import {
  BUDGET_A_WEEK,
  RATE_PRIOR_FALSE,
  RATE_PRIOR_WEEKS,
  SETTLE_DAYS,
  THRESHOLD_MAX,
  THRESHOLD_MIN,
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

/** What is remembered for a threshold. */
export interface Threshold {
  /** False alerts a week that are allowed. */
  budget: number;
  /** Gamma posterior of the rate of false alerts at threshold 0: false ones, and weeks. */
  falseAlerts: number;
  weeks: number;
  /** Tracked from the alerts, and how much the latest one was counted. */
  tracked: number;
  counted: number;
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
  const tracked = minTracked(budget);
  return {
    budget,
    falseAlerts: RATE_PRIOR_FALSE,
    weeks: RATE_PRIOR_WEEKS,
    tracked,
    counted: 0,
    verdicts: 0,
    days: [],
    value: within(tracked),
  };
}

/**
 * The least threshold without verdicts: what the budget allows by u alone, and what is worth an alert beforehand. Who allows
 * more than is usual wants to see more than that.
 */
export const minTracked = (budget: number): number =>
  clip(
    budget <= BUDGET_A_WEEK ? Math.max(0 - log10(budget), unanswered) : unanswered - log10(budget / BUDGET_A_WEEK),
    THRESHOLD_MIN,
    THRESHOLD_MAX,
  );
const unanswered = valueThreshold([]);

/** The lowest threshold that the budget allows, by the answers so far. */
export const budgetThreshold = ({ falseAlerts, weeks, budget }: Threshold): number =>
  log10(falseAlerts / weeks / budget) / 2;

/** Computes the threshold again; called at verdicts and at day boundaries. @param chance from which on an alert is worth its while */
export function rethink(state: Threshold, memory: Memory, chance?: number): void {
  if (state.verdicts > 0) state.value = within(Math.max(budgetThreshold(state), valueThreshold(memory, chance)));
}

/** How much an episode above a level counts against the budget before the first answer. */
const ordinary = (u: number, level: number): number => 2 * exp(-LN_10 * Math.max(0, u - level));

/** Where something begins, where it goes on, or where it is not. */
export type EpisodePhase = 'none' | 'begun' | 'on';

/** How episodes are counted against the budget before the first answer. */
export interface Counted {
  /** They begin to count this far below the threshold, in u. */
  readonly depth: number;
  /** Whether an episode above that level begins, goes on or is absent. */
  readonly phase: EpisodePhase;
}

/** So far above the threshold an alert counts as one: for those whose u says nothing of how ordinary they are. */
export const COUNTED_ONCE = log10(2);

/**
 * One window.
 *
 * @param passedMs time since the last window
 * @param alert `begun` where an alert began, `on` where one goes on
 * @param u that was decided on
 * @param counted what counts before the first answer; the alert itself where it is not given
 */
export function track(
  state: Threshold,
  day: number,
  passedMs: number,
  alert: EpisodePhase,
  u: number,
  { depth, phase }: Counted = { depth: 0, phase: alert },
): void {
  if (alert === 'begun') {
    const last = state.days[state.days.length - 1];
    if (last?.day === day) last.alerts++;
    else state.days.push({ day, alerts: 1, answered: 0, threshold: state.value });
    state.days[state.days.length - 1]!.threshold = state.value;
  }
  if (phase === 'begun') state.counted = 0;
  let counts = 0;
  if (phase !== 'none') {
    const now = ordinary(u, state.value - depth) * exp(-LN_10 * depth);
    // An episode that grows turns out to be less ordinary than it began.
    if (phase === 'begun' || now < state.counted) {
      counts = now - state.counted;
      state.counted = now;
    }
  }
  const due = (state.budget * passedMs) / WEEK_MS;
  state.tracked = clip(state.tracked + TRACKING_STEP * (counts - due), minTracked(state.budget), THRESHOLD_MAX);
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

/** A verdict is taken back: its alert counts as unanswered, settled or still open as its day is. */
export function unanswer(state: Threshold, day: number, today: number, truth: boolean): void {
  state.verdicts = Math.max(0, state.verdicts - 1);
  const open = state.days.find((d) => d.day === day && d.answered > 0);
  if (open) open.answered--;
  const unanswered = !open && day < today ? UNANSWERED_IS_FALSE : 0;
  state.falseAlerts = Math.max(RATE_PRIOR_FALSE, state.falseAlerts - (truth ? 0 : 1) + unanswered);
  if (state.verdicts === 0) state.value = within(state.tracked);
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
/** Canonical bytes of it. */
export const thresholdCodec: Codec<Threshold> = struct<Threshold>({
  budget: double,
  falseAlerts: double,
  weeks: double,
  tracked: double,
  counted: double,
  verdicts: uint,
  days: list(dayCodec) as Codec<OpenDay[]>,
  value: double,
});
