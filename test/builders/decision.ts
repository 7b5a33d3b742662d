/** Decisions for tests: fired, exact and without answers by default, changed where a test cares. */
import type { Decision } from '../../records/score.js';

/** @param change what the test is about; a decision is always about something */
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
