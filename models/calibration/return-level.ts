/**
 * The return level of a score: `u = -log10(alert episodes a week that this entity's past would have had at this
 * threshold)`. 0 is once a week, 1 once in ten weeks, -1 ten times a week, for every detector and entity alike: that is
 * what makes scores comparable and a budget of N a week the simple threshold `-log10 N`.
 *
 * Score first, then learn: ask `returnLevel`, then `observe`. The fit changes only at boundaries of event time.
 */
import { optional, struct, uint, type Codec } from '../../records/wire/codec.js';
import { dayOf, endsWeek } from './boundary.js';
import { EPISODE_CUT_MS, FIRST_FIT_MS, OWN_PAST_MS, PRIOR_CONFIDENCE, U_MIN } from './defaults.js';
import { createEpisodes, episodesCodec, nextEpisode, type Episodes } from './episodes.js';
import { asU } from './grid.js';
import { addRise, createHistory, fade, historyCodec, pool, type History } from './history.js';
import { keyOf } from './score-key.js';
import { fittedU, fitTail, tailFitCodec, type TailFit } from './tail.js';

/** State of one detector at one entity, about half a kilobyte encoded. */
export interface ReturnLevel {
  /** Moves the boundaries: a hash of the entity key. */
  seed: number;
  /** Event time of the first score, ms. */
  anchor?: number | undefined;
  /** The last day boundary that was passed. */
  day: number;
  episodes: Episodes;
  history: History;
  fit?: TailFit | undefined;
  /** Observed time behind `fit`, ms. */
  fitted: number;
}

/** The shared prior of an ensemble: one fit a detector, pooled over entities. An artefact. */
export type Prior = Readonly<Record<string, TailFit>>;

/** A score as a return level, and how certain that is. */
export interface Calibrated {
  /** In [-3, 4], a multiple of 2^-12. */
  readonly u: number;
  /** 0: no past at all; 0.25: the shared prior's; 1: at least a week of the entity's own. */
  readonly confidence: number;
}

/** @param seed hash of the entity key, a safe integer */
export const createReturnLevel = (seed = 0): ReturnLevel => ({
  seed,
  day: 0,
  episodes: createEpisodes(),
  history: createHistory(),
  fitted: 0,
});

/**
 * The return level of a score, which never falls as the score rises. Reads only.
 *
 * @param shape of the tail; where it is not given, `TAIL_SHAPE`. The fits must have been made with the same.
 *
 * @example returnLevel(state, 7.25, prior.forest) // { u: 0.4775390625, confidence: 1 }: once in three weeks
 */
export function returnLevel(state: ReturnLevel, score: number, prior?: TailFit, shape?: number): Calibrated {
  const value = Math.fround(score);
  const shared = prior && fittedU(prior, value, shape);
  if (state.fit === undefined) {
    return { u: asU(shared ?? U_MIN), confidence: shared === undefined ? 0 : PRIOR_CONFIDENCE };
  }
  const share = Math.min(1, state.fitted / OWN_PAST_MS);
  const own = fittedU(state.fit, value, shape);
  if (shared === undefined) return { u: asU(own), confidence: share };
  return { u: asU(share * own + (1 - share) * shared), confidence: PRIOR_CONFIDENCE + (1 - PRIOR_CONFIDENCE) * share };
}

/** Learns one score. Times are event time in ms and never fall; throws a RangeError where they do. */
export function observe(state: ReturnLevel, time: number, score: number, shape?: number): void {
  const { episodes, history } = state;
  if (state.anchor === undefined) state.anchor = time;
  else history.exposure += Math.min(time - episodes.last, EPISODE_CUT_MS);
  const day = dayOf(state.anchor, state.seed, time);
  if (day > state.day) {
    let weekEnded = false;
    for (let d = Math.max(state.day + 1, day - 6); d <= day; d++) weekEnded ||= endsWeek(d, state.seed);
    state.day = day;
    if (history.exposure >= FIRST_FIT_MS && (weekEnded || history.exposure < OWN_PAST_MS))
      refit(state, weekEnded, shape);
  }
  const over = nextEpisode(episodes, time, keyOf(score));
  if (over) addRise(history, over);
}

function refit(state: ReturnLevel, weekEnded: boolean, shape?: number): void {
  if (weekEnded) fade(state.history);
  const fit = fitTail(state.history, shape);
  if (fit === undefined) return;
  state.fit = fit;
  state.fitted = state.history.exposure;
}

/** Pools the pasts of one detector over entities; undefined where there is none. */
export const poolPrior = (levels: readonly ReturnLevel[], shape?: number): TailFit | undefined =>
  fitTail(pool(levels.map(({ history }) => history)), shape);

/** Canonical bytes of what a return level remembers. */
export const returnLevelCodec: Codec<ReturnLevel> = struct<ReturnLevel>({
  seed: uint,
  anchor: optional(uint),
  day: uint,
  episodes: episodesCodec,
  history: historyCodec,
  fit: optional(tailFitCodec),
  fitted: uint,
});
