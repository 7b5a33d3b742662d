/** Sessions that are not over: scored when they have lines and when a template falls due, released when they are quiet. */
import { addSessionEvents, sessionEvents, type SessionEvents } from '../../records/aggregate.js';
import { bool, list, map, oneOf, struct, text, uint } from '../../records/wire/codec.js';
import { compareBytes } from '../../records/wire/order.js';
import { inexactReasons, type InexactReason } from '../../records/score.js';
import type { StateStores, Store } from '../../records/store.js';
import type { SessionWindow } from '../../records/window.js';
import type { SessionPartial } from '../../records/windows.js';
import { OpenKeys } from './open-keys.js';
import { withFlags, type FlagsOf } from './open-windows.js';
import { StrayLines, type LineKnowledge } from './stray-lines.js';

/** What a session class knows of its times; all in ms. */
export interface SessionTimes {
  /** How long after its first line the next template that is missing falls due, later than `after`; or undefined. */
  nextDue(entity: string, events: SessionEvents, after: number): number | undefined;
  /** How long a session must be quiet to be over. */
  quiet(entity: string): number;
  /** Without it no line is looked for that was cut in the key of its session, or before. */
  readonly lines?: LineKnowledge;
}

/** What sources sent of one pane that is not closed. */
interface OpenSessionEvents {
  events: SessionEvents;
  settings: number;
  capped: boolean;
  mixed: boolean;
}

interface UnclosedSession {
  entity: string;
  key: string;
  /** Of closed panes: the events, the time of the first and the last line in ms, and why it is inexact. */
  events: SessionEvents;
  first: number;
  last: number;
  settings: number;
  flags: readonly InexactReason[];
  /** Panes that are still open, by their starts: nothing of them counts before they are closed. */
  open: Map<number, OpenSessionEvents>;
  /** Boundary at which it is looked at although no line comes, ms; 0 for none. */
  wake: number;
}

const openSession = struct<UnclosedSession>({
  entity: text,
  key: text,
  events: sessionEvents,
  first: uint,
  last: uint,
  settings: uint,
  flags: list(oneOf(...inexactReasons)),
  open: map(uint, struct<OpenSessionEvents>({ events: sessionEvents, settings: uint, capped: bool, mixed: bool })),
  wake: uint,
});

const newSession = (entity: string, key: string, open: Map<number, OpenSessionEvents>): UnclosedSession => ({
  entity,
  key,
  events: new Map(),
  first: Number.MAX_SAFE_INTEGER,
  last: 0,
  settings: 0,
  flags: [],
  open,
  wake: 0,
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

/** The sessions of a shard that are not over. */
export class OpenSessions {
  private readonly sessions: Store<UnclosedSession>;
  /** Start of the first pane of each class, ms, by entity. */
  private readonly born: Store<number>;
  /** Ids by the boundary at which they are looked at: exactly what follows from the store, or a restart would differ. */
  private readonly agenda = new Map<number, Set<string>>();
  /** Looked at by the last boundary and not over: when to look again is settled once the boundary was handled. */
  private readonly unsettled = new Set<string>();
  private readonly strays: StrayLines | undefined;
  /** Keys of open sessions, by entity. */
  private readonly keys = new Map<string, OpenKeys>();

  constructor(
    stores: StateStores,
    private readonly pane: number,
    private readonly times: SessionTimes,
    private readonly maxSessions = Number.POSITIVE_INFINITY,
  ) {
    this.sessions = stores.open('open-sessions', openSession);
    this.born = stores.open('session-class-born', uint);
    if (times.lines) this.strays = new StrayLines(stores, times.lines);
    for (const id of this.sessions.keys()) {
      const { entity, key, open, wake } = this.sessions.get(id)!;
      this.keysOf(entity).add(key);
      for (const start of open.keys()) this.plan(start + pane, id);
      if (wake > 0) this.plan(wake, id);
    }
  }

  /** Adds events of one pane that is not closed. False, and nothing is kept, where there is no room for a new session. */
  add({ entity, key, pane: start, events, settings, capped }: SessionPartial): boolean {
    const id = `${entity} ${key}`;
    const known = this.sessions.get(id);
    // Lines without a key have no session: only what misses them may look for them.
    if (key === '' && !this.strays) return true;
    if (!known) this.keysOf(entity).add(key);
    if (!known && this.sessions.size >= this.maxSessions) return false;
    const session = known ?? newSession(entity, key, new Map());
    let pane = session.open.get(start);
    if (!pane) {
      pane = { events: new Map(), settings, capped: false, mixed: false };
      session.open.set(start, pane);
      this.plan(start + this.pane, id);
    }
    addSessionEvents(pane.events, events);
    pane.capped ||= capped;
    pane.mixed ||= settings !== pane.settings;
    pane.settings = Math.min(pane.settings, settings);
    this.sessions.put(id, session);
    const born = this.born.get(entity);
    if (born === undefined || start < born) this.born.put(entity, start);
    return true;
  }

  /** A slice came after its pane was closed: if its session is open, it says so. */
  missed({ entity, key }: SessionPartial): void {
    const id = `${entity} ${key}`;
    const session = this.sessions.get(id);
    if (!session) return;
    session.flags = withFlags(session.flags, 'late');
    this.sessions.put(id, session);
  }

  /** The first boundary after `boundary` at which a session is looked at, or undefined. */
  next(boundary: number): number | undefined {
    if (this.agenda.has(boundary + this.pane)) return boundary + this.pane;
    let next: number | undefined;
    for (const at of this.agenda.keys()) if (at > boundary && (next === undefined || at < next)) next = at;
    return next;
  }

  /** What `boundary` brings. With `all`, every session is released: nothing more will come. */
  close(boundary: number, flagsOf: FlagsOf, all = false): ClosedSessions {
    const score: SessionWindow[] = [];
    const release: SessionWindow[] = [];
    const ids = all ? this.sessions.keys() : (this.agenda.get(boundary) ?? []);
    for (const id of [...ids].sort(compareBytes)) {
      const session = this.sessions.get(id)!;
      const fresh = this.merge(session, boundary);
      if (session.events.size === 0) continue;
      if (session.key === '' || (!fresh && this.isCut(session))) {
        this.stray(id, session, boundary, release);
        continue;
      }
      this.claim(session, boundary);
      session.flags = withFlags(session.flags, ...flagsOf(session.first, boundary));
      const isOver = all || boundary - session.last >= this.quiet(session.entity, boundary);
      // What falls due as it is released is judged before.
      if (fresh || session.wake === boundary)
        score.push(windowOf(session, 'score', boundary, isOver ? session.events : new Map(session.events)));
      this.unplan(id, session);
      if (isOver) {
        release.push(windowOf(session, 'release', boundary, session.events));
        this.sessions.delete(id);
        // A source that is ahead has sent lines of a later session with the same key already.
        if (session.open.size > 0) this.sessions.put(id, newSession(session.entity, session.key, session.open));
      } else {
        this.unsettled.add(id);
        this.sessions.put(id, session);
      }
    }
    this.agenda.delete(boundary);
    return { score, release };
  }

  /**
   * Plans the next look at the sessions of the boundary that was just handled: only now are the templates of its lines
   * described, and its class has learnt.
   */
  settle(boundary: number): void {
    for (const id of this.unsettled) {
      const session = this.sessions.get(id)!;
      const { entity, events, first, last } = session;
      const over = last + this.quiet(entity, boundary);
      const due = this.times.nextDue(entity, events, boundary - first);
      this.nest(session);
      // What may be the line of another session is looked at before that session misses it.
      const wait = due !== undefined && this.isCut(session) ? due >> 1 : due;
      const at = Math.min(over, wait === undefined ? over : first + wait);
      session.wake = Math.max(boundary + this.pane, Math.ceil(at / this.pane) * this.pane);
      this.plan(session.wake, id);
      this.sessions.put(id, session);
    }
    this.unsettled.clear();
    this.strays?.settle((entity) => boundary - this.quiet(entity, boundary));
  }

  private keysOf(entity: string): OpenKeys {
    let keys = this.keys.get(entity);
    if (!keys) {
      const isOpen = (key: string): boolean => (this.sessions.get(`${entity} ${key}`)?.events.size ?? 0) > 0;
      this.keys.set(entity, (keys = new OpenKeys(isOpen)));
    }
    return keys;
  }

  /** Whether the key of a session may be the rest of another one's: all of its lines may end in it. */
  private isCut({ entity, key, events }: UnclosedSession): boolean {
    const { strays } = this;
    if (!strays || this.times.lines?.ends(entity, key, events) !== 'in-key' || strays.isNested(entity)) return false;
    return this.keysOf(entity).hasLonger(key);
  }

  /** Keys of which a whole one is the beginning of another are never taken for cut ones. */
  private nest({ entity, key, events }: UnclosedSession): void {
    const { strays } = this;
    if (!strays || strays.isNested(entity) || !this.keysOf(entity).hasLonger(key)) return;
    if (this.times.lines?.ends(entity, key, events) === 'behind-key') strays.nest(entity);
  }

  /** Lines that belong to a session that is not known: a session that misses one of them has it. */
  private stray(id: string, session: UnclosedSession, boundary: number, release: SessionWindow[]): void {
    this.unplan(id, session);
    this.strays?.add(session.entity, session.key, session.events);
    // Nothing is learnt from it.
    if (session.key !== '') release.push(windowOf(session, 'release', boundary, new Map()));
    this.sessions.delete(id);
    if (session.open.size > 0) this.sessions.put(id, newSession(session.entity, session.key, session.open));
  }

  /** Takes lines without a session for those that a session misses. */
  private claim(session: UnclosedSession, boundary: number): void {
    const { entity, key, events } = session;
    const { strays } = this;
    if (!strays?.has(entity)) return;
    const left = new Set(this.times.lines?.missing(entity, events, boundary - session.first));
    for (;;) {
      const found = left.size > 0 ? strays.claim(entity, key, session.first, [...left]) : undefined;
      if (!found) return;
      left.delete(found.step);
      events.set(found.step, { count: 1, first: found.at, last: found.at });
      session.first = Math.min(session.first, found.at);
    }
  }

  /** Joins the panes that end at or before `boundary`; whether there were any. */
  private merge(session: UnclosedSession, boundary: number): boolean {
    const closed = [...session.open].filter(([start]) => start + this.pane <= boundary).sort(([a], [b]) => a - b);
    for (const [start, { events, settings, capped, mixed }] of closed) {
      const isFirst = session.events.size === 0;
      addSessionEvents(session.events, events);
      for (const { first, last } of events.values()) {
        session.first = Math.min(session.first, first);
        session.last = Math.max(session.last, last);
      }
      session.flags = withFlags(
        session.flags,
        ...(capped ? (['capped'] as const) : []),
        ...(mixed || (!isFirst && settings !== session.settings) ? (['mixed'] as const) : []),
      );
      session.settings = settings;
      session.open.delete(start);
    }
    return closed.length > 0;
  }

  private quiet(entity: string, boundary: number): number {
    const quiet = this.times.quiet(entity);
    return boundary - (this.born.get(entity) ?? boundary) < youth ? Math.max(quiet, quietInYouth) : quiet;
  }

  private plan(boundary: number, id: string): void {
    const ids = this.agenda.get(boundary);
    if (ids) ids.add(id);
    else this.agenda.set(boundary, new Set([id]));
  }

  /** Takes back the look that was planned without a line. */
  private unplan(id: string, session: UnclosedSession): void {
    const { wake, open } = session;
    session.wake = 0;
    if (wake === 0 || open.has(wake - this.pane)) return;
    const ids = this.agenda.get(wake);
    ids?.delete(id);
    if (ids?.size === 0) this.agenda.delete(wake);
  }
}

/**
 * What `session` is at a boundary.
 *
 * @param events - a copy where the session goes on, so that its window stays as it was; its own where it is over
 */
function windowOf(
  session: UnclosedSession,
  phase: SessionWindow['phase'],
  end: number,
  events: SessionEvents,
): SessionWindow {
  const { entity, key, first, last, flags } = session;
  return { type: 'session', phase, entity, key, first, last, end, events, flags };
}
