/** The ledger of healing: every decision to act or not, each bound to the one before it by its hash. */
import { double, oneOf, struct, text, uint, type Codec } from './wire/codec.js';

/**
 * What happened, in the order in which an action passes through them:
 *
 * - `claimed`: a process took healing over; intents of others without an outcome are `unknown` from here on.
 * - `held`: a guard said no. Written when the guard that holds changes, not at every look.
 * - `rehearsed`: a dry run; what would have been sent is in `why`.
 * - `asked`, `approved`, `denied`, `lapsed`: approval by a person; `time` of `asked` is when it lapses, wall-clock ms.
 * - `intended`: durable before the call. Then one of `done`, `failed`, `unknown` (it may have been carried out:
 *   escalated) or `withheld` (a last look before the call said no: nothing left this process).
 * - `fixed`, `no-effect`, `worse`, `unverified`: what the entity's own score said after it.
 * - `breaker-opened`, `remedy-stopped`: only a person undoes them (`breaker-closed`, `remedy-resumed`).
 * - `stopped`, `resumed`: the global stop.
 * - `ignored`: what a person said changed nothing, and why.
 */
export const healingActs = [
  'claimed',
  'held',
  'rehearsed',
  'asked',
  'approved',
  'denied',
  'lapsed',
  'intended',
  'done',
  'failed',
  'unknown',
  'withheld',
  'fixed',
  'no-effect',
  'worse',
  'unverified',
  'breaker-opened',
  'breaker-closed',
  'remedy-stopped',
  'remedy-resumed',
  'stopped',
  'resumed',
  'ignored',
] as const;
/** One of `healingActs`. */
export type HealingAct = (typeof healingActs)[number];

/** What is to be written; fields that do not apply are empty. */
export interface HealingNote {
  readonly what: HealingAct;
  /** `FINGERPRINT-RULE`: one alert and rule have at most one action. */
  readonly id: string;
  readonly rule: string;
  readonly target: string;
  /** Fingerprint of the alert. */
  readonly alert: string;
  readonly entity: string;
  /** The guard that held, or what a breaker is about (`label=value`). */
  readonly guard: string;
  /** Who: a person, or `tocsin`. */
  readonly by: string;
  /** In words. */
  readonly why: string;
  /** Id of the control that it carries out; each is carried out once. */
  readonly control: string;
  /** Event time up to which the entity was decided; for `asked` the wall-clock ms at which it lapses. */
  readonly time: number;
  /** Return level of the entity at that time. */
  readonly u: number;
}

/** A note in the log. */
export interface HealingEntry extends HealingNote {
  /** From 1, without gaps. */
  readonly seq: number;
  /** Hash of the entry before, hex; empty in the first. */
  readonly prev: string;
  /** Of the process that wrote it: an entry below the highest epoch before it counts for nothing. */
  readonly epoch: number;
  /** Wall-clock ms. */
  readonly at: number;
}

/** Canonical bytes of a ledger entry. */
export const healingEntry: Codec<HealingEntry> = struct<HealingEntry>({
  seq: uint,
  prev: text,
  epoch: uint,
  at: uint,
  what: oneOf(...healingActs),
  id: text,
  rule: text,
  target: text,
  alert: text,
  entity: text,
  guard: text,
  by: text,
  why: text,
  control: text,
  time: uint,
  u: double,
});

/** A note with everything that is not given left empty. */
export const healingNote = (note: Partial<HealingNote> & Pick<HealingNote, 'what'>): HealingNote => ({
  id: '',
  rule: '',
  target: '',
  alert: '',
  entity: '',
  guard: '',
  by: 'tocsin',
  why: '',
  control: '',
  time: 0,
  u: 0,
  ...note,
});
