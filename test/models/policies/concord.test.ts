import fc from 'fast-check';
import { uniform } from '../../../models/policies/chance.js';
import {
  carryConcord,
  concordCodec,
  createConcord,
  dailessConcordCodec,
  judgeConcord,
  observeConcord,
  stuckMembers,
  type Concord,
} from '../../../models/policies/concord.js';
import { decode, encode, int, list, struct, uint } from '../../../records/wire/codec.js';

const hour = 3_600_000;
const [detectors, core] = [10, [0, 1, 2, 3, 4]];
/** What all see of an hour, and what each sees by itself. */
const seen = (n: number): number => 2 * uniform(1, n, 1);

/** Hours of ten detectors; `broken` ones see those of twelve days before, or always the same. */
function live(hours: number, broken: readonly number[], isStuck = false): Concord {
  const state = createConcord();
  for (let n = 0; n < hours; n++)
    observeConcord(
      state,
      n * hour,
      Array.from({ length: detectors }, (_, i) => {
        if (broken.includes(i)) return isStuck ? 0.5 : seen(n + 288) + 0.5 * uniform(i, n, 2);
        return seen(n) + (core.includes(i) ? 0.5 : 2) * uniform(i, n, 2);
      }),
    );
  return state;
}

test.each([
  [48, []],
  [48, [0]],
  [48, [0, 1]],
  [96, [0, 1, 2]],
])('after %d hours the broken ones of the core, %j, are found apart', (hours, broken: number[]) => {
  for (const isStuck of [false, true]) {
    const apart = judgeConcord(live(hours, broken, isStuck), detectors, core);
    expect(apart).toEqual(apart.map((_, i) => broken.includes(i)));
  }
});

test('nobody is judged by few hours, nor where the detectors see nothing in common', () => {
  expect(judgeConcord(live(35, [0]), detectors, core)).not.toContain(true);
  const state = createConcord();
  for (let n = 0; n < 96; n++)
    observeConcord(
      state,
      n * hour,
      Array.from({ length: detectors }, () => 0.5),
    );
  expect(judgeConcord(state, detectors, core)).not.toContain(true);
});

/** Whole hours at these u, and the first window of the next. */
function after(hours: number, u: readonly number[]): Concord {
  const state = createConcord();
  for (let n = 0; n <= hours; n++) observeConcord(state, n * hour, u);
  return state;
}

test('a member that is high for eight hours is stuck, unless most detectors outside of the core are, too', () => {
  const quiet = [0.5, -2, -2, -2, -2, -2, -2, -2, 0.5, 0.5];
  expect(stuckMembers(after(8, quiet), detectors, core)).toEqual(quiet.map((_, i) => i === 0));
  expect(stuckMembers(after(7, quiet), detectors, core)).not.toContain(true);
  const together = quiet.map((u, i) => (i === 7 ? 0.5 : u));
  expect(stuckMembers(after(8, together), detectors, core)).not.toContain(true);
  // One quiet hour among them, and it comes and goes.
  const state = after(8, quiet);
  observeConcord(
    state,
    9 * hour,
    Array.from({ length: detectors }, () => -2),
  );
  expect(stuckMembers(state, detectors, core)).toContain(true);
  observeConcord(state, 10 * hour, quiet);
  expect(stuckMembers(state, detectors, core)).not.toContain(true);
});

test('an hour that begins is said, once', () => {
  const state = createConcord();
  const begins = [0, 1, hour - 1, hour, hour + 1].map((time) => observeConcord(state, time, [0]));
  expect(begins).toEqual([true, false, false, true, false]);
});

test('an hour counts by its highest u, however its windows are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 1, maxLength: 20 }), (values) => {
      const windows = createConcord();
      for (const [i, value] of values.entries()) observeConcord(windows, i * 60_000, [value]);
      const whole = createConcord();
      observeConcord(whole, 0, [Math.max(...values)]);
      expect(windows.hours).toEqual(whole.hours);
    }),
  );
});

test('a thousand bytes hold four days of ten detectors; they are read as they were written', () => {
  const state = live(200, []);
  judgeConcord(state, detectors, core);
  const bytes = encode(concordCodec, state);
  expect(bytes.length).toBeLessThan(1150);
  expect(decode(concordCodec, bytes)).toEqual(state);
});

test('another ensemble takes over what it shares', () => {
  const state = live(48, []);
  const names = Array.from({ length: detectors }, (_, i) => `d${i}`);
  expect(carryConcord(state, names, [...names].reverse()).hours[0]).toEqual([...state.hours[0]!].reverse());
  expect(carryConcord(state, names, [...names, 'more']).hours).toEqual([]);
});

test('one odd day does not take a member out, and a member that is back in step comes back', () => {
  const state = live(96, []);
  for (let day = 0; day < 10; day++) judgeConcord(state, detectors, core);
  const odd = live(96, [0]);
  state.hours = odd.hours;
  expect(judgeConcord(state, detectors, core)).not.toContain(true);
  for (let day = 0; day < 10; day++) judgeConcord(state, detectors, core);
  expect(judgeConcord(state, detectors, core)[0]).toBe(true);
  state.hours = live(96, []).hours;
  for (let day = 0; day < 10; day++) judgeConcord(state, detectors, core);
  expect(judgeConcord(state, detectors, core)).not.toContain(true);
});

test('hours of an earlier release are read, and nobody is judged by days yet', () => {
  const state = live(96, [0]);
  const hourly = { hour: uint, hours: list(list(int)) };
  const bytes = encode(struct(hourly), { hour: state.hour, hours: state.hours });
  expect(decode(dailessConcordCodec, bytes)).toEqual(state);
});
