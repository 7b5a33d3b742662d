import { RepeatLimit } from '../../connectors/repeat-limit.js';

it('lets a message through at once, and again only after the time', () => {
  let now = 0;
  const repeats = new RepeatLimit(10_000, () => now);
  const allowedAt = [0, 1, 9_999, 10_000, 10_001, 20_000].filter((at) => {
    now = at;
    return repeats.allows('the broker is not reachable');
  });
  expect(allowedAt).toEqual([0, 10_000, 20_000]);
});

it('judges each message by itself', () => {
  const repeats = new RepeatLimit(10_000, () => 0);
  expect(['a', 'b', 'a', 'b'].map((message) => repeats.allows(message))).toEqual([true, true, false, false]);
});

it('forgets rather than grows where every message differs', () => {
  const repeats = new RepeatLimit(10_000, () => 0);
  const messages = Array.from({ length: 1000 }, (_, index) => `connection ${index}`);
  expect(messages.every((message) => repeats.allows(message))).toBe(true);
  expect(repeats.allows('connection 999')).toBe(false);
  expect(repeats.allows('connection 0')).toBe(true);
});
