/**
 * Sessions of one class: a threshold that keeps a budget, and verdicts on template sets that settle all sessions with
 * alike sets. For sessions this is what lets twenty answers settle thousands.
 */
import { bool, list, readAs, struct, uint, type Codec } from '../../records/wire/codec.js';
import { clip, onGrid } from '../calibration/grid.js';
import { exp } from '../exact/exp.js';
import {
  SESSION_ABOVE_TYPICAL,
  SESSION_ALIKE,
  SESSION_ANSWER,
  SESSION_LEAST_RARE,
  SESSION_MOST_ANSWERED,
  SESSION_MOST_RARE,
  SESSION_SLOPE,
  SESSION_THRESHOLD,
  SESSION_TYPICAL_STEP,
  SESSION_UNCERTAIN,
  SESSION_VERDICTS,
} from './defaults.js';
import { gridCodec } from './policy.js';
import {
  answerBudget,
  createSessionBudget,
  sessionBudgetCodec,
  takeBackFromBudget,
  type SessionBudget,
} from './session-budget.js';
import { countInGroup, fadeGroups, holds, isWorthAsking, setGroups, settled, type SetGroup } from './session-groups.js';
import { fitShift } from './session-shift.js';
import type { SetDistance, SetVerdict } from './set-verdict.js';
import { isTrue, type VerdictValue } from './verdict.js';

/** What is known of a class. */
export interface SessionClass<Set> {
  budget: SessionBudget;
  verdicts: readonly SetVerdict<Set>[];
  /** How far the answers move the threshold from where rarity and budget put it. */
  shift: number;
  /** The median u of what was judged: how rare sessions of this class are that nobody should look at. */
  typical: number;
  /** Sets that a question is open on. */
  open: readonly Set[];
  /** What fired or nearly did. */
  groups: readonly SetGroup<Set>[];
  /** Week of the class, and questions in it. */
  week: number;
  asked: number;
}

/** What a class makes of a session. */
export interface SessionJudgement {
  /**
   * Log odds that it is worth an alert: `3 (u - t)`, and for each answer on an alike set what it says at an error rate of
   * one in five; two equal answers on a set settle it. Fires from 0 on; the smaller its size, the more an answer is worth.
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
  groups: [],
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
    const alike = exp(-distance(set, verdict.set)) * holds(verdict, u);
    answered += verdict.true ? alike : -alike;
  }
  const said = clip(SESSION_ANSWER * answered, -SESSION_MOST_ANSWERED, SESSION_MOST_ANSWERED);
  const z = settled(state.verdicts, { u, set }, onGrid(SESSION_SLOPE * (u - threshold) + said), distance);
  return { z, threshold, fires: z >= 0, vetoed: u >= plain && z < 0, boosted: u < plain && z >= 0 };
}

/** Whether a session fires, or an answer may make it fire. */
export const isNear = ({ z, fires }: SessionJudgement): boolean => fires || z >= -SESSION_UNCERTAIN;

/** Counts a session that fired or nearly did: once, when it first does. */
export function countNear<Set>(state: SessionClass<Set>, set: Set, distance: SetDistance<Set>): void {
  state.groups = countInGroup(state.groups, set, distance);
}

/**
 * Whether this session is worth a question: nothing settles its group, no question is open on an alike set, and no more
 * larger groups wait than may be asked about.
 *
 * @param questions - that a week may have
 */
export function isUncertain<Set>(
  state: SessionClass<Set>,
  set: Set,
  { z }: SessionJudgement,
  distance: SetDistance<Set>,
  questions: number,
): boolean {
  if (!isWorthAsking(state, set, z, { asked: state.asked, questions }, distance)) return false;
  let open = 0;
  for (const other of state.open) open += exp(-distance(set, other));
  return open < SESSION_ALIKE;
}

/** A question is asked about a session. */
export function askSession<Set>(state: SessionClass<Set>, set: Set): void {
  state.open = [...state.open, set];
  state.asked++;
}

/** Questions are counted from the start where another week of the class has begun. */
export function beginWeek<Set>(state: SessionClass<Set>, week: number): void {
  if (state.week === week) return;
  // What was not answered within its week may be asked again.
  state.open = [];
  state.asked = 0;
  state.groups = fadeGroups(state.groups);
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
    groups: setGroups(set),
  });

/** Before alike sessions were counted, and before that the median of a class. */
const withoutGroups = <Set>(set: Codec<Set>, verdict: Codec<SetVerdict<Set>>): Codec<SessionClass<Set>> =>
  readAs(struct<Omit<SessionClass<Set>, 'groups'>>({ ...fieldsOf(set, verdict), typical: gridCodec }), (state) => ({
    ...state,
    groups: [],
  }));
const withoutTypical = <Set>(set: Codec<Set>, verdict: Codec<SetVerdict<Set>>): Codec<SessionClass<Set>> =>
  readAs(struct<Omit<SessionClass<Set>, 'typical' | 'groups'>>(fieldsOf(set, verdict)), (state) => ({
    ...state,
    typical: 0,
    groups: [],
  }));

interface Doubted<Set> extends SetVerdict<Set> {
  readonly doubted: boolean;
}

/**
 * Older releases counted no groups, and kept no median of a class; those before them wrote what they doubted; and the oldest had no ids, so
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
    [5, withoutGroups(set, struct<SetVerdict<Set>>({ set, u: gridCodec, true: bool, id: uint }))],
  ]);
};
