import { inWords } from '../../../models/calibration/words.js';

test.each([
  [-3, 'nothing unusual'],
  [-2, 'expected about 14 times a day'],
  [-1.2, 'expected about twice a day'],
  [-0.5, 'expected about 3 times a week'],
  [-0.3, 'expected about twice a week'],
  [0, 'expected about once a week'],
  [0.5, 'expected less than once in 3 weeks'],
  [1, 'expected less than once in 2 months'],
  [1.5, 'expected less than once in 7 months'],
  [2.2, 'expected less than once in 3 years'],
  [4, 'expected less than once in 10 years'],
])('a return level of %p is "%s"', (u, words) => {
  expect(inWords(u)).toBe(words);
});
