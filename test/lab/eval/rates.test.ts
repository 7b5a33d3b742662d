import { ratesOfPairs } from '../../../lab/eval/rates.js';

it('counts pairs of predicted and true', () => {
  expect(
    ratesOfPairs([
      [true, true],
      [true, true],
      [true, true],
      [true, false],
      [false, true],
      [false, true],
      [false, true],
      [false, false],
    ]),
  ).toEqual({ precision: 0.75, recall: 0.5, f1: 0.6 });
});

it('is 0 without a hit', () => {
  expect(ratesOfPairs([[true, false]])).toEqual({ precision: 0, recall: 0, f1: 0 });
});
