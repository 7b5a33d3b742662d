import { isCutOf } from '../../../operators/sessions/cut-lines.js';

const whole = 'request from <*> took <*> ms in total';

test.each([
  ['between two words', 'request from <*> took <*> ms in', true],
  ['in a word', 'request from <*> took <*> ms in tot', true],
  ['in a value, whose rest is a mark', 'request from <*> took /', true],
  ['behind a value', 'request from <*> took <*>', true],
  ['where the catalogue masks a word', 'request from alice took <*> ms', true],
  ['not where too little is left', 'request from <*>', false],
  ['not where a word is another', 'request from <*> got <*> ms', false],
  ['not where a word stands for a value', 'request from <*> failed', false],
  ['not where it goes on', 'request from <*> took <*> ms in total today', false],
  ['not the line itself', whole, false],
])('the beginning of a line: %s', (_, text, is) => {
  expect(isCutOf(text, whole)).toBe(is);
});

test('where the end is missing anyway a word may be the beginning of a value', () => {
  expect(isCutOf('request from <*> took s', whole)).toBe(false);
  expect(isCutOf('request from <*> took s', whole, true)).toBe(true);
  expect(isCutOf('state is up', 'state is <*>', true)).toBe(false);
});
