import fc from 'fast-check';
import { compileMatch } from '../../../operators/match/match.js';

test.each([
  ['prod', true, false, false],
  ['!prod', false, true, true],
  ['/pr.*/', true, true, false],
  ['!/pr.*/', false, false, true],
  ['', false, false, true],
  ['!', true, true, false],
])('%s: exact, a pattern of the whole value, or not that', (wanted, prod, pre, missing) => {
  const matches = compileMatch({ environment: wanted });
  expect([matches({ environment: 'prod' }), matches({ environment: 'pre' }), matches({})]).toEqual([
    prod,
    pre,
    missing,
  ]);
});

test('what a negation holds for, the matcher does not', () => {
  const value = fc.stringMatching(/^[a-c/]{0,4}$/);
  fc.assert(
    fc.property(value, value, (wanted, actual) => {
      const [is, isNot] = [wanted, `!${wanted}`].map((each) => compileMatch({ a: each })({ a: actual }));
      expect(isNot).toBe(!is);
    }),
  );
});
