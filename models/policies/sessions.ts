/**
 * Sessions of one class: a threshold that keeps a budget, and verdicts on template sets that settle all sessions with
 * alike sets. For sessions this is what lets twenty answers settle thousands.
 */
import { bool, list, readAs, struct, uint, type Codec } from '../../records/codec.js';
import { clip, onGrid } from '../calibration/grid.js';
import { exp } from '../exact/exp.js';
import {
  SESSION_ALIKE,
  SESSION_ANSWERS,
  SESSION_CONTRADICTION,
  SESSION_LEAST_RARE,
  SESSION_MOST_RARE,
  SESSION_PRIOR,
  SESSION_SHIFT_SD,
  SESSION_SLOPE,
  SESSION_THRESHOLD,
  SESSION_UNCERTAIN,
  SESSION_UNCONFIRMED,
  SESSION_VERDICTS,
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

export interface SetVerdict<Set> {
  readonly set: Set;
  /** Its rarity when it was shown. */
  readonly u: number;
  readonly true: boolean;
  /** It contradicted what the class knew, and no second answer has confirmed it. */
  readonly doubted: boolean;
  /** Hash of the verdict's id; 0 where it is never taken back. */
  readonly id: number;
}

export interface SessionClass<Set> {
  budget: SessionBudget;
  verdicts: readonly SetVerdict<Set>[];
  /** How far the answers move the threshold from where rarity and budget put it. */
  shift: number;
  /** Sets that a question is open on. */
  open: readonly Set[];
  /** Week of the class, and questions in it. */
  week: number;
  asked: number;
}

export interface SessionJudgement {
  /** `3 (u - t) + 4 m`: fires from 0 on; the smaller its size, the more an answer is worth. */
  readonly z: number;
  readonly threshold: number;
  /** What alike sets were answered, -1 to 1. */
  readonly answered: number;
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
  open: [],
  week: 0,
  asked: 0,
});

type Thresholds = Pick<SessionClass<unknown>, 'budget' | 'shift'>;

/** Rare by itself, no lower than the budget allows, and moved by the answers. @param rare where nothing is known yet */
export const sessionThreshold = ({ budget, shift }: Thresholds, rare = SESSION_THRESHOLD): number =>
  onGrid(clip(Math.max(rare, budget.floor ?? 0) + shift, SESSION_LEAST_RARE, SESSION_MOST_RARE));

const weightOf = ({ doubted }: SetVerdict<unknown>): number => (doubted ? SESSION_UNCONFIRMED : 1);

/** Judges one session by its u and its template set. Reads only. */
export function judgeSession<Set>(
  state: SessionClass<Set>,
  u: number,
  set: Set,
  distance: SetDistance<Set>,
  rare = SESSION_THRESHOLD,
): SessionJudgement {
  const threshold = sessionThreshold(state, rare);
  const plain = sessionThreshold({ budget: state.budget, shift: 0 }, rare);
  let sum = 0;
  let answers = 0;
  for (const verdict of state.verdicts) {
    const alike = weightOf(verdict) * exp(-distance(set, verdict.set));
    sum += alike;
    answers += verdict.true ? alike : -alike;
  }
  const answered = answers / (sum + SESSION_PRIOR);
  const own = SESSION_SLOPE * (u - threshold);
  const z = onGrid(own + SESSION_ANSWERS * answered);
  return { z, threshold, answered, fires: z >= 0, vetoed: u >= plain && z < 0, boosted: u < plain && z >= 0 };
}

/**
 * Whether an answer on this session is worth a question: it is near the threshold, and neither an answer nor an open
 * question on an alike set would settle it. One doubted answer alone settles nothing.
 */
export function isUncertain<Set>(
  { verdicts, open }: SessionClass<Set>,
  u: number,
  set: Set,
  { threshold }: SessionJudgement,
  distance: SetDistance<Set>,
): boolean {
  if (Math.abs(u - threshold) > SESSION_UNCERTAIN) return false;
  let known = 0;
  for (const verdict of verdicts) known += weightOf(verdict) * exp(-distance(set, verdict.set));
  for (const other of open) known += exp(-distance(set, other));
  return known < SESSION_ALIKE;
}

/** A question is asked about a session. @param week of the class */
export function askSession<Set>(state: SessionClass<Set>, set: Set, week: number): void {
  // What was not answered within its week may be asked again.
  state.open = state.week === week ? [...state.open, set] : [set];
  state.asked = state.week === week ? state.asked + 1 : 1;
  state.week = week;
}

export interface SessionAnswer<Set> {
  readonly verdict: VerdictValue;
  readonly set: Set;
  /** What it was judged when it was shown, and whether it had fired, at which boundary in ms. */
  readonly u: number;
  readonly z: number;
  readonly fired: boolean;
  readonly time: number;
  readonly id?: number;
}

/** Learns a verdict on a session. @param rare as for `judgeSession` */
export function answerSession<Set>(
  state: SessionClass<Set>,
  { verdict, set, u, z, fired, time, id = 0 }: SessionAnswer<Set>,
  distance: SetDistance<Set>,
  rare = SESSION_THRESHOLD,
): void {
  const truth = isTrue(verdict);
  const alike = (other: Set): boolean => exp(-distance(set, other)) >= SESSION_ALIKE;
  const confirms = (old: SetVerdict<Set>): boolean => old.true === truth && old.doubted && alike(old.set);
  const second = state.verdicts.some(confirms);
  const contradicts = truth ? z < -SESSION_CONTRADICTION : z > SESSION_CONTRADICTION;
  const verdicts = state.verdicts.map((old) => (confirms(old) ? { ...old, doubted: false } : old));
  state.verdicts = [...verdicts, { set, u: onGrid(u), true: truth, doubted: contradicts && !second, id }].slice(
    -SESSION_VERDICTS,
  );
  state.open = state.open.filter((other) => !alike(other));
  if (fired) answerBudget(state.budget, time, truth);
  state.shift = fitShift(state.verdicts, sessionThreshold({ budget: state.budget, shift: 0 }, rare));
}

/**
 * A person takes a verdict back. A doubt about another one that it had settled stays settled.
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
  state.shift = fitShift(left, sessionThreshold({ budget: state.budget, shift: 0 }, rare));
  return true;
}

/** The shift from `base` that fits the answers best: logistic on `3 (u - t)`, a Gaussian prior, by Newton's method. */
export function fitShift(verdicts: readonly SetVerdict<unknown>[], base: number): number {
  let shift = 0;
  const precision = 1 / (SESSION_SHIFT_SD * SESSION_SHIFT_SD);
  for (let step = 0; step < 12; step++) {
    let gradient = -shift * precision;
    let curvature = precision;
    for (const verdict of verdicts) {
      const p = sigmoid(SESSION_SLOPE * (verdict.u - base - shift));
      const weight = weightOf(verdict);
      gradient += weight * SESSION_SLOPE * (p - (verdict.true ? 1 : 0));
      curvature += weight * SESSION_SLOPE * SESSION_SLOPE * p * (1 - p);
    }
    // Far from the optimum the curvature lies.
    shift += clip(gradient / curvature, -0.5, 0.5);
  }
  return onGrid(shift);
}

const classCodec = <Set>(set: Codec<Set>, verdict: Codec<SetVerdict<Set>>): Codec<SessionClass<Set>> =>
  struct<SessionClass<Set>>({
    budget: sessionBudgetCodec,
    verdicts: list(verdict),
    shift: gridCodec,
    open: list(set),
    week: uint,
    asked: uint,
  });

const verdictFields = <Set>(set: Codec<Set>) => ({ set, u: gridCodec, true: bool, doubted: bool });

/** @param set codec of a template set; keep it small, a hundred of them are kept */
export const sessionClassCodec = <Set>(set: Codec<Set>): Codec<SessionClass<Set>> =>
  classCodec(set, struct<SetVerdict<Set>>({ ...verdictFields(set), id: uint }));

/** Before verdicts could be taken back they had no ids. */
export const namelessSessionClassCodec = <Set>(set: Codec<Set>): Codec<SessionClass<Set>> =>
  classCodec(
    set,
    readAs(struct<Omit<SetVerdict<Set>, 'id'>>(verdictFields(set)), (one) => ({ ...one, id: 0 })),
  );

/** A template set as ascending template numbers, written as differences. */
export const templateSetCodec: Codec<readonly number[]> = {
  write(to, set) {
    to.varint(set.length);
    set.forEach((id, i) => uint.write(to, i === 0 ? id : id - set[i - 1]));
  },
  read(from) {
    const length = from.varint();
    const set: number[] = [];
    for (let i = 0; i < length; i++) set.push(from.varint() + (i === 0 ? 0 : set[i - 1]));
    return set;
  },
};
