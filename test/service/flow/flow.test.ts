import { Flow } from '../../../service/flow/flow.js';
import { decodeProgress, encodeProgress } from '../../../service/fleet/peers.js';

const minute = 60_000;
const flowOf = (...sources: string[]): Flow =>
  new Flow({ sources, shards: 1, maxAhead: 10 * minute, warmup: 0, promoted: true });
const warmingUp = (minutes: number, ...sources: string[]): Flow =>
  new Flow({ sources, shards: 1, maxAhead: 10 * minute, warmup: minutes * minute, promoted: false });

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

test('a source that holds its first mark until all have begun waits, and goes on when they have', async () => {
  const flow = warmingUp(60, 'a', 'b');
  flow.began('a', 0);
  const mayMark = flow.mayMark('a', minute, new AbortController().signal);
  expect(flow.mustWait('a')).toBe(true);
  flow.began('b', 0);
  flow.mark('b', minute, 'data');
  expect(await mayMark).toBe(true);
  expect(flow.mustWait('a')).toBe(false);
});

test('a mark that waits for the end of the warm-up keeps nobody from getting there, however far it is ahead', async () => {
  const flow = warmingUp(100, 'a', 'b');
  flow.began('a', 0);
  flow.began('b', 0);
  const { signal } = new AbortController();
  flow.mark('b', 5 * minute, 'data');
  flow.mark('a', 14 * minute, 'data');
  // b has nothing to say until long behind the warm-up.
  const marked = flow.mayMark('b', 400 * minute, signal);
  flow.mark('a', 60 * minute, 'data');
  expect(flow.mustWait('a')).toBe(false);
  const other = flow.mayMark('a', 101 * minute, signal);
  expect(flow.trainingIsDue).toBe(true);
  flow.promote();
  expect(await Promise.all([marked, other])).toEqual([true, true]);
});
