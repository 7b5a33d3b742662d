/**
 * The guards of healing, in the order in which they are asked; the first that holds decides. Each is a function of what
 * is known, so that a test can try to get around it. Every one is asked again after an approval.
 */
import { hushedBy, type Alert } from '../../records/alert.js';
import { entityFromKey, type Labels } from '../../records/entity.js';
import { atLeast } from '../../records/notification.js';
import { isOwn } from '../input-alerts.js';
import type { Ledger } from './ledger.js';
import { actionId, type HealingLimits, type HealingRule } from './rule.js';
import type { Watch } from './watch.js';

/** What is asked: may `rule` act on `alert` now? */
export interface Proposal {
  readonly rule: HealingRule;
  readonly alert: Alert;
  readonly labels: Labels;
  /** Wall-clock ms. */
  readonly now: number;
}

/** What guards look at. */
export interface GuardInputs {
  readonly ledger: Ledger;
  readonly watch: Watch;
  readonly limits: HealingLimits;
  /** Why everything is stopped: a file, a control, or controls that cannot be read. */
  readonly stop: string | undefined;
}

/** Why an action must not be done, in words; undefined where it may. */
export type Guard = (proposal: Proposal, circumstances: GuardInputs) => string | undefined;

const HOUR = 3_600_000;

/** Event time up to which an alert was seen to fire. */
export const seenUntil = ({ entity, lastAt }: Alert, watch: Watch): number => {
  const sight = watch.of(entity);
  return sight?.fired ? Math.max(lastAt, sight.end) : lastAt;
};

/** Breakers that stand open for an entity. */
const openBreaker = (labels: Labels, { ledger, limits }: GuardInputs): string | undefined =>
  [...limits.radius.map(({ label }) => breakerKey(label, labels)), everything].find((key) => ledger.breakers.has(key));

/** The breaker of the whole fleet: a label of its own for each victim is no way around the others. */
const everything = 'fleet=';

/** The name of the circuit breaker of a label value. */
export const breakerKey = (label: string, labels: Labels): string => `${label}=${labels[label] ?? ''}`;

/** A label value under which one more action would be too many. */
export interface BeyondRadius {
  /** Name of its breaker. */
  readonly key: string;
  readonly why: string;
}

/** Every label value under which one more action would be too many. */
export function* beyondRadius(
  { alert, labels, now }: Proposal,
  { ledger, watch, limits }: GuardInputs,
): IterableIterator<BeyondRadius> {
  const widest = limits.radius.reduce(
    (all, { share, window }) => ({ share: Math.max(all.share, share), window: Math.max(all.window, window) }),
    { share: 0, window: 0 },
  );
  const all = { label: '', cap: Number.POSITIVE_INFINITY, ...widest };
  for (const { label, share, window, cap } of limits.radius.length > 0 ? [...limits.radius, all] : []) {
    const value = labels[label] ?? '';
    const key = label === '' ? everything : breakerKey(label, labels);
    const touched = new Set([alert.entity]);
    const since = Math.max(now - window, ledger.closedAt.get(key) ?? 0);
    for (const action of ledger.calledSince(since)) {
      if (label === '' || labelOf(action.entity, label) === value) touched.add(action.entity);
    }
    const population = watch.population(label, value, window);
    // One is always allowed: a label that one entity has would forbid everything.
    const most = Math.max(1, Math.min(cap, Math.floor(share * population)));
    const whose = label === '' ? 'all entities' : `entities with ${label}="${value}"`;
    if (touched.size > most)
      yield {
        key,
        why: `${touched.size} of ${population} ${whose} that are known for a day would have been acted upon within ${window / 60_000} min: at most ${most}`,
      };
  }
}

/**
 * The next breaker that an action opens: the action is beyond its radius, and nothing but breakers and radii holds it. All of
 * them open at once, so that a person who closes one knows of the others.
 */
export function opensBreaker(proposal: Proposal, circumstances: GuardInputs): BeyondRadius | undefined {
  if (firstThatHolds(proposal, circumstances, 'breaker')?.guard !== 'radius') return undefined;
  for (const beyond of beyondRadius(proposal, circumstances))
    if (!circumstances.ledger.breakers.has(beyond.key)) return beyond;
  return undefined;
}

/** By name, in the order in which they are asked. */
export const guards: Readonly<Record<string, Guard>> = {
  stop: (_, { stop, ledger }) => stop ?? (ledger.stopped ? `stopped by ${ledger.stopped.by}` : undefined),
  remedy: ({ rule }, { ledger }) => ledger.stoppedRules.get(rule.name)?.why,
  breaker: ({ labels }, circumstances) => {
    const key = openBreaker(labels, circumstances);
    return key === undefined ? undefined : `the breaker of ${key} is open until a person closes it`;
  },
  resolved: ({ alert }) => (alert.status === 'firing' ? undefined : 'the alert is resolved'),
  question: ({ alert }) => (alert.audit ? 'it is only a question to a person' : undefined),
  own: ({ alert }) => (isOwn(alert) ? "it is about tocsin's own input" : undefined),
  muted: ({ alert }) => {
    const now = alert.muted || hushedBy(alert);
    return now ? `muted: ${now}` : undefined;
  },
  stale: ({ alert, now }, { watch, limits }) => {
    const age = now - Math.max(alert.at, seenUntil(alert, watch));
    return age > limits.expiry ? `the newest evidence is ${Math.round(age / 60_000)} min old` : undefined;
  },
  // A time from the future would never become stale.
  future: ({ alert, now }, { limits }) =>
    alert.at - now > limits.expiry ? 'the alert is from the future: clocks or time stamps are wrong' : undefined,
  recovering: ({ alert }, { watch }) => {
    const sight = watch.of(alert.entity);
    return sight && !sight.fired && sight.end > alert.lastAt ? 'its latest window is quiet again' : undefined;
  },
  evidence: ({ rule, alert }, { watch }) => {
    if (alert.confidence < rule.confidence) return `confidence ${alert.confidence} is below ${rule.confidence}`;
    const flags = watch.of(alert.entity)?.flags ?? [];
    return flags.length > 0 ? `its latest window is inexact: ${flags.join(', ')}` : undefined;
  },
  ensemble: ({ alert }, { watch, limits }) => {
    const sight = watch.of(alert.entity);
    if (sight && sight.detectors < limits.minDetectors)
      return `${sight.detectors} detectors scored it, fewer than ${limits.minDetectors}: the ensemble is degraded`;
    const share = watch.firedShare();
    return share !== undefined && share > limits.driftShare
      ? `${Math.round(100 * share)} % of all windows of the last hour fired: the detectors have drifted, or everything is affected`
      : undefined;
  },
  severity: ({ rule, alert }) =>
    atLeast(alert.severity, rule.severity) ? undefined : `${alert.severity} is below ${rule.severity}`,
  duration: ({ rule, alert }, { watch }) => {
    const since = seenUntil(alert, watch) - alert.startsAt;
    return since < rule.for ? `has fired for ${since / 60_000} min, not ${rule.for / 60_000}` : undefined;
  },
  once: ({ rule, alert }, { ledger }) => {
    const action = ledger.actions.get(actionId(rule.name, alert.fingerprint));
    return action && action.state !== 'withheld' ? 'this rule has acted on this alert' : undefined;
  },
  // By target and entity, whatever the rule and the alert: a second rule is no way around.
  cooldown: ({ rule, alert, now }, { ledger }) => {
    for (const { target, entity, intendedAt } of ledger.calledSince(now - rule.cooldown)) {
      if (target === rule.target && entity === alert.entity)
        return `${target} was called for it ${Math.round((now - intendedAt) / 60_000)} min ago`;
    }
    return undefined;
  },
  'in flight': ({ rule, alert }, { ledger, limits }) => {
    const underWay = [...ledger.underWay()];
    if (underWay.length >= limits.maxInFlight) return `${underWay.length} actions are under way`;
    if (underWay.some(({ entity }) => entity === alert.entity)) return 'another action on this entity is under way';
    const own = underWay.filter((action) => action.rule === rule.name).length;
    return own >= rule.maxInFlight ? `${own} actions of this rule are under way` : undefined;
  },
  rate: ({ rule, now }, { ledger, limits }) => {
    const lastHour = [...ledger.calledSince(now - HOUR)];
    if (lastHour.length >= limits.maxPerHour) return `${lastHour.length} actions within the hour`;
    const own = lastHour.filter((action) => action.rule === rule.name).length;
    return own >= rule.maxPerHour ? `${own} actions of this rule within the hour` : undefined;
  },
  radius: (proposal, circumstances) => [...beyondRadius(proposal, circumstances)][0]?.why,
  approval: ({ rule, alert, now }, { ledger }) => {
    if (!rule.approval || rule.dryRun) return undefined;
    const ask = ledger.asks.get(actionId(rule.name, alert.fingerprint));
    if (!ask) return 'no person has been asked yet';
    if (ask.state === 'denied') return `${ask.by} said no`;
    if (ask.state === 'lapsed' || now >= ask.expires) return 'the approval has lapsed';
    return ask.state === 'approved' ? undefined : 'waits for approval';
  },
};

/**
 * The first guard that holds, or undefined: go.
 *
 * @param except - name of a guard that is not asked
 */
export function firstThatHolds(
  proposal: Proposal,
  circumstances: GuardInputs,
  except?: string,
): { readonly guard: string; readonly why: string } | undefined {
  for (const [guard, ask] of Object.entries(guards)) {
    if (guard === except) continue;
    const why = ask(proposal, circumstances);
    if (why !== undefined) return { guard, why };
  }
  return undefined;
}

const labelOf = (entity: string, label: string): string => entityFromKey(entity).labels[label] ?? '';
