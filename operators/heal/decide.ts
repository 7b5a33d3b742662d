/** What healing does next: from firing alerts and rules to notes for the ledger. Pure: the clock is handed in. */
import type { Alert } from '../../records/alert.js';
import { entityFromKey } from '../../records/entity.js';
import { healingNote, type HealingNote } from '../../records/healing.js';
import { firstThatHolds, opensBreaker, seenUntil, type GuardInputs, type Proposal } from './guards.js';
import { actionId, type HealingRule } from './rule.js';
import { actedAt, effectOf } from './verify.js';

/** A note that is to be written; with `act`, and once it is durable, the target is to be called. */
export interface HealingStep {
  readonly note: HealingNote;
  readonly act?: Proposal;
}

/** Guards that only say "not yet": what people need not read again and again is written once a guard anyway. */
export function propose(proposal: Proposal, circumstances: GuardInputs): HealingStep | undefined {
  const { rule, alert, labels, now } = proposal;
  const { ledger, watch } = circumstances;
  if (!rule.matches(labels)) return undefined;
  const id = actionId(rule.name, alert.fingerprint);
  const about = { id, rule: rule.name, target: rule.target, alert: alert.fingerprint, entity: alert.entity };
  const note = (more: Partial<HealingNote> & Pick<HealingNote, 'what'>): HealingNote =>
    healingNote({ ...about, time: seenUntil(alert, watch), u: watch.of(alert.entity)?.u ?? alert.u, ...more });

  // What has been acted upon is over; it is recorded once.
  const action = ledger.actions.get(id);
  if ((action && action.state !== 'withheld') || ledger.rehearsed.has(id)) return undefined;
  const holds = firstThatHolds(proposal, circumstances);
  const ask = ledger.asks.get(id);
  if (holds?.guard === 'approval') {
    if (!ask) return { note: note({ what: 'asked', time: now + rule.approvalExpiry, why: 'approval is asked for' }) };
    if ((ask.state === 'asked' || ask.state === 'approved') && now >= ask.expires)
      return { note: note({ what: 'lapsed', guard: 'approval', why: 'no answer came in time' }) };
  }
  if (holds?.guard === 'radius' || holds?.guard === 'breaker') {
    const opened = opensBreaker(proposal, circumstances);
    if (opened) return { note: note({ what: 'breaker-opened', guard: opened.key, why: opened.why }) };
  }
  if (holds) {
    if (ledger.held.get(id) === holds.guard) return undefined;
    return { note: note({ what: 'held', guard: holds.guard, why: holds.why }) };
  }
  if (rule.dryRun) return { note: note({ what: 'rehearsed', why: 'dry run: nothing is sent' }), act: proposal };
  return {
    note: note({ what: 'intended', why: ask ? `approved by ${ask.by}` : 'no guard holds' }),
    act: proposal,
  };
}

/** The next step for any of these alerts, worst first; one at a time, since each changes what guards know. */
export function nextStep(
  alerts: Iterable<Alert>,
  rules: readonly HealingRule[],
  circumstances: GuardInputs,
  now: number,
): HealingStep | undefined {
  for (const alert of alerts) {
    const { labels } = entityFromKey(alert.entity);
    for (const rule of rules) {
      const step = propose({ rule, alert, labels, now }, circumstances);
      if (step) return step;
    }
  }
  return undefined;
}

/** The outcome of one action whose stabilisation window is over, and what follows from it for its rule. */
export function nextVerified(
  rules: readonly HealingRule[],
  { ledger, watch, limits }: GuardInputs,
  now: number,
): HealingNote | undefined {
  for (const action of ledger.underWay()) {
    if (action.state !== 'done') continue;
    const stabilise = rules.find(({ name }) => name === action.rule)?.stabilise ?? 900_000;
    const found = effectOf(action, watch.after(action.entity, actedAt(action)), stabilise, limits.expiry, now);
    if (!found) continue;
    const { id, rule, target, alert, entity, time, u } = action;
    return healingNote({ what: found.effect, why: found.why, id, rule, target, alert, entity, time, u });
  }
  const { times, window } = limits.ineffective;
  for (const { name, target } of rules) {
    if (ledger.stoppedRules.has(name) || ledger.unhelpful(name, now - window) < times) continue;
    return healingNote({
      what: 'remedy-stopped',
      rule: name,
      target,
      why: `it did not help ${times} times within ${window / 3_600_000} h: look for the cause, then resume it`,
    });
  }
  return undefined;
}
