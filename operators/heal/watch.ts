/** What the decisions of the fleet say: who there is, what each entity's own score is, and whether detectors can be trusted. */
import type { Decision } from '../../records/score.js';
import { entityFromKey, type Labels } from '../../records/entity.js';

/** One decided window of an entity, as healing needs it. */
export interface Sight {
  readonly start: number;
  readonly end: number;
  readonly u: number;
  readonly fired: boolean;
  readonly detectors: number;
  readonly flags: readonly string[];
}

const HOUR = 3_600_000;
/** Entities that are remembered before those that are silent are forgotten. */
const maxKnown = 50_000;
/** Entities that were silent for this long are no part of the fleet any more, ms of event time. */
const gone = 24 * HOUR;
/** Windows kept of each entity that is watched. */
const kept = 500;
/** From when on an entity counts: who is invented today is no part of the fleet, ms of event time and windows. */
const settled = { age: 24 * HOUR, windows: 100 } as const;
/** Fewer windows than this say nothing about drift. */
const minWindows = 20;

/** What is known of the entities, from decisions alone. */
export class Watch {
  private readonly latest = new Map<string, Sight & { readonly labels: Labels }>();
  private readonly history = new Map<string, Sight[]>();
  /** End of the first window of each entity, and how many there were. */
  private readonly known = new Map<string, { readonly since: number; windows: number }>();
  /** Windows and fired windows of the fleet by minute of event time. */
  private readonly minutes = new Map<number, { all: number; fired: number; settled: number; settledFired: number }>();
  /** Event time of the newest decision, ms. */
  time = 0;

  /** @param follows whether the windows of an entity are kept, since an action on it is to be verified */
  constructor(private readonly follows: (entity: string) => boolean) {}

  see(decision: Decision): void {
    const { entity, start, end, u, fired, scores, flags } = decision;
    const { kind, labels } = entityFromKey(entity);
    const sight: Sight = { start, end, u, fired, detectors: scores.length, flags };
    if (end > this.time) this.time = end;
    const known = this.latest.get(entity);
    // Sessions of a class share an entity: one that fires speaks for its boundary.
    if (!known || end > known.end || (end === known.end && fired)) this.latest.set(entity, { ...sight, labels });
    this.keep(entity, sight);
    const seen = this.known.get(entity) ?? { since: end, windows: 0 };
    seen.windows++;
    this.known.set(entity, seen);
    if (this.known.size > maxKnown) this.forget();
    if (kind === 'session') return;
    const minute = Math.floor(end / 60_000);
    const count = this.minutes.get(minute) ?? { all: 0, fired: 0, settled: 0, settledFired: 0 };
    count.all++;
    if (fired) count.fired++;
    if (this.isSettled(entity, end)) {
      count.settled++;
      if (fired) count.settledFired++;
    }
    this.minutes.set(minute, count);
    if (this.minutes.size > 180)
      for (const one of this.minutes.keys()) if (one < minute - 120) this.minutes.delete(one);
  }

  private keep(entity: string, sight: Sight): void {
    if (!this.follows(entity)) {
      this.history.delete(entity);
      return;
    }
    const history = this.history.get(entity) ?? [];
    history.push(sight);
    if (history.length > kept) history.shift();
    this.history.set(entity, history);
  }

  of(entity: string): Sight | undefined {
    return this.latest.get(entity);
  }

  /** Windows of an entity that began at or after `since`, event time. */
  after(entity: string, since: number): Sight[] {
    return (this.history.get(entity) ?? []).filter(({ start }) => start >= since);
  }

  /** Entities that have been silent for long. */
  private forget(): void {
    for (const [entity, { end }] of this.latest) {
      if (end > this.time - gone) continue;
      this.latest.delete(entity);
      this.known.delete(entity);
    }
  }

  /** Whether an entity had been there for a day at some time, with windows of its own. */
  isSettled(entity: string, at: number): boolean {
    const seen = this.known.get(entity);
    return seen !== undefined && at - seen.since >= settled.age && seen.windows >= settled.windows;
  }

  /**
   * Entities of the fleet that were settled already `window` ms ago, so that nothing that happens within it changes the
   * number.
   *
   * @param label - only those with this label value; all where it is empty
   */
  population(label: string, value: string, window: number): number {
    let count = 0;
    for (const [entity, { labels, end }] of this.latest) {
      const isMeant = label === '' || (labels[label] ?? '') === value;
      if (isMeant && end > this.time - gone && this.isSettled(entity, this.time - window)) count++;
    }
    return count;
  }

  /**
   * Share of the fleet's windows of the last hour that fired, of settled entities where these have enough: who is new
   * neither drifts nor dilutes. Undefined where there are too few.
   */
  firedShare(): number | undefined {
    const since = Math.floor((this.time - HOUR) / 60_000);
    let all = 0;
    let fired = 0;
    let settled = 0;
    let settledFired = 0;
    for (const [minute, count] of this.minutes) {
      if (minute <= since) continue;
      all += count.all;
      fired += count.fired;
      settled += count.settled;
      settledFired += count.settledFired;
    }
    if (settled >= minWindows) return settledFired / settled;
    return all < minWindows ? undefined : fired / all;
  }
}
