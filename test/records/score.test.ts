/** Decisions of the release before are read: they end before what is listed. */
import { decodeDecision, encodeDecision } from '../../records/score.js';
import { aDecision } from '../builders/decision.js';

const about = { entity: 'service{service="cart"}', start: 0, end: 60_000 };
const arms = [
  { arm: 'forest', u: 1.5, weight: 0.25 },
  { arm: 'median', u: -3, weight: 0.5 },
];

/** `listed` is the last of a decision. */
const older = (...said: Parameters<typeof encodeDecision>): Buffer => encodeDecision(...said).subarray(0, -1);

test.each([-1, 0, 1] as const)('a decision is read as it was written, direction %i', (direction) => {
  const decision = aDecision({ ...about, arms, direction, effective: ['v1'] });
  expect(decodeDecision(encodeDecision(decision))).toEqual(decision);
});

test('an older one was never listed', () => {
  const decision = aDecision({ ...about, arms, direction: 1, effective: ['v1'] });
  expect(decodeDecision(older(decision))).toEqual(decision);
});

test('what is cut elsewhere is refused', () => {
  const bytes = encodeDecision(aDecision({ ...about, arms }));
  for (let length = 0; length < bytes.length - 1; length++)
    expect(() => decodeDecision(bytes.subarray(0, length))).toThrow(RangeError);
});
