/** Label matchers of routes, budgets and rules. */
import { RE2JS } from 're2js';
import type { Labels } from '../../records/entity.js';

/**
 * Compiles a matcher: every label must have its value, exact or, between slashes, a pattern of the whole value; with `!`
 * before it, it must not. A label that is missing has the value ''.
 *
 * @example compileMatch({ service: '/pay.*\/', environment: '!dev' })({ service: 'payments', environment: 'prod' }) // true
 */
export function compileMatch(match: Labels): (labels: Labels) => boolean {
  const tests = Object.entries(match).map(([name, wanted]): ((labels: Labels) => boolean) => {
    const isNegated = wanted.startsWith('!');
    const matches = valueTest(isNegated ? wanted.slice(1) : wanted);
    return (labels) => matches(labels[name] ?? '') !== isNegated;
  });
  return (labels) => tests.every((test) => test(labels));
}

function valueTest(wanted: string): (value: string) => boolean {
  if (wanted.length < 2 || !wanted.startsWith('/') || !wanted.endsWith('/')) return (value) => value === wanted;
  const pattern = RE2JS.compile(wanted.slice(1, -1));
  return (value) => pattern.matches(value);
}
