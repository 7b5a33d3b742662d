/** The stream of changes: nothing is missed, nothing comes twice. */
import { Hub, type LiveEvent } from '../../console/live/hub.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function hubWith(changes: number): { hub: Hub; seen: LiveEvent[] } {
  const hub = new Hub(() => 7);
  const seen: LiveEvent[] = [];
  hub.listen(undefined, (event) => seen.push(event));
  for (let i = 0; i < changes; i++) {
    hub.changed(i % 2 === 0 ? 'alerts' : 'decisions');
    jest.advanceTimersByTime(500);
  }
  return { hub, seen };
}

test('changes that come at once are one event', () => {
  const { hub, seen } = hubWith(0);
  hub.changed('decisions');
  hub.changed('alerts');
  hub.changed('decisions');
  jest.advanceTimersByTime(500);
  expect(seen.map(({ event, data }) => [event, data.topics])).toEqual([['change', ['alerts', 'decisions']]]);
});

test('who comes back gets what it missed, once each', () => {
  const { hub, seen } = hubWith(6);
  for (let last = 0; last < seen.length; last++) {
    const missed: LiveEvent[] = [];
    hub.listen(seen[last]!.id, (event) => missed.push(event));
    expect(missed).toEqual(seen.slice(last + 1));
  }
});

test('who was away for longer than is kept, or was at another process, gets one resync', () => {
  const { hub, seen } = hubWith(400);
  const events = (last: string): string[] => {
    const heard: LiveEvent[] = [];
    hub.listen(last, (event) => heard.push(event));
    return heard.map(({ event }) => event);
  };
  expect(events(seen[0]!.id)).toEqual(['resync']);
  expect(events('another-12')).toEqual(['resync']);
  expect(events('nonsense')).toEqual(['resync']);
  expect(events(seen[399]!.id)).toEqual([]);
});
