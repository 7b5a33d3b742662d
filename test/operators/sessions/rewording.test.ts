import { Likeness } from '../../../operators/sessions/likeness.js';
import {
  countArrivals,
  isTakenInError,
  noArrivals,
  rewordingOf,
  type Arrivals,
  type FirstLines,
  type KnownStep,
} from '../../../operators/sessions/rewording.js';

const minute = 60_000;
const [start, done, reworded] = [1, 2, 3];
const known = (id: number): boolean => id !== reworded;
const step = (alike: number): KnownStep => ({ id: done, share: 1, alike, comesAt: () => true });

/** A session a minute that starts and ends with the template `last`. */
const sessionAt = (n: number, last: number): FirstLines =>
  new Map([
    [start, n * minute],
    [last, n * minute + 1000],
  ]);

/** Feeds sessions a minute each, and says at which of them the new template was first taken for `done`. */
function takenAt(ends: readonly number[], alike: number, state: Arrivals = noArrivals()): number | undefined {
  for (const [n, last] of ends.entries()) {
    const session = sessionAt(n, last);
    countArrivals(state, [session], (n + 1) * minute, known);
    if (last === reworded && rewordingOf(state, reworded, [session], [step(alike)]) === done) return n;
  }
  return undefined;
}

test('a new line with like words that comes where a known one stays away is the same step at its third arrival', () => {
  expect(takenAt([done, done, reworded, reworded, reworded, reworded], 0.5)).toBe(4);
});

test('without like words it takes eight moments', () => {
  expect(takenAt([done, done, ...Array<number>(10).fill(reworded)], 0)).toBe(9);
});

test('a failure in some sessions is no new wording: the step goes on in others', () => {
  const mixed = Array.from({ length: 60 }, (_, n) => (n % 3 === 2 ? done : reworded));
  expect(takenAt(mixed, 0.9)).toBeUndefined();
});

test('many arrivals in one moment are one where words are unlike', () => {
  const state = noArrivals();
  const sessions = Array.from({ length: 40 }, () => sessionAt(1, reworded));
  countArrivals(state, sessions, 2 * minute, known);
  expect(rewordingOf(state, reworded, sessions, [step(0)])).toBeUndefined();
  expect(rewordingOf(state, reworded, sessions, [step(0.5)])).toBe(done);
});

test('the old wording that comes back parts the two, and they are not joined again as easily', () => {
  const state = noArrivals();
  expect(takenAt([done, reworded, reworded, reworded], 0.5, state)).toBe(3);
  countArrivals(state, [sessionAt(10, done)], 11 * minute, known);
  expect(isTakenInError(state, reworded, done)).toBe(true);
  for (let n = 11; n < 16; n++) countArrivals(state, [sessionAt(n, reworded)], (n + 1) * minute, known);
  expect(rewordingOf(state, reworded, [sessionAt(15, reworded)], [step(0.5)])).toBeUndefined();
});

test('a step that goes on and is more alike keeps a new line from being taken for another', () => {
  const state = noArrivals();
  const sessions = [0, 1, 2, 3].map((n) => sessionAt(n, reworded));
  for (const [n, session] of sessions.entries()) countArrivals(state, [session], (n + 1) * minute, known);
  const other: KnownStep = { id: start, share: 1, alike: 0.8, comesAt: () => true };
  expect(rewordingOf(state, reworded, sessions, [step(0.5), other])).toBeUndefined();
});

test('words that most templates share say little of how alike two texts are', () => {
  const texts = ['INFO node: block <*> stored', 'INFO node: block <*> sent', 'INFO node: block <*> checked'];
  const likeness = new Likeness(texts);
  const [stored, sent] = texts as [string, string];
  expect(likeness.of('INFO node: block <*> was stored', stored)).toBeGreaterThan(0.6);
  expect(likeness.of('INFO node: block <*> was stored', sent)).toBeLessThan(0.35);
  expect(likeness.of('', '')).toBe(0);
});
