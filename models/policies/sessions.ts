/**
 * Sessions of one class: a threshold that follows what the class has seen, and verdicts on template sets that settle
 * all sessions with alike sets. For sessions this is what lets twenty answers settle thousands.
 */
import { bool, list, struct, uint, type Codec } from '../../records/codec.js';
import { clip, onGrid } from '../calibration/grid.js';
import { exp } from '../exact/exp.js';
import {
  SESSION_ALIKE,
  SESSION_ANSWERS,
  SESSION_CONTRADICTION,
  SESSION_MEMORY,
  SESSION_PRIOR,
  SESSION_QUANTILE,
  SESSION_SLOPE,
  SESSION_THRESHOLD,
  SESSION_UNCONFIRMED,
  SESSION_VERDICTS,
} from './defaults.js';
import { isTrue, type VerdictValue } from './verdict.js';

/** Distance of two template sets, 0 for equal ones; the kernel rarity model owns it, so that verdicts reach as far. */
export type SetDistance<Set> = (a: Set, b: Set) => number;

export interface SetVerdict<Set> {
  readonly set: Set;
  readonly true: boolean;
  /** It contradicted what the class knew, and no second answer has confirmed it. */
  readonly doubted: boolean;
}

export interface SessionClass<Set> {
  /** Past sessions by u, in steps of 1/16 from 0 to 10; halved when there are too many. */
  past: number[];
  verdicts: readonly SetVerdict<Set>[];
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

const STEPS = 16;
const CELLS = 10 * STEPS;

export const createSessionClass = <Set>(): SessionClass<Set> => ({
  past: new Array<number>(CELLS).fill(0),
  verdicts: [],
});

/** `max(1.5, 90 % quantile of past u)`, linear within a cell. */
export function sessionThreshold({ past }: Pick<SessionClass<unknown>, 'past'>): number {
  const total = past.reduce((a, b) => a + b, 0);
  let left = SESSION_QUANTILE * total;
  if (total === 0) return SESSION_THRESHOLD;
  for (let i = 0; i < CELLS; i++) {
    if (past[i] >= left && past[i] > 0) return onGrid(Math.max(SESSION_THRESHOLD, (i + left / past[i]) / STEPS));
    left -= past[i];
  }
  return CELLS / STEPS;
}

const weightOf = ({ doubted }: SetVerdict<unknown>): number => (doubted ? SESSION_UNCONFIRMED : 1);

/** Judges one session by its u and its template set. Reads only. */
export function judgeSession<Set>(
  state: SessionClass<Set>,
  u: number,
  set: Set,
  distance: SetDistance<Set>,
): SessionJudgement {
  const threshold = sessionThreshold(state);
  let sum = 0;
  let answers = 0;
  for (const verdict of state.verdicts) {
    const alike = weightOf(verdict) * exp(-distance(set, verdict.set));
    sum += alike;
    answers += verdict.true ? alike : -alike;
  }
  const answered = answers / (sum + SESSION_PRIOR);
  const rare = SESSION_SLOPE * (u - threshold);
  const z = onGrid(rare + SESSION_ANSWERS * answered);
  return { z, threshold, answered, fires: z >= 0, vetoed: rare >= 0 && z < 0, boosted: rare < 0 && z >= 0 };
}

/** Learns the u of one session, after it was judged. */
export function observeSession(state: Pick<SessionClass<unknown>, 'past'>, u: number): void {
  state.past[clip(Math.floor(u * STEPS), 0, CELLS - 1)]++;
  if (state.past.reduce((a, b) => a + b, 0) >= SESSION_MEMORY) state.past = state.past.map((count) => count >> 1);
}

/** Learns a verdict on a session. @param z what the session was judged when it was shown */
export function answerSession<Set>(
  state: SessionClass<Set>,
  { verdict, set, z }: { verdict: VerdictValue; set: Set; z: number },
  distance: SetDistance<Set>,
): void {
  const truth = isTrue(verdict);
  const confirms = (old: SetVerdict<Set>): boolean =>
    old.true === truth && old.doubted && exp(-distance(set, old.set)) >= SESSION_ALIKE;
  const second = state.verdicts.some(confirms);
  const contradicts = truth ? z < -SESSION_CONTRADICTION : z > SESSION_CONTRADICTION;
  const verdicts = state.verdicts.map((old) => (confirms(old) ? { ...old, doubted: false } : old));
  state.verdicts = [...verdicts, { set, true: truth, doubted: contradicts && !second }].slice(-SESSION_VERDICTS);
}

/** Open questions in the order in which they are worth an answer: least certain first, ties as they came. */
export const sessionsToAsk = <T extends { readonly z: number }>(open: readonly T[]): T[] =>
  [...open].sort((a, b) => Math.abs(a.z) - Math.abs(b.z));

/** Cells that hold anything, as gap and count. */
const pastCodec: Codec<number[]> = {
  write(to, past) {
    const filled = past.flatMap((count, i) => (count > 0 ? [i] : []));
    to.varint(filled.length);
    filled.forEach((i, n) => {
      to.varint(i - (n === 0 ? 0 : filled[n - 1]));
      to.varint(past[i]);
    });
  },
  read(from) {
    const past = new Array<number>(CELLS).fill(0);
    const filled = from.varint();
    let at = 0;
    for (let n = 0; n < filled; n++) {
      at += from.varint();
      if (at >= CELLS) throw new RangeError(`cell ${at} of a session class that has ${CELLS}`);
      past[at] = from.varint();
    }
    return past;
  },
};

/** @param set codec of a template set; keep it small, a hundred of them are kept */
export const sessionClassCodec = <Set>(set: Codec<Set>): Codec<SessionClass<Set>> =>
  struct<SessionClass<Set>>({
    past: pastCodec,
    verdicts: list(struct<SetVerdict<Set>>({ set, true: bool, doubted: bool })),
  });

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
