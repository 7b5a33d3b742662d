/** Records of the `windows` log for tests of replay. */
import type { Mark, VerdictRecord } from '../../../records/windows.js';

let offset = 0;

export const mark = (source: string, watermark: number, kind: Mark['kind'] = 'data'): Mark => ({
  type: 'mark',
  tag: { source, incarnation: 0, epoch: 0, offset: offset++, n: 0 },
  kind,
  watermark,
});

export const aVerdict = (id: string): VerdictRecord => ({
  type: 'verdict',
  verdict: {
    id,
    alert: 'f',
    value: 'anomaly',
    by: 'ann',
    at: 0,
    context: {
      entity: 'service{service="a"}',
      key: '',
      start: 0,
      end: 0,
      arms: [],
      u: 0,
      threshold: 0,
      propensity: 1,
      policy: 'mixture',
      own: 0,
      believed: 'median',
      baselines: [],
      direction: 0,
      templates: [],
    },
  },
});
