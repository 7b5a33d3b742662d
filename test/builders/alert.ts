/** Alerts for tests: valid by default, changed where a test cares. */
import type { Alert } from '../../records/alert.js';
import { entity } from '../../records/entity.js';

export const cart = entity('service', { service: 'cart', environment: 'prod' });

export function anAlert(change: { readonly [K in keyof Alert]?: Alert[K] } = {}): Alert {
  const start = Date.UTC(2026, 0, 5, 3);
  return {
    tag: { source: 'windows/0', incarnation: 0, epoch: 1, offset: 10, n: 0 },
    fingerprint: 'f1',
    entity: cart.key,
    key: '',
    status: 'firing',
    startsAt: start,
    lastAt: start + 300_000,
    at: start + 300_000,
    severity: 'warning',
    u: 1.25,
    confidence: 0.9,
    audit: false,
    context: {
      entity: cart.key,
      key: '',
      start,
      end: start + 300_000,
      arms: [['median', 1.25]],
      u: 1.25,
      threshold: 0.5,
      propensity: 1,
      policy: 'default',
      own: 1.25,
      believed: 'median',
      baselines: [true, true, true, false],
      direction: 1,
      templates: [7],
    },
    explanation: {
      summary: 'errors 12 times as many as usual',
      rarity: 'expected less than once in 3 weeks',
      standouts: [{ feature: 'errors', actual: 12, typical: 1, unit: 'lines/min', share: 0.8 }],
      templates: [{ template: 'payment <*> refused', count: 40, novel: true, sample: 'payment 17 refused' }],
      believed: 'median of 5 detectors',
      detectors: [
        { detector: 'robust-z', u: 1.5, saw: true },
        { detector: 'pca', u: 0.25, saw: false },
      ],
      rules: [],
    },
    annotations: {},
    muted: '',
    changes: [],
    ...change,
  };
}
