/** What a person says of an alert. It embeds the scored context, so that nothing needs to be looked up to learn. */
import { bool, double, list, oneOf, pair, struct, text, time, uint, type Codec } from './wire/codec.js';
import { entityKey } from './entity.js';
import { hashText } from './wire/hash.js';

/** What a person says of an alert. */
export const verdictValues = ['anomaly', 'not-anomaly', 'expected', 'new-normal'] as const;
/** One of `verdictValues`. */
export type VerdictValue = (typeof verdictValues)[number];

/** The scored context of the window that a verdict is about. */
export interface ScoredContext {
  readonly entity: string;
  readonly key: string;
  readonly start: number;
  readonly end: number;
  /** Return level of every arm, by name. */
  readonly arms: readonly (readonly [string, number])[];
  /** Return level of the combination, and the threshold at that time. */
  readonly u: number;
  readonly threshold: number;
  readonly propensity: number;
  readonly policy: string;
  /** u of the policy's own combination, believed or not; for a session its margin z. */
  readonly own: number;
  /** The arm, or the policy's combination, that was believed. */
  readonly believed: string;
  /** What the baselines would have decided, in their fixed order. */
  readonly baselines: readonly boolean[];
  /** +1 more than typical, -1 less, 0 neither. */
  readonly direction: number;
  /** Template ids of the window or session, ascending. */
  readonly templates: readonly number[];
}

/** A person's answer to an alert, as it was given. */
export interface Verdict {
  /** Idempotency key: a repeated id is ignored. */
  readonly id: string;
  /** Fingerprint of the alert that it answers. */
  readonly alert: string;
  readonly value: VerdictValue;
  readonly by: string;
  /** Wall-clock ms at which it was given. */
  readonly at: number;
  readonly context: ScoredContext;
}

/** How a decision names a verdict that took effect at its boundary, or was taken back there. */
export const effectiveId = ({
  verdict: { id },
  revoked,
}: {
  verdict: Pick<Verdict, 'id'>;
  revoked: boolean;
}): string => (revoked ? `revoked ${id}` : id);

/** What state remembers of a verdict's id, so that it can be taken back: 32 bits, above 0. */
export const verdictNumber = (id: string): number => (hashText(id) % 0xffff_ffff) + 1;

/** Canonical bytes of what a verdict embeds of the decision. */
export const scoredContext: Codec<ScoredContext> = struct<ScoredContext>({
  entity: entityKey,
  key: text,
  start: time,
  end: time,
  arms: list(pair(text, double)),
  u: double,
  threshold: double,
  propensity: double,
  policy: text,
  own: double,
  believed: text,
  baselines: list(bool),
  direction: double,
  templates: list(uint),
});

/** Canonical bytes of a verdict. */
export const verdict: Codec<Verdict> = struct<Verdict>({
  id: text,
  alert: text,
  value: oneOf(...verdictValues),
  by: text,
  at: time,
  context: scoredContext,
});
