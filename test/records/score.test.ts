/** Decisions of the release before are read: three of each arm, and no direction. */
import { decodeDecision, encodeDecision, type Direction } from '../../records/score.js';
import { aDecision } from '../builders/decision.js';

const about = { entity: 'service{service="cart"}', start: 0, end: 60_000 };
const arms = [
  { arm: 'forest', u: 1.5, weight: 0.25 },
  { arm: 'median', u: -3, weight: 0.5 },
];

/** A byte in the place of the direction is the last of a decision. */
const older = (...said: Parameters<typeof encodeDecision>): Buffer => encodeDecision(...said).subarray(0, -1);

/** Copies that may fire one way only: far below any threshold where the value went the other way. */
function withCopies(direction: Direction) {
  const copy = (way: string, off: boolean) =>
    arms.map(({ arm, u, weight }) => ({ arm: `${way}:${arm}`, u: off ? Math.min(u, -2) : u, weight: weight / 4 }));
  return [...arms, ...copy('up', direction < 0), ...copy('down', direction > 0)];
}

test.each([-1, 0, 1] as const)('a decision is read as it was written, direction %i', (direction) => {
  const decision = aDecision({ ...about, arms, direction, effective: ['v1'] });
  expect(decodeDecision(encodeDecision(decision))).toEqual(decision);
});

test.each([-1, 0, 1] as const)('an older one, direction %i, too', (direction) => {
  const decision = aDecision({ ...about, arms, direction, effective: ['v1'] });
  expect(decodeDecision(older({ ...decision, arms: withCopies(direction) }))).toEqual(decision);
});

test('an older one of a session, or from before there were models, has no copies', () => {
  const session = aDecision({ ...about, key: 'job-1', arms });
  expect(decodeDecision(older(session))).toEqual(session);
  const early = aDecision(about);
  expect(decodeDecision(older(early))).toEqual(early);
});

test('what is cut elsewhere is refused', () => {
  const bytes = encodeDecision(aDecision({ ...about, arms }));
  for (let length = 0; length < bytes.length - 1; length++)
    expect(() => decodeDecision(bytes.subarray(0, length))).toThrow(RangeError);
});
