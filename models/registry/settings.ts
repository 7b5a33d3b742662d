/**
 * Settings that a set carries: who is in its ensembles, and constants of its detectors, calibration and policy. They belong
 * to the set, so that a promotion, a canary and a replay take them over with it. Where a set has none, the defaults hold.
 */

import { AUDITS_A_WEEK, VALUE_CHANCE } from '../policies/defaults.js';
import type { PolicyName } from '../policies/going-over.js';

/** The settings of a set. */
export interface Settings {
  /** Built-in detectors that are not trained, and extra ones that are, as `SCHEMA/KIND`; in order of names. */
  readonly without: readonly string[];
  readonly extra: readonly string[];
  /** Centres of the detector `prototypes`. */
  readonly prototypes: number;
  /** Share of the variance that the components of `pca-reconstruction` hold. */
  readonly variance: number;
  /** How many windows the aspects of log services are averaged over, of `aspectLengths`; at least one. */
  readonly contexts: readonly number[];
  /** Shape of the tail of return levels. */
  readonly tailShape: number;
  /** The combination of detectors of a metric series that is believed until verdicts show better; empty: the usual one. */
  readonly fallback: string;
  /** Whom to believe; empty: as `detection.policy` has it. */
  readonly policy: PolicyName | '';
  /** Fire where the chance of a true alert is at least this, by the answers. */
  readonly valueChance: number;
  /** Questions a week and entity about what stays below the threshold. */
  readonly audits: number;
}

/** Settings that decide, and neither score nor calibrate. */
export type PolicySettings = Pick<Settings, 'fallback' | 'policy' | 'valueChance' | 'audits'>;

/** The settings of a set that carries none. */
export const usualSettings: Settings = {
  without: [],
  extra: [],
  prototypes: 16,
  variance: 0.9,
  contexts: [1, 3, 6],
  tailShape: 0.1,
  fallback: '',
  policy: '',
  valueChance: VALUE_CHANCE,
  audits: AUDITS_A_WEEK,
};

/** Canonical bytes: equal settings are equal bytes. */
export function encodeSettings(settings: Settings): Buffer {
  const { without, extra, prototypes, variance, contexts, tailShape, fallback, policy, valueChance, audits } = settings;
  const sorted = (names: readonly string[]): string[] => [...names].sort();
  return Buffer.from(
    `${JSON.stringify({ without: sorted(without), extra: sorted(extra), prototypes, variance, contexts, tailShape, fallback, policy, valueChance, audits })}\n`,
  );
}

/** @throws RangeError where they are none; a setting that is missing has its default */
export function decodeSettings(bytes: Uint8Array): Settings {
  const read: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  if (typeof read !== 'object' || read === null) throw new RangeError('the settings of the set are no object');
  return { ...usualSettings, ...read };
}

/** Whether they say nothing. */
export const areUsual = (settings: Settings): boolean => encodeSettings(settings).equals(encodeSettings(usualSettings));
