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
/** Entities that were silent for this long are no part of the fleet any more, ms of event time. */
const gone = 24 * HOUR;
/** Windows kept of each entity that is watched. */
const kept = 500;
/** Fewer windows than this say nothing about drift. */
const minWindows = 20;

export class Watch {
  private readonly latest = new Map<string, Sight & { readonly labels: Labels }>();
  private readonly history = new Map<string, Sight[]>();
  /** Windows and fired windows of the fleet by minute of event time. */
  private readonly minutes = new Map<number, { all: number; fired: number }>();
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
    if (kind === 'session') return;
    const minute = Math.floor(end / 60_000);
    const count = this.minutes.get(minute) ?? { all: 0, fired: 0 };
    count.all++;
    if (fired) count.fired++;
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

  /** Entities of the fleet that have this label value. */
  population(label: string, value: string): number {
    let count = 0;
    for (const { labels, end } of this.latest.values()) {
      if ((labels[label] ?? '') === value && end > this.time - gone) count++;
    }
    return count;
  }

  /** Share of the fleet's windows of the last hour that fired; undefined where there are too few. */
  firedShare(): number | undefined {
    const since = Math.floor((this.time - HOUR) / 60_000);
    let all = 0;
    let fired = 0;
    for (const [minute, count] of this.minutes) {
      if (minute <= since) continue;
      all += count.all;
      fired += count.fired;
    }
    return all < minWindows ? undefined : fired / all;
  }
}
