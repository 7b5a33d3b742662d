/** Decisions for tests: of a window that has been scored and is quiet, changed where a test cares. */
import type { Decision } from '../../records/score.js';
import { cart } from './alert.js';

export function aDecision(change: { readonly [K in keyof Decision]?: Decision[K] } = {}): Decision {
  const end = Date.UTC(2026, 0, 5, 3);
  return {
    entity: cart.key,
    start: end - 300_000,
    end,
    key: '',
    artefact: 'a'.repeat(32),
    schema: 'logs-1',
    features: [],
    scores: [{ detector: 'robust-z', score: 1, u: -1 }],
    arms: [{ arm: 'median', u: -1, weight: 1 }],
    policy: 'default',
    u: -1,
    threshold: 0,
    confidence: 1,
    propensity: 0,
    fired: false,
    listed: false,
    asked: false,
    rules: [],
    vetoed: false,
    flags: [],
    baselines: [],
    effective: [],
    direction: 0,
    ...change,
  };
}
