/** What the entries of the healing log add up to: all that guards have to know of the past. */
import type { HealingEntry } from '../../records/healing.js';

/** An action as the entries about it add up. */
export interface Action {
  readonly id: string;
  readonly rule: string;
  readonly target: string;
  readonly alert: string;
  readonly entity: string;
  /** Wall-clock ms of the latest intent. */
  readonly intendedAt: number;
  /** Event time and return level when it was intended. */
  readonly time: number;
  readonly u: number;
  readonly tries: number;
  /** Its state. `intended` has no outcome yet; `done` is watched; what follows `done` is final. */
  readonly state:
    'intended' | 'done' | 'failed' | 'unknown' | 'withheld' | 'fixed' | 'no-effect' | 'worse' | 'unverified';
  /** Wall-clock ms at which it came there. */
  readonly since: number;
}

/** A request for approval. */
export interface Ask {
  readonly id: string;
  readonly rule: string;
  readonly alert: string;
  readonly entity: string;
  readonly askedAt: number;
  /** Wall-clock ms. */
  readonly expires: number;
  readonly state: 'asked' | 'approved' | 'denied' | 'lapsed';
  readonly by: string;
}

interface Lock {
  readonly by: string;
  readonly why: string;
  readonly at: number;
}

/** Finished actions and held guards that are remembered. */
const remembered = 10_000;
const unhelpful = new Set(['failed', 'unknown', 'no-effect', 'worse', 'unverified']);

/** What the entries of the healing log add up to. */
export class Ledger {
  readonly actions = new Map<string, Action>();
  readonly asks = new Map<string, Ask>();
  readonly rehearsed = new Map<string, number>();
  /** By `label=value`. */
  readonly breakers = new Map<string, Lock>();
  /** By rule. */
  readonly stoppedRules = new Map<string, Lock>();
  stopped: Lock | undefined;
  /** The guard that held last, by action. */
  readonly held = new Map<string, string>();
  /** Ids of controls that were carried out. */
  readonly controls = new Set<string>();
  /** When a person closed a breaker, by its key: what was before does not open it again. */
  readonly closedAt = new Map<string, number>();
  /** When a person resumed a rule: what was before does not count against it. */
  private readonly resumedAt = new Map<string, number>();

  apply(entry: HealingEntry): void {
    const { what, id, rule, alert, entity, guard, by, why, control, at } = entry;
    const lock = { by, why, at };
    if (control !== '') this.controls.add(control);
    switch (what) {
      case 'held':
        this.held.set(id, guard);
        break;
      case 'rehearsed':
        this.held.delete(id);
        this.rehearsed.set(id, at);
        break;
      case 'asked':
        this.asks.set(id, { id, rule, alert, entity, askedAt: at, expires: entry.time, state: 'asked', by: '' });
        break;
      case 'approved':
      case 'denied':
      case 'lapsed': {
        const ask = this.asks.get(id);
        if (ask) this.asks.set(id, { ...ask, state: what, by });
        break;
      }
      case 'intended': {
        const { target, time, u } = entry;
        const tries = (this.actions.get(id)?.tries ?? 0) + 1;
        this.held.delete(id);
        this.actions.delete(id);
        this.actions.set(id, {
          ...{ id, rule, target, alert, entity, time, u, tries },
          intendedAt: at,
          state: 'intended',
          since: at,
        });
        break;
      }
      case 'done':
      case 'failed':
      case 'unknown':
      case 'withheld':
      case 'fixed':
      case 'no-effect':
      case 'worse':
      case 'unverified': {
        const action = this.actions.get(id);
        if (action) this.actions.set(id, { ...action, state: what, since: at });
        break;
      }
      case 'breaker-opened':
        this.breakers.set(guard, lock);
        break;
      case 'breaker-closed':
        this.breakers.delete(guard);
        this.closedAt.set(guard, at);
        break;
      case 'remedy-stopped':
        this.stoppedRules.set(rule, lock);
        break;
      case 'remedy-resumed':
        this.stoppedRules.delete(rule);
        this.resumedAt.set(rule, at);
        break;
      case 'stopped':
        this.stopped = lock;
        break;
      case 'resumed':
        this.stopped = undefined;
        break;
      case 'claimed':
      case 'ignored':
        break;
    }
    for (const map of [this.held, this.rehearsed, this.asks]) trim(map);
    if (this.actions.size > remembered) this.forget();
  }

  /** Actions that left this process or may have, and began after `since` (wall-clock ms). */
  *calledSince(since: number): IterableIterator<Action> {
    for (const action of this.actions.values()) {
      if (action.state !== 'withheld' && action.intendedAt > since) yield action;
    }
  }

  /** Actions without an outcome, and those whose effect is still watched. */
  *underWay(): IterableIterator<Action> {
    for (const action of this.actions.values()) {
      if (action.state === 'intended' || action.state === 'done') yield action;
    }
  }

  /** How often a rule did not help after `since`, a person's resumption taken into account. */
  unhelpful(rule: string, since: number): number {
    const from = Math.max(since, this.resumedAt.get(rule) ?? 0);
    let count = 0;
    for (const action of this.actions.values()) {
      if (action.rule === rule && action.since > from && unhelpful.has(action.state)) count++;
    }
    return count;
  }

  /** The oldest finished actions go first: their alerts are long too old to be acted upon. */
  private forget(): void {
    for (const [id, { state }] of this.actions) {
      if (this.actions.size <= remembered) return;
      if (state !== 'intended' && state !== 'done') this.actions.delete(id);
    }
  }
}

function trim(map: Map<string, unknown>): void {
  while (map.size > remembered) map.delete(map.keys().next().value!);
}
