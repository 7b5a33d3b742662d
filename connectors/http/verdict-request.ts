/** What a verdict is before its context is looked up. */
import type { VerdictValue } from '../../records/verdict.js';

/** Alerts by their fingerprints, all alerts of an incident, or what was notified of an entity in a range of event time, ms. */
export type VerdictSubject =
  | { readonly alert: string }
  | { readonly alerts: readonly string[] }
  | { readonly incident: string }
  | { readonly entity: string; readonly from: number; readonly to: number };

/** A verdict as a person gives it; its context is looked up. */
export type VerdictRequest = VerdictSubject & {
  readonly value: VerdictValue;
  readonly by: string;
  /** Idempotency key; made from subject, value and author where absent. */
  readonly id?: string;
  /** By which door it came. */
  readonly via?: string;
};

/** The verdicts that were given: one for each alert that was meant. */
export interface GivenVerdicts {
  readonly ids: readonly string[];
}

/** A verdict as it was said, for people. */
export interface SaidVerdict {
  readonly id: string;
  readonly alert: string;
  readonly entity: string;
  readonly value: string;
  readonly by: string;
  readonly via: string;
  /** Wall-clock ms. */
  readonly at: number;
  readonly revoked?: { readonly by: string; readonly via: string; readonly at: number };
}

/** What was said so far, and the way to take it back. */
export interface VerdictLog {
  /** Newest last. */
  said(): readonly SaidVerdict[];
  /** Takes a verdict back, once however often it is asked; false where there is none. */
  revoke(id: string, by: string, via: string): Promise<boolean>;
}
