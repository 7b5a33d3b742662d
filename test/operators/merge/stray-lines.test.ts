/** Lines that were cut in the key of their session, or before it, are no sessions and are not missed in theirs. */
import fc from 'fast-check';
import { OpenKeys } from '../../../operators/merge/open-keys.js';
import { OpenSessions, type SessionTimes } from '../../../operators/merge/open-sessions.js';
import type { SessionEvents } from '../../../records/aggregate.js';
import { TestStores } from '../../builders/windows.js';

const pane = 60_000;
const hour = 60 * pane;
const start = Date.UTC(2026, 0, 5);
const entity = 'session{service="jobs"}';
/** A line that ends in the key, one that goes on behind it, and the first without its end. */
const [begun, stored, cut] = [1, 2, 3];

/** Both steps are due after an hour. */
const times: SessionTimes = {
  nextDue: (_, events, after) => (after < hour && !(events.has(begun) && events.has(stored)) ? hour : undefined),
  quiet: () => 4 * hour,
  lines: {
    ends: (_, __, events) => ([...events.keys()].every((id) => id !== stored) ? 'in-key' : 'behind-key'),
    stepsOf: (_, signature, whole) => (signature === cut ? [begun] : whole ? [signature] : []),
    missing: (_, events: SessionEvents, waited) =>
      waited < hour ? [] : [begun, stored].filter((id) => !events.has(id)),
    comesAt: (_, __, since) => Math.abs(since) < pane,
  },
};

interface Line {
  readonly key: string;
  readonly signature: number;
  readonly at: number;
}

function add(sessions: OpenSessions, { key, signature, at }: Line): void {
  const tag = { source: 'logs/0', incarnation: 1, epoch: 1, offset: 0, n: 0 };
  const time = start + at;
  const events = new Map([[signature, { count: 1, first: time, last: time }]]);
  const slice = { type: 'session', tag, entity, key, pane: time - (time % pane), settings: 1, capped: false } as const;
  sessions.add({ ...slice, events });
}

/** What is scored until `until`: the key and the templates at the last look, by key; restarts at each boundary if asked to. */
function scored(lines: readonly Line[], until: number, restarts = false): Map<string, number[]> {
  let stores = new TestStores();
  let sessions = new OpenSessions(stores, pane, times);
  const rows = new Map<string, number[]>();
  // A class that is young keeps its sessions for a day: the first line was long ago.
  add(sessions, { key: 'old', signature: stored, at: -100 * hour });
  for (const line of lines) add(sessions, line);
  let from = start - 101 * hour;
  for (let at = sessions.next(from); at !== undefined && at <= start + until; at = sessions.next(from)) {
    const { score, release } = sessions.close(at, () => []);
    for (const { key, events } of score) rows.set(key, [...events.keys()].sort());
    for (const { key, events } of release) if (events.size === 0) rows.delete(key);
    sessions.settle(at);
    from = at;
    if (!restarts) continue;
    stores = new TestStores(stores);
    sessions = new OpenSessions(stores, pane, times);
  }
  rows.delete('old');
  return rows;
}

test('a session has the line whose key was cut, and the rest of the key is no session', () => {
  const lines = [
    { key: 'job-12345', signature: stored, at: 0 },
    { key: 'job-123', signature: begun, at: 500 },
  ];
  expect([...scored(lines, 2 * hour)]).toEqual([['job-12345', [begun, stored]]]);
});

test('a session has the line that lost its key, and a second one does not have it too', () => {
  const lines = [
    { key: 'a', signature: stored, at: 0 },
    { key: 'b', signature: stored, at: 1000 },
    { key: '', signature: cut, at: 0 },
  ];
  expect([...scored(lines, 2 * hour)]).toEqual([
    ['a', [begun, stored]],
    ['b', [stored]],
  ]);
});

test('a line without a key that is no rest of a step of the class is nothing to it, nor one from another time', () => {
  const lines = [
    { key: 'a', signature: stored, at: 0 },
    { key: '', signature: begun, at: 0 },
    { key: '', signature: cut, at: 10 * pane },
  ];
  expect([...scored(lines, 2 * hour)]).toEqual([['a', [stored]]]);
});

test('a session that waits for its next line is one, also where other keys begin with its own', () => {
  const jobs = [
    { key: 'job-1', signature: begun, at: 0 },
    { key: 'job-1', signature: stored, at: 2 * pane },
    { key: 'job-12', signature: begun, at: 0 },
    { key: 'job-12', signature: stored, at: 10 * pane },
  ];
  // The keys of these are known to begin with one another: one that stays without its next line is a session as well.
  const lines = [...jobs, { key: 'job-2', signature: begun, at: hour }, { key: 'job-21', signature: stored, at: hour }];
  expect(scored(lines, 3 * hour)).toEqual(
    new Map([
      ['job-1', [begun, stored]],
      ['job-12', [begun, stored]],
      ['job-2', [begun]],
      ['job-21', [stored]],
    ]),
  );
});

test('restarts and the order of lines change nothing', () => {
  const line = fc.record({
    key: fc.constantFrom('', 'a', 'ab', 'abc', 'abd', 'b', 'ba'),
    signature: fc.constantFrom(begun, stored, cut),
    at: fc.nat(3 * hour),
  });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const whole = [...scored(lines, 9 * hour)].sort();
      expect([...scored([...lines].reverse(), 9 * hour, true)].sort()).toEqual(whole);
    }),
    { numRuns: 200 },
  );
});

test('longer keys are found among thousands, and those that are closed are not', () => {
  const open = new Set<string>();
  const keys = new OpenKeys((key) => open.has(key));
  for (let n = 0; n < 5000; n++) {
    open.add(`job-${n}x`);
    keys.add(`job-${n}x`);
  }
  expect([keys.hasLonger('job-4999'), keys.hasLonger('job-4999x'), keys.hasLonger('job-7')]).toEqual([
    true,
    false,
    true,
  ]);
  open.delete('job-4999x');
  expect(keys.hasLonger('job-4999')).toBe(false);
});
