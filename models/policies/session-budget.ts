/**
 * The budget of a session class. A class judges hundreds of sessions an hour; what disturbs people are the groups of
 * them that fire together. So the rarity of its sessions is counted in episodes, like the scores of a detector, and the
 * class fires no lower than where its own past, and the answers on it, allow N episodes a week.
 */
import { int, optional, struct, uint, type Codec } from '../../records/wire/codec.js';
import { dayOf } from '../calibration/boundary.js';
import { EPISODE_GAP_MS } from '../calibration/defaults.js';
import { onGrid } from '../calibration/grid.js';
import { createHistory } from '../calibration/history.js';
import {
  createReturnLevel,
  observe,
  returnLevel,
  returnLevelCodec,
  type ReturnLevel,
} from '../calibration/return-level.js';
import { SESSION_MOST_RARE } from './defaults.js';
import { gridCodec } from './policy.js';
import {
  answer,
  COUNTED_ONCE,
  createThreshold,
  endDays,
  rethink,
  thresholdCodec,
  track,
  unanswer,
  type Threshold,
} from './threshold.js';

/** What is remembered for the budget of a class. */
export interface SessionBudget {
  seed: number;
  /** How many episodes a week there were at each rarity; nothing is known of it in the first two days. */
  level: ReturnLevel;
  /** In return levels, by the answers and the alerts so far. */
  threshold: Threshold;
  day: number;
  /** Boundary of the last session, and of the last one that fired, ms; -1 before. */
  last: number;
  fired: number;
  /** The rarity from which on the budget allows to fire; absent while the class's past is too short to tell. */
  floor?: number;
}

/** @param budget alert episodes a week that turn out false, above 0 */
export const createSessionBudget = (budget: number, seed: number): SessionBudget => ({
  seed,
  level: createReturnLevel(seed),
  threshold: createThreshold(budget),
  day: 0,
  last: -1,
  fired: -1,
});

/** Counts the class's past again; the threshold stays until there is enough of it. */
export function restartLevel(state: SessionBudget): void {
  state.level = { ...state.level, history: createHistory(), fitted: 0, fit: undefined };
}

/** The lowest rarity whose return level reaches `threshold`: by halving, since the level never falls as rarity rises. */
function rarityAt(level: ReturnLevel, threshold: number): number {
  let low = 0;
  let high = SESSION_MOST_RARE;
  for (let step = 0; step < 16; step++) {
    const middle = (low + high) / 2;
    if (returnLevel(level, middle).u >= threshold) high = middle;
    else low = middle;
  }
  return onGrid(high);
}

function settle(state: SessionBudget): void {
  if (state.level.fit) state.floor = rarityAt(state.level, state.threshold.value);
}

/** One session at a boundary, after it was judged. Times never fall. */
export function observeSession(state: SessionBudget, time: number, u: number, fired: boolean): void {
  const { anchor } = state.level;
  const day = anchor === undefined ? dayOf(time, state.seed, time) : dayOf(anchor, state.seed, time);
  const before = state.threshold.value;
  const { fit } = state.level;
  if (state.last >= 0 && day !== state.day) {
    endDays(state.threshold, state.day, day);
    rethink(state.threshold, []);
  }
  state.day = day;
  observe(state.level, time, u);
  const begins = fired && (state.fired < 0 || time - state.fired > EPISODE_GAP_MS);
  if (state.last < 0 || time > state.last || begins)
    track(
      state.threshold,
      day,
      state.last < 0 ? 0 : time - state.last,
      begins ? 'begun' : 'none',
      state.threshold.value + COUNTED_ONCE,
    );
  state.last = time;
  if (fired) state.fired = time;
  if (state.threshold.value !== before || state.level.fit !== fit) settle(state);
}

/** One verdict on a session that had fired at `time`. */
export const answerBudget = (state: SessionBudget, time: number, truth: boolean): void =>
  change(answer, state, time, truth);

/** That verdict is taken back. */
export const takeBackFromBudget = (state: SessionBudget, time: number, truth: boolean): void =>
  change(unanswer, state, time, truth);

function change(how: typeof answer, state: SessionBudget, time: number, truth: boolean): void {
  const { anchor } = state.level;
  if (anchor === undefined) return;
  how(state.threshold, dayOf(anchor, state.seed, time), state.day, truth);
  rethink(state.threshold, []);
  settle(state);
}

/** Canonical bytes of it. */
export const sessionBudgetCodec: Codec<SessionBudget> = struct<SessionBudget>({
  seed: uint,
  level: returnLevelCodec,
  threshold: thresholdCodec,
  day: uint,
  last: int,
  fired: int,
  floor: optional(gridCodec),
});
