/** Sessions that are not over: scored when they have lines and when a template falls due, released when they are quiet. */
import { addSessionEvents, sessionEvents, type SessionEvents } from '../../records/aggregate.js';
import { bool, map, struct, text, uint } from '../../records/codec.js';
import type { InexactReason } from '../../records/score.js';
import type { StateStores, Store } from '../../records/store.js';
import type { SessionWindow } from '../../records/window.js';
import type { SessionPartial } from '../../records/windows.js';

/** What a session class knows of its times; all in ms. */
export interface SessionTimes {
  /** How long after its first line the next template that is missing falls due, later than `after`; or undefined. */
  nextDue(entity: string, events: SessionEvents, after: number): number | undefined;
  /** How long a session must be quiet to be over. */
  quiet(entity: string): number;
}

interface OpenSession {
  entity: string;
  key: string;
  /** Events of closed panes, and those of panes that are still open, by their starts. */
  events: SessionEvents;
  open: Map<number, SessionEvents>;
  /** Event time of the first and last line in closed panes, ms; first is 0 before there is one. */
  first: number;
  last: number;
  capped: boolean;
  stalled: boolean;
}

const openSession = struct<OpenSession>({
  entity: text,
  key: text,
  events: sessionEvents,
  open: map(uint, sessionEvents),
  first: uint,
  last: uint,
  capped: bool,
  stalled: bool,
});

/**
 * A class is young for so long after its first line, ms. Its first sessions to be over are its shortest: were they
 * believed, those that wait for a late line would be cut, and the class would never learn how late lines come.
 */
const youth = 3 * 86_400_000;
/** How long a session of a young class must be quiet at least, ms. */
const quietInYouth = 86_400_000;

/** What a boundary brings: sessions to score, then sessions that are over, both in order of (end, key). */
export interface ClosedSessions {
  readonly score: readonly SessionWindow[];
  readonly release: readonly SessionWindow[];
}

export class OpenSessions {
  private readonly sessions: Store<OpenSession>;
  /** Boundary at which a session is looked at although no line comes, by id. */
  private readonly wakes: Store<number>;
  /** Start of the first pane of each class, ms, by entity. */
  private readonly born: Store<number>;
  /** Ids by the boundary at which they are looked at: follows from the stores. */
  private readonly agenda = new Map<number, Set<string>>();

  constructor(
    stores: StateStores,
    private readonly pane: number,
    private readonly times: SessionTimes,
  ) {
    this.sessions = stores.open('open-sessions', openSession);
    this.wakes = stores.open('session-wakes', uint);
    this.born = stores.open('session-class-born', uint);
    for (const id of this.sessions.keys()) {
      for (const start of this.sessions.get(id)!.open.keys()) this.plan(start + pane, id);
      const wake = this.wakes.get(id);
      if (wake !== undefined) this.plan(wake, id);
    }
  }

  /** Events of one pane that is not closed. */
  add({ entity, key, pane, events, capped }: SessionPartial): void {
    const id = `${entity} ${key}`;
    const session = this.sessions.get(id) ?? {
      entity,
      key,
      events: new Map(),
      open: new Map(),
      first: 0,
      last: 0,
      capped: false,
      stalled: false,
    };
    const into: SessionEvents = session.open.get(pane) ?? (new Map() as SessionEvents);
    addSessionEvents(into, events);
    session.open.set(pane, into);
    session.capped ||= capped;
    this.sessions.put(id, session);
    const born = this.born.get(entity);
    if (born === undefined || pane < born) this.born.put(entity, pane);
    this.plan(pane + this.pane, id);
  }

  /** The first boundary after `boundary` at which a session is looked at, or undefined. */
  next(boundary: number): number | undefined {
    if (this.agenda.has(boundary + this.pane)) return boundary + this.pane;
    let next: number | undefined;
    for (const at of this.agenda.keys()) if (at > boundary && (next === undefined || at < next)) next = at;
    return next;
  }

  /** What `boundary` brings. With `all`, every session is released: nothing more will come. */
  close(boundary: number, stalled: boolean, all = false): ClosedSessions {
    const score: SessionWindow[] = [];
    const release: SessionWindow[] = [];
    const ids = all ? new Set(this.sessions.keys()) : (this.agenda.get(boundary) ?? new Set<string>());
    this.agenda.delete(boundary);
    for (const id of [...ids].sort()) {
      const session = this.sessions.get(id);
      if (!session) continue;
      const fresh = this.merge(session, boundary, stalled);
      const { entity, first, last, events } = session;
      const isOver = all || boundary - last >= this.quiet(entity, boundary);
      // What is due at its release is judged before; at the end of all sources nothing more falls due.
      const isDue = this.wakes.get(id) === boundary;
      if (fresh || isDue) score.push(windowOf(session, 'score', boundary));
      if (isOver) {
        release.push(windowOf(session, 'release', boundary));
        this.sessions.delete(id);
        this.wakes.delete(id);
        continue;
      }
      const due = this.times.nextDue(entity, events, boundary - first);
      const over = this.up(last + this.quiet(entity, boundary));
      const wake = Math.max(boundary + this.pane, due === undefined ? over : Math.min(over, this.up(first + due)));
      this.wakes.put(id, wake);
      this.plan(wake, id);
      this.sessions.put(id, session);
    }
    return { score, release };
  }

  get size(): number {
    return this.sessions.size;
  }

  /** Joins the panes that end at or before `boundary`; whether there were any. */
  private merge(session: OpenSession, boundary: number, stalled: boolean): boolean {
    let fresh = false;
    for (const [start, events] of [...session.open].sort(([a], [b]) => a - b)) {
      if (start + this.pane > boundary) continue;
      fresh = true;
      addSessionEvents(session.events, events);
      for (const { first, last } of events.values()) {
        if (session.first === 0 || first < session.first) session.first = first;
        if (last > session.last) session.last = last;
      }
      session.open.delete(start);
      session.stalled ||= stalled;
    }
    return fresh;
  }

  private quiet(entity: string, boundary: number): number {
    const quiet = this.times.quiet(entity);
    return boundary - (this.born.get(entity) ?? boundary) < youth ? Math.max(quiet, quietInYouth) : quiet;
  }

  private up(time: number): number {
    return Math.ceil(time / this.pane) * this.pane;
  }

  private plan(boundary: number, id: string): void {
    const ids = this.agenda.get(boundary);
    if (ids) ids.add(id);
    else this.agenda.set(boundary, new Set([id]));
  }
}

function windowOf(session: OpenSession, phase: SessionWindow['phase'], end: number): SessionWindow {
  const { entity, key, first, last, events, capped, stalled } = session;
  const flags: InexactReason[] = [...(capped ? (['capped'] as const) : []), ...(stalled ? (['stalled'] as const) : [])];
  // A copy: the session goes on, and its window stays as it was.
  return { type: 'session', phase, entity, key, first, last, end, events: new Map(events), flags };
}
