/**
 * Sessions that fired, or nearly did, by alike template sets: questions go to the largest groups, and two equal answers
 * settle one. A group of hundreds is worth a question even where the class itself has no doubt.
 */
import { list, struct, uint, type Codec } from '../../records/wire/codec.js';
import { clip, onGrid } from '../calibration/grid.js';
import { exp } from '../exact/exp.js';
import { SESSION_ALIKE, SESSION_SLOPE, SESSION_UNCERTAIN } from './defaults.js';
import type { SetDistance, SetVerdict } from './set-verdict.js';

/** Groups of a class; the smallest go first. */
const maxGroups = 32;
/** Sessions from which on a group is asked about although the class has no doubt about it. */
const large = 3;
/** Sessions that a group needs for the last question of a week; earlier questions need fewer, in proportion. */
const lastNeeds = 3;
/** Answers that agree, more than those that do not, settle a set. */
const settling = 2;
/** Log odds of what is settled, and natural logarithm of ten: a distance in units of u. */
const settledOdds = 1;
const ln10 = 2.302585092994046;

/** Sessions with sets alike to that of the first of them. */
export interface SetGroup<Set> {
  readonly set: Set;
  readonly count: number;
}

/** Counts one session that fired or nearly did, once. */
export function countInGroup<Set>(
  groups: readonly SetGroup<Set>[],
  set: Set,
  distance: SetDistance<Set>,
): readonly SetGroup<Set>[] {
  const at = groupOf(groups, set, distance);
  if (at >= 0) return groups.map((group, i) => (i === at ? { ...group, count: group.count + 1 } : group));
  const kept = groups.length < maxGroups ? groups : without(groups, smallest(groups));
  return [...kept, { set, count: 1 }];
}

/** A week later groups count half; those that vanish are forgotten. */
export const fadeGroups = <Set>(groups: readonly SetGroup<Set>[]): readonly SetGroup<Set>[] =>
  groups.map(({ set, count }) => ({ set, count: count >> 1 })).filter(({ count }) => count > 0);

/**
 * Whether a question on this session is worth one of those that are left: its group is large enough, nothing settles
 * it, and fewer larger groups wait than there are questions.
 *
 * @param z - of its judgement
 * @param asked - questions of this week
 * @param questions - that a week may have
 */
export function isWorthAsking<Set>(
  { groups, verdicts }: { readonly groups: readonly SetGroup<Set>[]; readonly verdicts: readonly SetVerdict<Set>[] },
  set: Set,
  z: number,
  { asked, questions }: { readonly asked: number; readonly questions: number },
  distance: SetDistance<Set>,
): boolean {
  const at = groupOf(groups, set, distance);
  if (at < 0 || isSettled(verdicts, set, distance)) return false;
  const { count } = groups[at]!;
  if (count < Math.ceil((lastNeeds * (asked + 1)) / questions)) return false;
  // Half of the questions is kept for what the class itself is in doubt about.
  if (Math.abs(z) > SESSION_UNCERTAIN && (count < large || 2 * asked >= questions)) return false;
  const larger = groups.filter((group) => group.count > count && !isSettled(verdicts, group.set, distance));
  return larger.length < questions - asked;
}

/**
 * How much of an answer holds for a session of `u` by its rarity alone, 0 to 1. Templates that are not due yet are not
 * missed: the set of one that stays without a step is that of every sound session before that step, and only u tells.
 */
export const holds = (verdict: SetVerdict<unknown>, u: number): number =>
  clip(1 - (verdict.true ? verdict.u - u : u - verdict.u), 0, 1);

/**
 * Log odds after what answers have settled: a set that two people called the same is that, and a neighbour is drawn to it
 * as far as its distance allows, and its rarity; sets farther away stay as they are.
 */
export function settled<Set>(
  verdicts: readonly SetVerdict<Set>[],
  { u, set }: { readonly u: number; readonly set: Set },
  z: number,
  distance: SetDistance<Set>,
): number {
  let nearest: SetVerdict<Set> | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const verdict of verdicts) {
    const away = distance(set, verdict.set);
    if (away >= least || Math.abs(agreementOn(verdicts, verdict.set, distance)) < settling) continue;
    nearest = verdict;
    least = away;
  }
  if (!nearest) return z;
  const isTrue = agreementOn(verdicts, nearest.set, distance) > 0;
  let rarity = isTrue ? Number.POSITIVE_INFINITY : 0;
  for (const verdict of verdicts) {
    if (verdict.true !== isTrue || distance(nearest.set, verdict.set) > 0) continue;
    rarity = isTrue ? Math.min(rarity, verdict.u) : Math.max(rarity, verdict.u);
  }
  const apart = least / ln10 + Math.max(0, isTrue ? rarity - u : u - rarity);
  const odds = settledOdds - SESSION_SLOPE * apart;
  return onGrid(isTrue ? Math.max(z, odds) : Math.min(z, -odds));
}

const isSettled = <Set>(verdicts: readonly SetVerdict<Set>[], set: Set, distance: SetDistance<Set>): boolean =>
  verdicts.some(
    ({ set: other }) =>
      exp(-distance(set, other)) >= SESSION_ALIKE && Math.abs(agreementOn(verdicts, other, distance)) >= settling,
  );

/** Answers on exactly this set: those that call it an anomaly less those that do not. */
function agreementOn<Set>(verdicts: readonly SetVerdict<Set>[], set: Set, distance: SetDistance<Set>): number {
  let sum = 0;
  for (const verdict of verdicts) if (distance(set, verdict.set) === 0) sum += verdict.true ? 1 : -1;
  return sum;
}

/** Place of the group with the most alike set; -1 where none is alike. */
function groupOf<Set>(groups: readonly SetGroup<Set>[], set: Set, distance: SetDistance<Set>): number {
  let found = -1;
  let most = 0;
  for (const [i, group] of groups.entries()) {
    const alike = exp(-distance(set, group.set));
    if (alike < SESSION_ALIKE || alike <= most) continue;
    found = i;
    most = alike;
  }
  return found;
}

function smallest(groups: readonly SetGroup<unknown>[]): number {
  let least = 0;
  for (const [i, { count }] of groups.entries()) if (count < groups[least]!.count) least = i;
  return least;
}

const without = <T>(all: readonly T[], at: number): readonly T[] => all.filter((_, i) => i !== at);

/** @param set - codec of a template set */
export const setGroups = <Set>(set: Codec<Set>): Codec<readonly SetGroup<Set>[]> =>
  list(struct<SetGroup<Set>>({ set, count: uint }));
