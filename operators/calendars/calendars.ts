/** Calendar entries and deploys that a shard knows: what holds for an entity's window. */
import { alertLabels } from '../../records/alert.js';
import { calendarEntry, deploy, type CalendarEntry, type Deploy, type EntryAction } from '../../records/calendar.js';
import type { Change } from '../../records/change.js';
import { entityFromKey, type Labels } from '../../records/entity.js';
import type { StateStores, Store } from '../../records/store.js';
import { compileMatch } from '../match/match.js';

/** What an entry does to one window; names are for people. */
export interface InForce {
  readonly mute?: string;
  readonly freeze?: string;
  readonly expect?: string;
  readonly silence?: string;
}

const nothing: InForce = {};
const DAY = 86_400_000;
/** Deploys are kept for so long, ms, and so many of them. */
const KEPT_FOR = DAY;
const KEPT = 2000;
/** Deploys of an alert are those of the hour before it began; so many are shown. */
const LOOK_BACK = 3_600_000;
const SHOWN = 5;

type CalendarRange = Pick<CalendarEntry, 'from' | 'to'>;

/** Patterns are pure: they are compiled again after a restart. */
class Matches {
  private readonly compiled = new Map<string, (labels: Labels) => boolean>();

  match(pattern: Labels, labels: Labels): boolean {
    const key = JSON.stringify(pattern);
    let matches = this.compiled.get(key);
    if (!matches) {
      if (this.compiled.size > 10_000) this.compiled.clear();
      matches = compileMatch(pattern);
      this.compiled.set(key, matches);
    }
    return matches(labels);
  }
}

/** The calendar entries that a shard knows. */
export class Calendars {
  private readonly entries: Store<CalendarEntry>;
  private readonly matches = new Matches();

  constructor(stores: StateStores) {
    this.entries = stores.open('calendar', calendarEntry);
  }

  /** All that is known, in order of their beginning. */
  all(): CalendarEntry[] {
    const all = [...this.entries.keys()].map((id) => this.entries.get(id)!);
    return all.sort((a, b) => a.from - b.from || (a.id < b.id ? -1 : 1));
  }

  /** Takes an entry; false where a later one of its id is there, or the same. */
  take(entry: CalendarEntry): boolean {
    const known = this.entries.get(entry.id);
    if (known && known.at >= entry.at) return false;
    this.entries.put(entry.id, entry);
    return true;
  }

  /** What holds for the window [start, end) of an entity. */
  inForce(entity: string, start: number, end: number): InForce {
    if (this.entries.size === 0) return nothing;
    let found: Partial<Record<EntryAction, string>> | undefined;
    // Taken apart once, however many entries there are, and only where one is of this time.
    let labels: Labels | undefined;
    let labelsOfAlert: Labels | undefined;
    for (const id of this.entries.keys()) {
      const { action, match, from, to, name } = this.entries.get(id)!;
      if (end <= from || start >= to) continue;
      const meant =
        action === 'silence' ? (labelsOfAlert ??= alertLabels({ entity })) : (labels ??= entityFromKey(entity).labels);
      if (!this.matches.match(match, meant)) continue;
      found ??= {};
      found[action] ??= name;
    }
    return found ?? nothing;
  }

  /** Forgets entries that were over a day before a boundary, ms. */
  forget(end: number): void {
    for (const id of [...this.entries.keys()]) if (isOver(this.entries.get(id)!, end)) this.entries.delete(id);
  }
}

const isOver = ({ to }: CalendarRange, end: number): boolean => to + DAY < end;

/** The deploys that a shard knows. */
export class Deploys {
  private readonly deploys: Store<Deploy>;
  private readonly matches = new Matches();

  constructor(stores: StateStores) {
    this.deploys = stores.open('deploys', deploy);
  }

  /** Takes a deploy; false where it is known. */
  take(one: Deploy): boolean {
    const known = this.deploys.get(one.change.id);
    if (known) return false;
    this.deploys.put(one.change.id, one);
    return true;
  }

  /** Those of the hour before an alert began, and up to `end`, the latest first. */
  before(entity: string, startsAt: number, end: number): Change[] {
    if (this.deploys.size === 0) return [];
    const found: Change[] = [];
    for (const id of this.deploys.keys()) {
      const { change, match } = this.deploys.get(id)!;
      if (change.at < startsAt - LOOK_BACK || change.at > end) continue;
      if (this.matches.match(match, entityFromKey(entity).labels)) found.push(change);
    }
    return found.sort((a, b) => b.at - a.at || (a.id < b.id ? -1 : 1)).slice(0, SHOWN);
  }

  /** Forgets old ones at a boundary, ms. */
  forget(end: number): void {
    if (this.deploys.size === 0) return;
    const known = [...this.deploys.keys()].map((id) => this.deploys.get(id)!.change);
    const old = known.filter(({ at }) => at + KEPT_FOR < end);
    const many = known.sort((a, b) => a.at - b.at).slice(0, Math.max(0, known.length - KEPT));
    for (const { id } of [...old, ...many]) this.deploys.delete(id);
  }
}
