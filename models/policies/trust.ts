/**
 * Whom to believe: the part of a policy that differs between a mixture, a classic bandit and a fixed arm. Everything
 * else (threshold, veto, asking, baselines) is the same for all, so that they can be compared.
 */
import type { Codec } from '../../records/wire/codec.js';
import type { Arms } from './arms.js';

/** What a strategy makes of a window. */
export interface TrustedScore {
  /** What is believed. */
  readonly u: number;
  /** The strategy's own combination. */
  readonly own: number;
  /** Arm name, or the strategy's name. */
  readonly believed: string;
  /** Over all arms, sums to 1. */
  readonly weights: readonly number[];
}

/** A verdict as a strategy sees it. */
export interface Lesson {
  /** u of all arms at the window. */
  readonly u: readonly number[];
  readonly own: number;
  readonly threshold: number;
  /** Whether it was worth an alert. */
  readonly true: boolean;
  readonly propensity: number;
  readonly believed: string;
}

/** A strategy. `S` is what it remembers of an entity. */
export interface Trust<S> {
  readonly name: string;
  readonly codec: Codec<S>;
  /** How it was stored before version 7 of the selector's state, where that differs. */
  readonly older?: Codec<S>;
  /** Whether it learnt this itself; always, where it is not given. What it did not is carried over before it judges. */
  isOwn?(state: S): boolean;
  create(arms: Arms, seed: number): S;
  /** The ensemble is another one: keeps what was learnt of the arms that both have. @param fresh as created for `to` */
  carry(old: S, fresh: S, from: Arms, to: Arms): S;
  /** Reads only. @param u of all arms; @param day of the entity */
  judge(state: S, arms: Arms, u: readonly number[], day: number): TrustedScore;
  learn(state: S, arms: Arms, lesson: Lesson): void;
  /** Takes a lesson out again, as far as it has faded since. @param since lessons that came after it */
  unlearn(state: S, arms: Arms, lesson: Lesson, since: number): void;
  /** Once a week of the entity's event time. */
  weekly(state: S): void;
}

/** What is left of a lesson after `since` more: `fade^since`. */
export function faded(fade: number, since: number): number {
  let left = 1;
  for (let i = 0; i < since; i++) left *= fade;
  return left;
}

/** Numbers of arms under another ensemble: by name, and what `fresh` has for those that are new. */
export const byName = (old: readonly number[], fresh: readonly number[], from: Arms, to: Arms): number[] =>
  to.names.map((name, i) => old[from.names.indexOf(name)] ?? fresh[i]!);
