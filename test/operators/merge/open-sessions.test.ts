/** When sessions are looked at, and when they are over. */
import { OpenSessions, type SessionTimes } from '../../../operators/merge/open-sessions.js';
import { TestStores } from '../../builders/windows.js';

const pane = 60_000;
const hour = 60 * pane;
const day = 24 * hour;
const start = Date.UTC(2026, 0, 5);
const entity = 'session{service="jobs"}';

const tag = { source: 'logs/0', incarnation: 1, epoch: 1, offset: 0, n: 0 };
const line = (key: string, at: number) => ({
  type: 'session' as const,
  tag,
  entity,
  key,
  pane: Math.floor(at / pane) * pane,
  settings: 1,
  capped: false,
  events: new Map([[1, { count: 1, first: at, last: at }]]),
});

/** Boundaries, relative to the start, at which sessions are scored and released, up to `until`. */
function look(sessions: OpenSessions, from: number, until: number): { scored: number[]; released: number[] } {
  const scored: number[] = [];
  const released: number[] = [];
  for (let at = sessions.next(from); at !== undefined && at <= until; at = sessions.next(at)) {
    const { score, release } = sessions.close(at, () => []);
    sessions.settle(at);
    if (score.length > 0) scored.push(at - start);
    if (release.length > 0) released.push(at - start);
  }
  return { scored, released };
}

const times = (due: number | undefined, quiet: number): SessionTimes => ({
  nextDue: (_, __, after) => (due !== undefined && due > after ? due : undefined),
  quiet: () => quiet,
});

it('keeps the sessions of a young class for a day, so that their late lines are not cut off', () => {
  const sessions = new OpenSessions(new TestStores(), pane, times(undefined, hour), 1000);
  sessions.add(line('a', start));
  expect(look(sessions, start, start + 3 * day)).toEqual({ scored: [pane, day], released: [day] });
});

it('releases the sessions of a grown class when they have been quiet', () => {
  const sessions = new OpenSessions(new TestStores(), pane, times(undefined, hour), 1000);
  sessions.add(line('first', start));
  look(sessions, start, start + 3 * day);
  sessions.add(line('b', start + 4 * day));
  expect(look(sessions, start + 4 * day, start + 6 * day).released).toEqual([4 * day + hour]);
});

it('scores a session when a line falls due, also at the boundary at which it is over', () => {
  const sessions = new OpenSessions(new TestStores(), pane, times(day, hour), 1000);
  sessions.add(line('a', start));
  expect(look(sessions, start, start + 3 * day)).toEqual({ scored: [pane, day], released: [day] });
});

it('goes on after a restart where it was', () => {
  const before = new TestStores();
  const sessions = new OpenSessions(before, pane, times(undefined, hour), 1000);
  sessions.add(line('a', start));
  look(sessions, start, start + hour);
  const restored = new OpenSessions(new TestStores(before), pane, times(undefined, hour), 1000);
  expect(look(restored, start + hour, start + 3 * day)).toEqual({ scored: [day], released: [day] });
});
