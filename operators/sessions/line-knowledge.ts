/** What a session class knows of its lines, to find the session of a line that has lost its session. */
import type { SessionTimes } from '../merge/open-sessions.js';
import type { LineKnowledge } from '../merge/stray-lines.js';
import { trustedPast, type ClassView } from './class-view.js';
import type { SessionClasses } from './session-class.js';

/** A step counts as missing if at least this share of the sessions has it. */
const missedShare = 0.5;
/** A line that at least this share of the sessions has is a whole line. */
const usualShare = 0.05;
/** What comes at the start of a session may have come so long before its first line that is known, ms. */
const before = 60_000;

/**
 * Times of session classes, with what tells lines without a session.
 *
 * @param classes - what they have learnt
 */
export const sessionTimes = (classes: SessionClasses): SessionTimes => ({
  nextDue: (entity, events, after) => classes.nextDue(entity, events, after),
  quiet: (entity) => classes.quiet(entity),
  lines: lineKnowledge(classes),
});

function lineKnowledge(classes: SessionClasses): LineKnowledge {
  const isUsual = ({ weights, maxWeight }: ClassView, id: number): boolean =>
    (weights.get(id) ?? 0) >= usualShare * maxWeight;

  return {
    ends(entity, key, events) {
      const view = classes.view(entity);
      if (view.past < trustedPast) return 'unknown';
      const ids = [...events.keys()].map((signature) => classes.idOf(signature));
      // A key that was cut may be too short to be masked.
      const behind = ids.filter((id) => !['<*>', key].some((end) => classes.textOf(id).endsWith(end)));
      if (behind.length === 0) return 'in-key';
      return behind.some((id) => isUsual(view, id)) ? 'behind-key' : 'unknown';
    },
    stepsOf: (entity, signature, whole) => classes.lostSteps(entity, signature, whole),
    missing(entity, events, waited) {
      const { weights, maxWeight } = classes.view(entity);
      return classes.missing(entity, events, waited).filter((id) => (weights.get(id) ?? 0) >= missedShare * maxWeight);
    },
    comesAt: (entity, step, sinceStart) =>
      sinceStart >= -before && classes.comesAt(entity, step, Math.max(0, sinceStart)),
  };
}
