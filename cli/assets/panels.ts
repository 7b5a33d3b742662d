/** What the dashboards show: every panel with its query, as plain data, so that a test can run each of them. */

export interface PanelSpec {
  readonly title: string;
  readonly description: string;
  /** PromQL; `$service` and `$__rate_interval` are filled in by Grafana. */
  readonly queries: readonly { readonly expr: string; readonly legend: string }[];
  readonly kind: 'graph' | 'number';
  /** Grafana's unit id. */
  readonly unit?: string;
  /** Width of 24 columns. */
  readonly width: number;
}

export interface DashboardSpec {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Whether a service is chosen at the top. */
  readonly byService: boolean;
  readonly panels: readonly PanelSpec[];
}

const graph = (
  title: string,
  description: string,
  queries: readonly (readonly [string, string])[],
  unit?: string,
  width = 12,
): PanelSpec => ({
  title,
  description,
  queries: queries.map(([expr, legend]) => ({ expr, legend })),
  kind: 'graph',
  width,
  ...(unit ? { unit } : {}),
});
const number = (title: string, description: string, expr: string, unit?: string): PanelSpec => ({
  title,
  description,
  queries: [{ expr, legend: '' }],
  kind: 'number',
  width: 6,
  ...(unit ? { unit } : {}),
});

const overview: DashboardSpec = {
  uid: 'tocsin-overview',
  title: 'tocsin: overview',
  description: 'What fires now, where, and how much was read.',
  byService: false,
  panels: [
    number('Alerts firing', 'Alerts that fire now.', 'sum(tocsin_alerts_firing)'),
    number('Entities', 'Services and series that are watched.', 'sum(tocsin_entities)'),
    number('Lines a second', 'Records read.', 'sum(rate(tocsin_records_total[$__rate_interval]))', 'short'),
    number('Dead letters', 'Items refused in the last hour.', 'sum(increase(tocsin_rejected_total[1h])) or vector(0)'),
    graph(
      'Return level by entity',
      'How rare the last window was: 0 is once a week, 1 once in ten weeks.',
      [['topk(20, tocsin_entity_return_level)', '{{service}} ({{kind}})']],
      undefined,
      24,
    ),
    graph('Firing', 'Entities whose last window fired.', [['max by (service) (tocsin_entity_firing)', '{{service}}']]),
    graph('Alert transitions', 'Alerts that began or ended, by severity.', [
      ['sum by (change, severity) (increase(tocsin_alerts_total[1h])) or vector(0)', '{{change}} {{severity}}'],
    ]),
  ],
};

const service: DashboardSpec = {
  uid: 'tocsin-service',
  title: 'tocsin: one service',
  description: 'Score and threshold of a service, the features behind it, and whom it believes.',
  byService: true,
  panels: [
    graph(
      'Return level and threshold',
      'Where the level crosses the threshold the service fires; the third line is 1 while it does.',
      [
        ['tocsin_entity_return_level{service=~"$service"}', 'level {{kind}}'],
        ['tocsin_entity_threshold{service=~"$service"}', 'threshold {{kind}}'],
        ['tocsin_entity_firing{service=~"$service"}', 'firing {{kind}}'],
      ],
      undefined,
      24,
    ),
    graph('Features that stand out', 'The ten features furthest from what is usual, in robust standard deviations.', [
      ['topk(10, abs(tocsin_entity_feature{service=~"$service"}))', '{{feature}}'],
    ]),
    graph('Templates', 'New and rare templates, and the mix of templates against the usual one.', [
      [
        'tocsin_entity_feature{service=~"$service", feature=~"novelty|rarity|divergence|entropy|template_.*"}',
        '{{feature}}',
      ],
    ]),
    graph('Whom it believes', 'Weight of each arm.', [
      ['tocsin_entity_arm_weight{service=~"$service"} > 0', '{{arm}}'],
    ]),
    graph('Budget', 'False alerts a week that it may cost.', [
      ['max by (service) (tocsin_entity_budget{service=~"$service"})', '{{service}}'],
    ]),
  ],
};

const pipeline: DashboardSpec = {
  uid: 'tocsin-pipeline',
  title: 'tocsin: pipeline',
  description: 'Whether tocsin itself keeps up.',
  byService: false,
  panels: [
    graph('Lag', 'Records between the position and the end of a source.', [
      ['sum by (source) (tocsin_source_lag_records)', '{{source}}'],
    ]),
    graph(
      'Records read',
      'By source.',
      [['sum by (source) (rate(tocsin_records_total[$__rate_interval]))', '{{source}}']],
      'short',
    ),
    graph(
      'Age of the last mark',
      'Event time of a source behind the clock.',
      [['time() - max by (source) (tocsin_mark_timestamp_seconds)', '{{source}}']],
      's',
    ),
    graph(
      'Boundaries',
      'Event time that a shard has decided, behind the clock.',
      [['time() - max by (shard) (tocsin_boundary_timestamp_seconds)', 'shard {{shard}}']],
      's',
    ),
    graph(
      'Time of a slice',
      '95 % of the slices took no longer.',
      [
        [
          'histogram_quantile(0.95, sum by (le, topology) (rate(tocsin_slice_seconds_bucket[$__rate_interval])))',
          '{{topology}}',
        ],
      ],
      's',
    ),
    graph('Refused', 'By reason; each is in the dead letters.', [
      ['sum by (topology, reason) (increase(tocsin_rejected_total[1h])) or vector(0)', '{{topology}} {{reason}}'],
    ]),
    graph('Quarantine', 'Feature rows that broke a rule of features.suite, by rule.', [
      ['sum by (rule) (increase(tocsin_quarantined_rows_total[1h])) or vector(0)', '{{rule}}'],
    ]),
    graph('Deliveries', 'Calls to the outside, by route and outcome.', [
      ['sum by (route, outcome) (increase(tocsin_deliveries_total[1h])) or vector(0)', '{{route}} {{outcome}}'],
    ]),
    graph('Windows', 'Decided, and flagged as not exact.', [
      ['sum by (kind) (rate(tocsin_windows_total[$__rate_interval]))', '{{kind}}'],
      ['sum by (reason) (rate(tocsin_inexact_windows_total[$__rate_interval])) or vector(0)', 'not exact: {{reason}}'],
    ]),
    graph(
      'Memory',
      'Resident memory of each process.',
      [['process_resident_memory_bytes{job="tocsin"}', '{{instance}}']],
      'bytes',
    ),
    graph(
      'Event loop',
      'Delay of 99 % of the turns.',
      [['nodejs_eventloop_lag_p99_seconds{job="tocsin"}', '{{instance}}']],
      's',
    ),
  ],
};

const selection: DashboardSpec = {
  uid: 'tocsin-selection',
  title: 'tocsin: selection and budget',
  description: 'What the selector fires on beside the baselines, and what it cost.',
  byService: false,
  panels: [
    graph('Fired, beside the baselines', 'Decisions since the start of the process that fired, and would have.', [
      ['sum by (policy) (tocsin_policy_fired)', '{{policy}}'],
    ]),
    graph('Verdicts', 'What people said, in a week.', [
      ['sum by (value) (increase(tocsin_verdicts_total[7d])) or vector(0)', '{{value}}'],
    ]),
    graph('Budget and alerts', 'Alerts of a week against what all entities may cost.', [
      ['sum(increase(tocsin_alerts_total{change="firing"}[7d])) or vector(0)', 'alerts'],
      ['sum(max by (service) (tocsin_entity_budget))', 'budget'],
    ]),
    graph('Believed', 'Mean weight of each arm over the entities.', [
      ['topk(10, avg by (arm) (tocsin_entity_arm_weight))', '{{arm}}'],
    ]),
    graph('Drift', 'Entities whose last day is unlike what the models in force learnt of them, of those looked at.', [
      ['sum(max by (entity) (tocsin_drift)) or vector(0)', 'drifted'],
      ['max(tocsin_drift_entities)', 'looked at'],
    ]),
  ],
};

export const dashboards: readonly DashboardSpec[] = [overview, service, pipeline, selection];
