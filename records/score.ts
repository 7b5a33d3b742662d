/** From windows to decisions: what the detectors saw and what was made of it. */
import {
  bool,
  decodeEither,
  double,
  encode,
  list,
  oneOf,
  pair,
  readAs,
  struct,
  text,
  time,
  type Codec,
} from './wire/codec.js';
import { entityKey } from './entity.js';
import { compareBytes } from './wire/order.js';

/** Why a window is not exact: replay lists these, but `cut`: all input ended, or begins again, within it. */
export const inexactReasons = ['late', 'capped', 'evicted', 'mixed', 'stalled', 'lost', 'cut', 'degraded'] as const;
/** One of `inexactReasons`. */
export type InexactReason = (typeof inexactReasons)[number];

/** Whether a window may come out differently in a replay. A cut one is cut there, too. */
export const isDoubtful = (flags: readonly InexactReason[]): boolean => flags.some((flag) => flag !== 'cut');

/** Where the main value of a window went: down, unknown, up. */
export type Direction = -1 | 0 | 1;

const directionWord = oneOf('0', '1', '-1');
/** Canonical bytes of a direction. */
export const directionCodec: Codec<Direction> = {
  write: (to, value) => directionWord.write(to, `${value}`),
  read: (from) => Number(directionWord.read(from)) as Direction,
};

/** What a decision is about: a window of a service or series, or a session at one of its scoring times. */
export interface Subject {
  readonly entity: string;
  /** ms since 1970; for a session the first event. */
  readonly start: number;
  /** ms since 1970, exclusive; for a session the boundary at which it was scored. */
  readonly end: number;
  /** Session key; empty for windows. */
  readonly key: string;
}

/** What a verdict and a decision have in common, as a key. */
export const subjectOf = ({ entity, key, end }: Pick<Subject, 'entity' | 'key' | 'end'>): string =>
  `${end}\0${entity}\0${key}`;

/** What a detector gave a window: its own score, and the same as a return level. */
export interface DetectorScore {
  readonly detector: string;
  readonly score: number;
  /** Return level, `-log10(episodes a week)`. */
  readonly u: number;
}

/** What an arm of the policy gave a window (return level), and its weight in the combination, 0 to 1. */
export interface ArmScore {
  readonly arm: string;
  readonly u: number;
  readonly weight: number;
}

/**
 * One decision, for every window scored. Packed in canonical bytes; explanations go with alerts only.
 * `u`, `threshold`: return levels. `propensity`: the chance with which this was shown to a person.
 */
export interface Decision extends Subject {
  readonly artefact: string;
  readonly schema: string;
  readonly features: readonly number[];
  readonly scores: readonly DetectorScore[];
  readonly arms: readonly ArmScore[];
  readonly policy: string;
  readonly u: number;
  readonly threshold: number;
  readonly confidence: number;
  readonly propensity: number;
  readonly fired: boolean;
  /** Unusual, but no symptom: it is listed, and nobody is called. */
  readonly listed: boolean;
  /** Shown to a person as a question: below the threshold, or a session on which an answer is worth much. */
  readonly asked: boolean;
  /** Names of plain rules that matched. */
  readonly rules: readonly string[];
  readonly vetoed: boolean;
  readonly flags: readonly InexactReason[];
  /** What baselines would have decided, by name: fired or not. */
  readonly baselines: readonly (readonly [string, boolean])[];
  /** Verdicts that took effect at this boundary, by id. */
  readonly effective: readonly string[];
  /** 0 for sessions, and before there are models. */
  readonly direction: Direction;
}

const fields = {
  entity: entityKey,
  start: time,
  end: time,
  key: text,
  artefact: text,
  schema: text,
  features: list(double),
  scores: list(struct<DetectorScore>({ detector: text, score: double, u: double })),
  arms: list(struct<ArmScore>({ arm: text, u: double, weight: double })),
  policy: text,
  u: double,
  threshold: double,
  confidence: double,
  propensity: double,
  fired: bool,
  asked: bool,
  rules: list(text),
  vetoed: bool,
  flags: list(oneOf(...inexactReasons)),
  baselines: list(pair(text, bool)),
  effective: list(text),
};

/** Canonical bytes of a decision. */
export const decisionCodec: Codec<Decision> = struct<Decision>({ ...fields, direction: directionCodec, listed: bool });

/** A decision once ended before `listed`. */
const unlistedCodec: Codec<Decision> = readAs(
  struct<Omit<Decision, 'listed'>>({ ...fields, direction: directionCodec }),
  (decision) => ({ ...decision, listed: false }),
);

/** One record of the `decisions` channel. */
export const encodeDecision = (decision: Decision): Buffer => encode(decisionCodec, decision);

/** @throws RangeError on broken bytes */
export const decodeDecision = (input: Uint8Array): Decision => decodeEither(decisionCodec, unlistedCodec, input);

/** The order of a decisions file: (end, entity, key), texts by their UTF-8 bytes. */
export function compareSubjects(a: Subject, b: Subject): number {
  return a.end - b.end || compareBytes(a.entity, b.entity) || compareBytes(a.key, b.key);
}
