/**
 * What to ask an operator. Alerts are always shown; now and then, at most once a week and entity, an episode below the
 * threshold is asked about too, so that what the threshold hides is not hidden from learning. The chance is logged.
 */
import { AUDIT_CHANCE, AUDIT_MARGIN, AUDITS_A_WEEK } from './defaults.js';
import { uniform } from './chance.js';

/** Apart from other uses of the same seed. */
const PURPOSE = 0xa0d17;

/** How many audits there were. */
export interface Audits {
  /** Week of the entity, and audits in it. */
  week: number;
  asked: number;
}

/** The chance with which a sub-threshold episode that begins now is asked about. */
export function auditChance(audits: Audits, week: number, u: number, threshold: number, aWeek = AUDITS_A_WEEK): number {
  const spent = aWeek === 0 || (audits.week === week && audits.asked >= aWeek);
  return !spent && u < threshold && u >= threshold - AUDIT_MARGIN ? AUDIT_CHANCE : 0;
}

/** Whether it is asked about: the same entity and moment always give the same answer. */
export const isAudited = (seed: number, time: number, chance: number): boolean =>
  chance > 0 && uniform(seed, time, PURPOSE) < chance;

/**
 * Counts an audit.
 *
 * @param week of the entity, from 0
 */
export function audited(audits: Audits, week: number): void {
  audits.asked = audits.week === week ? audits.asked + 1 : 1;
  audits.week = week;
}

/**
 * Order in which open questions are worth an answer: where firing is least certain and most episodes are alike.
 *
 * @param alike how many open episodes one answer would settle, at least 1
 */
export const worthAsking = (u: number, threshold: number, alike: number): number =>
  alike / (1 + Math.abs(u - threshold) * Math.abs(u - threshold));
