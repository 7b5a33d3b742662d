import { Flow } from '../../../service/flow/flow.js';
import { decodeProgress, encodeProgress } from '../../../service/fleet/peers.js';

const minute = 60_000;
const flowOf = (...sources: string[]): Flow => new Flow({ sources, shards: 1, maxAhead: 10 * minute });
/** One in which marks wait for a training. */
const holding = (...sources: string[]): Flow => new Flow({ sources, shards: 1, maxAhead: 10 * minute, holds: true });

test('a source waits for the slowest one, whichever member reads it', () => {
  const flow = flowOf('a', 'b', 'c');
  flow.mark('a', 30 * minute, 'data');
  // Of b and c nothing is known: they may have nothing to say for hours.
  expect(flow.mustWait('a')).toBe(false);
  flow.mark('b', 25 * minute, 'data');
  flow.tell(new Map([['c', { watermark: 5 * minute, kind: 'data' }]]));
  expect([flow.mustWait('a'), flow.mustWait('b')]).toEqual([true, true]);
  flow.tell(new Map([['c', { watermark: 20 * minute, kind: 'data' }]]));
  expect(flow.mustWait('a')).toBe(false);
});

test('nobody waits for a source that is stalled or at its end, here or elsewhere', () => {
  const flow = flowOf('a', 'b', 'c');
  flow.mark('a', 30 * minute, 'data');
  flow.mark('b', minute, 'stalled');
  flow.tell(new Map([['c', { watermark: minute, kind: 'end' }]]));
  expect(flow.mustWait('a')).toBe(false);
  flow.mark('b', 2 * minute, 'data');
  expect(flow.mustWait('a')).toBe(true);
});

test('what this member reads it knows better; what has moved away is what others say of it', () => {
  const flow = flowOf('a', 'b');
  flow.tell(new Map([['b', { watermark: minute, kind: 'data' }]]));
  flow.mark('a', 30 * minute, 'data');
  flow.mark('b', 29 * minute, 'data');
  expect(flow.mustWait('a')).toBe(false);
  flow.leave('b');
  expect(flow.mustWait('a')).toBe(true);
  expect(flow.progressOf('b')).toBeUndefined();
});

test('a source is behind, and an idle one is raised, by the front of the whole fleet; strangers do not count', () => {
  const flow = flowOf('a', 'b');
  flow.mark('a', minute, 'data');
  flow.tell(
    new Map([
      ['b', { watermark: 20 * minute, kind: 'data' }],
      ['gone', { watermark: 99 * minute, kind: 'data' }],
    ]),
  );
  expect(flow.front).toBe(20 * minute);
  expect(flow.isBehind('a', 10 * minute)).toBe(true);
  expect(flow.isBehind('a', 19 * minute)).toBe(false);
});

test('marks travel as metadata, and what is none is ignored', () => {
  for (const kind of ['data', 'stalled', 'end'] as const) {
    const progress = { watermark: 1_767_600_000_000, kind };
    expect(decodeProgress(encodeProgress(progress))).toEqual(progress);
  }
  for (const other of [null, '', 'data', 'data -1', 'datum 5', 'end 12345678901234567890', '{}'])
    expect(decodeProgress(other)).toBeUndefined();
});

test('a mark of what has moved away counts no more, until it is back: nobody waits for it', () => {
  const flow = flowOf('a', 'b');
  flow.mark('a', 30 * minute, 'data');
  flow.leave('b');
  // A slice that was under way when it moved.
  flow.mark('b', minute, 'data');
  flow.tell(new Map([['b', { watermark: 29 * minute, kind: 'data' }]]));
  expect(flow.mustWait('a')).toBe(false);
  flow.take('b');
  flow.mark('b', 2 * minute, 'data');
  expect(flow.mustWait('a')).toBe(true);
});

const stop = new AbortController();
const { signal } = stop;
// What still waits would keep the process alive.
afterAll(() => stop.abort());

test('a source that holds its first mark until all have begun waits, and goes on when they have', async () => {
  const flow = holding('a', 'b');
  flow.began('a', 0);
  const mayMark = flow.mayMark('a', minute, 'data', signal);
  expect(flow.mustWait('a')).toBe(true);
  flow.began('b', 0);
  expect(flow.first).toBeUndefined();
  flow.mark('b', minute, 'data');
  expect(flow.first).toBe(0);
  flow.hold(60 * minute);
  expect(await mayMark).toBe(true);
  expect(flow.mustWait('a')).toBe(false);
});

test('a mark that waits for a training keeps nobody from getting there, however far it is ahead', async () => {
  const flow = holding('a', 'b');
  flow.fixFirst(0);
  flow.hold(100 * minute);
  flow.mark('b', 5 * minute, 'data');
  flow.mark('a', 14 * minute, 'data');
  // b has nothing to say until long behind the training.
  const marked = flow.mayMark('b', 400 * minute, 'data', signal);
  flow.mark('a', 60 * minute, 'data');
  expect(flow.mustWait('a')).toBe(false);
  expect(flow.isHeld).toBe(false);
  const other = flow.mayMark('a', 101 * minute, 'data', signal);
  expect(flow.isHeld).toBe(true);
  flow.hold(500 * minute);
  expect(await Promise.all([marked, other])).toEqual([true, true]);
});

test('a mark before the first pane of a source does not say where it begins, whichever source is first', () => {
  // Panes of b begin at 62, those of a at 0; a mark of b precedes its first pane.
  const moves: Record<string, (flow: Flow) => void> = {
    'mark of b': (flow) => {
      expect(flow.mayMarkNow('b', 37 * minute)).toBe(true);
      flow.mark('b', 37 * minute, 'data');
    },
    'b begins': (flow) => {
      flow.began('b', 62 * minute);
      flow.began('b', 64 * minute);
      void flow.mayMark('b', 70 * minute, 'data', signal);
    },
    'a begins': (flow) => {
      flow.began('a', 2 * minute);
      // Partials come in no order of panes.
      flow.began('a', 0);
      void flow.mayMark('a', 10 * minute, 'data', signal);
    },
  };
  for (const order of [
    ['mark of b', 'b begins', 'a begins'],
    ['mark of b', 'a begins', 'b begins'],
    ['a begins', 'mark of b', 'b begins'],
  ]) {
    const flow = holding('a', 'b');
    for (const [i, move] of order.entries()) {
      expect(flow.first).toBeUndefined();
      // Nothing beyond a first pane may be closed before all have begun.
      if (i > 0) expect(flow.isHeld).toBe(false);
      moves[move]!(flow);
    }
    expect(flow.first).toBe(0);
    flow.hold(120 * minute);
    expect(flow.mayMarkNow('b', 119 * minute)).toBe(true);
    expect(flow.mayMarkNow('b', 121 * minute)).toBe(false);
  }
});

test('a source that is read to its end without a pane is not waited for; one whose pane is still to come reads on', () => {
  const flow = holding('a', 'b', 'c');
  flow.began('a', 0);
  void flow.mayMark('a', minute, 'data', signal);
  flow.mark('b', 400 * minute, 'data');
  expect(flow.mustWait('b')).toBe(false);
  flow.began('b', 401 * minute);
  void flow.mayMark('b', 402 * minute, 'data', signal);
  expect(flow.first).toBeUndefined();
  flow.mark('c', 0, 'end');
  expect(flow.first).toBe(0);
});
