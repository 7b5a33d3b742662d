/**
 * The contract of a policy: it sees all detectors at every window, decides whether to alert, and learns from verdicts.
 *
 * Glossary
 * - arm: one way to look at a window: a detector, or a fixed combination of detectors.
 * - u: return level of an arm, `-log10` of alert episodes a week; see models/calibration/return-level.ts.
 * - propensity: the chance with which an episode was put before an operator.
 */
import { bool, double, float, int, list, struct, text, uint, type Codec } from '../../records/wire/codec.js';
import { directionCodec, type Direction } from '../../records/score.js';
import { GRID } from '../calibration/defaults.js';
import type { VerdictValue } from './verdict.js';

/** One scored window. */
export interface Context {
  /** End of the window, event time, ms; never falls within an entity. */
  readonly time: number;
  /** Return level of each detector, in the order of the ensemble. */
  readonly u: readonly number[];
  readonly direction: Direction;
}

/** What a verdict embeds, so that nothing needs to be looked up when it comes back. */
export interface VerdictScores {
  readonly time: number;
  readonly direction: Direction;
  /** u of the arms: detectors, then combinations. */
  readonly arms: readonly number[];
  /** u of the policy's own combination, whether or not it was believed. */
  readonly own: number;
  /** The u that was decided on, after the veto. */
  readonly u: number;
  readonly threshold: number;
  readonly propensity: number;
  /** The arm, or the policy's own combination, that was believed. */
  readonly believed: string;
  /** What others would have done at the same threshold, in the order of `BASELINES`. */
  readonly baselines: readonly boolean[];
}

/** What a policy makes of a window. */
export interface Choice extends VerdictScores {
  readonly policy: string;
  /** u before the veto. */
  readonly combined: number;
  readonly fires: boolean;
  /** Only the memory of earlier verdicts kept it from firing. */
  readonly vetoed: boolean;
  /** A sub-threshold episode that should be put before an operator as a question. */
  readonly audit: boolean;
  /** For ranking: u that lasts ranks higher. */
  readonly severity: number;
  /** Names of all arms and how much each is trusted; weights sum to 1. */
  readonly armNames: readonly string[];
  readonly weights: readonly number[];
}

/** A verdict with what was scored when it was shown. */
export interface AnsweredScores {
  readonly verdict: VerdictValue;
  readonly scored: VerdictScores;
  /** Hash of the verdict's id, by which it is found when it is taken back; absent where it never is. */
  readonly id?: number;
}

/**
 * State is a plain object, so that it can live in a store; a policy itself keeps nothing. Score first, then learn:
 * `choose`, then `observe` of the same window; `learn` at the boundary at which a verdict takes effect.
 */
export interface Policy<S> {
  readonly name: string;
  readonly codec: Codec<S>;
  /** Schema version of `codec`, and how states of older ones are read. */
  readonly version: number;
  readonly older: ReadonlyMap<number, Codec<S>>;
  /** @param seed hash of the entity key; @param detectors names in the order of `Context.u` */
  create(seed: number, detectors: readonly string[]): S;
  /** Whether the state is this policy's own; `adopt` makes it so. */
  follows(state: S): boolean;
  /** The ensemble, or the policy, is another one from here on: what is not tied to a detector stays, the rest goes over by name. */
  adopt(state: S, detectors: readonly string[]): S;
  /** Reads only. */
  choose(state: S, context: Context): Choice;
  /** What every window teaches, and what its day and week boundaries bring. */
  observe(state: S, context: Context, choice: Choice): void;
  learn(state: S, answer: AnsweredScores): void;
  /**
   * A person takes an answer back: what it taught goes out again. @returns whether it was remembered; what is no longer
   * among the last answers has faded and stays.
   */
  unlearn(state: S, answer: AnsweredScores): boolean;
}

/** A number on the 2^-12 grid. */
export const gridCodec: Codec<number> = {
  write: (to, value) => int.write(to, Math.round(value / GRID)),
  read: (from) => int.read(from) * GRID,
};

/** Canonical bytes of what a verdict embeds. */
export const scoredCodec: Codec<VerdictScores> = struct<VerdictScores>({
  time: uint,
  direction: directionCodec,
  arms: list(gridCodec),
  own: gridCodec,
  u: gridCodec,
  threshold: gridCodec,
  propensity: double,
  believed: text,
  baselines: list(bool),
});

/** Numbers kept as float32: every change is rounded with `Math.fround`. */
export const floats = list(float) as Codec<number[]>;
