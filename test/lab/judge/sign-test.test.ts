import { signTest } from '../../../lab/judge/sign-test.js';

describe('signTest', () => {
  it.each([
    [0, 0, 1],
    [1, 0, 1],
    [3, 3, 1],
    [5, 0, 2 / 32],
    [8, 2, 2 * (56 / 1024)],
  ])('of %d better and %d worse is %d', (better, worse, p) => {
    expect(signTest(better, worse)).toBeCloseTo(p, 12);
    expect(signTest(worse, better)).toBeCloseTo(p, 12);
  });
});
