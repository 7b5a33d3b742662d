/** Decisions for tests, changed where a test cares. */
import type { Decision } from '../../records/score.js';
import { cart } from './alert.js';

/** Fired, exact and without answers by default. @param change what the test is about; a decision is always about something */
export const aDecision = (change: Partial<Decision> & Pick<Decision, 'entity' | 'start' | 'end'>): Decision => ({
  key: '',
  artefact: 'a',
  schema: 'logs-1',
  features: [],
  scores: [],
  arms: [],
  policy: 'mixture',
  u: 1,
  threshold: 0.5,
  confidence: 1,
  propensity: 1,
  fired: true,
  listed: false,
  asked: false,
  rules: [],
  vetoed: false,
  flags: [],
  baselines: [],
  effective: [],
  direction: 0,
  ...change,
});

/** Of a window that was scored and is quiet. */
export function aQuietDecision(change: { readonly [K in keyof Decision]?: Decision[K] } = {}): Decision {
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
