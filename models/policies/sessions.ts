/**
 * Sessions of one class: a threshold that keeps a budget, and verdicts on template sets that settle all sessions with
 * alike sets. For sessions this is what lets twenty answers settle thousands.
 */
import { bool, list, readAs, struct, uint, type Codec } from '../../records/wire/codec.js';
import { clip, onGrid } from '../calibration/grid.js';
import { exp } from '../exact/exp.js';
import { ln } from '../exact/log.js';
import {
  SESSION_ABOVE_TYPICAL,
  SESSION_ALIKE,
  SESSION_ANSWER,
  SESSION_LEAST_RARE,
  SESSION_MOST_ANSWERED,
  SESSION_MOST_RARE,
  SESSION_SHIFT_SD,
  SESSION_SHIFT_STEP,
  SESSION_SLOPE,
  SESSION_THRESHOLD,
  SESSION_TYPICAL_STEP,
  SESSION_UNCERTAIN,
  SESSION_VERDICTS,
  WRONG_ANSWERS,
} from './defaults.js';
import { sigmoid } from './firing.js';
import { gridCodec } from './policy.js';
import {
  answerBudget,
  createSessionBudget,
  sessionBudgetCodec,
  takeBackFromBudget,
  type SessionBudget,
} from './session-budget.js';
import { isTrue, type VerdictValue } from './verdict.js';

/** Distance of two template sets, 0 for equal ones; the kernel rarity model owns it, so that verdicts reach as far. */
export type SetDistance<Set> = (a: Set, b: Set) => number;

/** A verdict on a set of templates. */
export interface SetVerdict<Set> {
  readonly set: Set;
  /** Its rarity when it was shown. */
  readonly u: number;
  readonly true: boolean;
  /** Hash of the verdict's id; 0 where it is never taken back. */
  readonly id: number;
}

/** What is decided by of a class. */
export interface SessionClass<Set> {
  budget: SessionBudget;
  verdicts: readonly SetVerdict<Set>[];
  /** How far the answers move the threshold from where rarity and budget put it. */
  shift: number;
  /** The median u of what was judged: how rare sessions of this class are that nobody should look at. */
  typical: number;
  /** Sets that a question is open on. */
  open: readonly Set[];
  /** Week of the class, and questions in it. */
  week: number;
  asked: number;
}

/** What a class makes of a session. */
export interface SessionJudgement {
  /**
   * Log odds that it is worth an alert: `3 (u - t)`, and for each answer on an alike set what it says at an error rate of
   * one in five. Fires from 0 on; the smaller its size, the more an answer is worth.
   */
  readonly z: number;
  readonly threshold: number;
  readonly fires: boolean;
  /** Only the answers kept it from firing, or only they made it fire. */
  readonly vetoed: boolean;
  readonly boosted: boolean;
}

/** @param budget false alert episodes a week; @param seed hash of the entity key */
export const createSessionClass = <Set>(budget: number, seed = 0): SessionClass<Set> => ({
  budget: createSessionBudget(budget, seed),
  verdicts: [],
  shift: 0,
  typical: 0,
  open: [],
  week: 0,
  asked: 0,
});

type Thresholds = Pick<SessionClass<unknown>, 'budget' | 'shift' | 'typical'>;

/**
 * Rare by itself and among the sessions of its class, no lower than the budget allows, and moved by the answers.
 *
 * @param rare where nothing is known yet
 */
export const sessionThreshold = ({ budget, shift, typical }: Thresholds, rare = SESSION_THRESHOLD): number =>
  onGrid(
    clip(
      Math.max(rare, typical + SESSION_ABOVE_TYPICAL, budget.floor ?? 0) + shift,
      SESSION_LEAST_RARE,
      SESSION_MOST_RARE,
    ),
  );

/** One judged session moves the median by one step towards its u. */
export function observeRarity(state: SessionClass<unknown>, u: number): void {
  const step = u > state.typical ? 1 : u < state.typical ? -1 : 0;
  state.typical = onGrid(Math.max(0, state.typical + step * SESSION_TYPICAL_STEP));
}

/** Judges one session by its u and its template set. Reads only. */
export function judgeSession<Set>(
  state: SessionClass<Set>,
  u: number,
  set: Set,
  distance: SetDistance<Set>,
  rare = SESSION_THRESHOLD,
): SessionJudgement {
  const threshold = sessionThreshold(state, rare);
  const plain = sessionThreshold({ ...state, shift: 0 }, rare);
  let answered = 0;
  for (const verdict of state.verdicts) {
    const alike = exp(-distance(set, verdict.set));
    answered += verdict.true ? alike : -alike;
  }
  const said = clip(SESSION_ANSWER * answered, -SESSION_MOST_ANSWERED, SESSION_MOST_ANSWERED);
  const z = onGrid(SESSION_SLOPE * (u - threshold) + said);
  return { z, threshold, fires: z >= 0, vetoed: u >= plain && z < 0, boosted: u < plain && z >= 0 };
}

/**
 * Whether an answer on this session is worth a question: one would settle it, and none is open on an alike set. What a
 * first answer left in doubt is asked about a second time.
 */
export function isUncertain<Set>(
  { open }: SessionClass<Set>,
  set: Set,
  { z }: SessionJudgement,
  distance: SetDistance<Set>,
): boolean {
  if (Math.abs(z) > SESSION_UNCERTAIN) return false;
  let asked = 0;
  for (const other of open) asked += exp(-distance(set, other));
  return asked < SESSION_ALIKE;
}

/** A question is asked about a session. @param week of the class */
export function askSession<Set>(state: SessionClass<Set>, set: Set, week: number): void {
  // What was not answered within its week may be asked again.
  state.open = state.week === week ? [...state.open, set] : [set];
  state.asked = state.week === week ? state.asked + 1 : 1;
  state.week = week;
}

/** A verdict on a session. */
export interface SessionAnswer<Set> {
  readonly verdict: VerdictValue;
  readonly set: Set;
  /** What it was judged when it was shown, and whether it had fired, at which boundary in ms. */
  readonly u: number;
  readonly fired: boolean;
  readonly time: number;
  readonly id?: number;
}

/** Learns a verdict on a session. @param rare as for `judgeSession` */
export function answerSession<Set>(
  state: SessionClass<Set>,
  { verdict, set, u, fired, time, id = 0 }: SessionAnswer<Set>,
  distance: SetDistance<Set>,
  rare = SESSION_THRESHOLD,
): void {
  const truth = isTrue(verdict);
  state.verdicts = [...state.verdicts, { set, u: onGrid(u), true: truth, id }].slice(-SESSION_VERDICTS);
  state.open = state.open.filter((other) => exp(-distance(set, other)) < SESSION_ALIKE);
  if (fired) answerBudget(state.budget, time, truth);
  state.shift = fitShift(state.verdicts, sessionThreshold({ ...state, shift: 0 }, rare));
}

/**
 * A person takes a verdict back.
 *
 * @returns whether it was still remembered
 */
export function takeBackAnswer<Set>(
  state: SessionClass<Set>,
  { verdict, fired, time, id }: SessionAnswer<Set>,
  rare = SESSION_THRESHOLD,
): boolean {
  const left = state.verdicts.filter((one) => one.id === 0 || one.id !== id);
  if (left.length === state.verdicts.length) return false;
  state.verdicts = left;
  if (fired) takeBackFromBudget(state.budget, time, isTrue(verdict));
  state.shift = fitShift(left, sessionThreshold({ ...state, shift: 0 }, rare));
  return true;
}

/**
 * The shift from `base` that fits the answers best: logistic on `3 (u - t)`, a Gaussian prior, and answers of which one
 * in five is wrong, so that a slip far from the threshold moves it little. Has more than one peak: all steps are tried.
 */
export function fitShift(verdicts: readonly SetVerdict<unknown>[], base: number): number {
  let best = fitOf(verdicts, base, 0);
  let shift = 0;
  // From no shift outwards: of equal ones the smallest.
  for (let size = SESSION_SHIFT_STEP; size <= SESSION_MOST_RARE; size += SESSION_SHIFT_STEP) {
    for (const at of [-size, size]) {
      const fit = fitOf(verdicts, base, at);
      if (fit <= best) continue;
      best = fit;
      shift = at;
    }
  }
  return onGrid(shift);
}

/** Log of what answers and prior say of a shift. */
function fitOf(verdicts: readonly SetVerdict<unknown>[], base: number, shift: number): number {
  let fit = (-0.5 * shift * shift) / (SESSION_SHIFT_SD * SESSION_SHIFT_SD);
  for (const { u, true: truth } of verdicts) {
    const own = SESSION_SLOPE * (u - base - shift);
    fit += ln(WRONG_ANSWERS + (1 - 2 * WRONG_ANSWERS) * sigmoid(truth ? own : -own));
  }
  return fit;
}

const fieldsOf = <Set>(set: Codec<Set>, verdict: Codec<SetVerdict<Set>>) => ({
  budget: sessionBudgetCodec,
  verdicts: list(verdict),
  shift: gridCodec,
  open: list(set),
  week: uint,
  asked: uint,
});

/** @param set codec of a template set; keep it small, a hundred of them are kept */
export const sessionClassCodec = <Set>(set: Codec<Set>): Codec<SessionClass<Set>> =>
  struct<SessionClass<Set>>({
    ...fieldsOf(set, struct<SetVerdict<Set>>({ set, u: gridCodec, true: bool, id: uint })),
    typical: gridCodec,
  });

/** Before the median of a class was kept. */
const withoutTypical = <Set>(set: Codec<Set>, verdict: Codec<SetVerdict<Set>>): Codec<SessionClass<Set>> =>
  readAs(struct<Omit<SessionClass<Set>, 'typical'>>(fieldsOf(set, verdict)), (state) => ({ ...state, typical: 0 }));

interface Doubted<Set> extends SetVerdict<Set> {
  readonly doubted: boolean;
}

/**
 * Older releases kept no median of a class; those before them wrote what they doubted; and the oldest had no ids, so
 * that verdicts could not be taken back.
 */
export const olderSessionClassCodecs = <Set>(set: Codec<Set>): Map<number, Codec<SessionClass<Set>>> => {
  const fields = { set, u: gridCodec, true: bool, doubted: bool };
  const withoutIds = readAs(struct<Omit<Doubted<Set>, 'id'>>(fields), (one): Doubted<Set> => ({
    ...one,
    id: 0,
  }));
  const older = (verdict: Codec<Doubted<Set>>): Codec<SessionClass<Set>> =>
    withoutTypical(
      set,
      readAs(verdict, ({ doubted: _, ...one }): SetVerdict<Set> => one),
    );
  return new Map([
    [2, older(withoutIds)],
    [3, older(struct<Doubted<Set>>({ ...fields, id: uint }))],
    [4, withoutTypical(set, struct<SetVerdict<Set>>({ set, u: gridCodec, true: bool, id: uint }))],
  ]);
};
