/** Answers on sessions, by their template sets. */

/** Distance of two template sets, 0 for equal ones; the kernel rarity model owns it, so that verdicts reach as far. */
export type SetDistance<Set> = (a: Set, b: Set) => number;

/** A verdict on a set of templates. */
export interface SetVerdict<Set> {
  readonly set: Set;
  /** Its rarity when it was shown. */
  readonly u: number;
  readonly true: boolean;
  /** Hash of the verdict's id; 0 where it is never taken back. */
  readonly id: number;
}
