/** Label matchers of routes, budgets and rules. */
import { RE2JS } from 're2js';
import type { Labels } from '../records/entity.js';

/**
 * Compiles a matcher: every label must have its value, exact or, between slashes, a pattern of the whole value.
 *
 * @example compileMatch({ service: '/pay.*\/', environment: 'prod' })({ service: 'payments', environment: 'prod' }) // true
 */
export function compileMatch(match: Labels): (labels: Labels) => boolean {
  const tests = Object.entries(match).map(([name, wanted]): ((labels: Labels) => boolean) => {
    if (wanted.length > 1 && wanted.startsWith('/') && wanted.endsWith('/')) {
      const pattern = RE2JS.compile(wanted.slice(1, -1));
      return (labels) => pattern.matches(labels[name] ?? '');
    }
    return (labels) => (labels[name] ?? '') === wanted;
  });
  return (labels) => tests.every((test) => test(labels));
}
