/** Prometheus alerts on tocsin itself: who watches the watchman. */
import { stringify } from 'yaml';

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly severity: 'page' | 'ticket';
  readonly summary: string;
  readonly description: string;
}

export const rules: readonly AlertRule[] = [
  {
    alert: 'TocsinDown',
    expr: 'up{job="tocsin"} == 0',
    for: '5m',
    severity: 'page',
    summary: 'tocsin {{ $labels.instance }} does not answer',
    description:
      'Nothing is watched by this process. Look at its log; it continues from its checkpoint when it is started again.',
  },
  {
    alert: 'TocsinNoProgress',
    expr: 'sum by (instance) (rate(tocsin_records_total[10m])) == 0 and sum by (instance) (tocsin_source_lag_records) > 0',
    for: '10m',
    severity: 'page',
    summary: 'tocsin {{ $labels.instance }} has work and does none',
    description: 'There are records to read and none was read in ten minutes. /healthz names the stage that is stuck.',
  },
  {
    alert: 'TocsinLag',
    expr: 'sum by (source) (tocsin_source_lag_records) > 1e6 and sum by (source) (deriv(tocsin_source_lag_records[30m])) > 0',
    for: '30m',
    severity: 'ticket',
    summary: 'tocsin falls behind on {{ $labels.source }}',
    description: 'The lag is over a million records and grows: add processes, up to the partitions of the topic.',
  },
  {
    alert: 'TocsinDeadLetters',
    expr: 'sum by (topology, reason) (increase(tocsin_rejected_total{reason!="late"}[1h])) > 100',
    for: '0m',
    severity: 'ticket',
    summary: '{{ $value | humanize }} items refused as {{ $labels.reason }} in {{ $labels.topology }} in an hour',
    description: 'They are in the dead letters: tocsin dlq list.',
  },
  {
    alert: 'TocsinWrongClocks',
    expr: 'sum by (source, reason) (rate(tocsin_misdated_records_total[15m])) / on (source) group_left sum by (source) (rate(tocsin_records_total[15m])) > 0.05',
    for: '15m',
    severity: 'ticket',
    summary: '{{ $value | humanizePercentage }} of the records of {{ $labels.source }} are {{ $labels.reason }}',
    description:
      'The clock of a producer is wrong, or its lines come too late. tocsin dlq list shows whose they are; tocsin topics --check says which topics let producers set the time.',
  },
  {
    alert: 'TocsinMarkAheadOfNow',
    expr: 'max by (source) (tocsin_mark_timestamp_seconds) - time() > 60',
    for: '5m',
    severity: 'page',
    summary: 'event time of {{ $labels.source }} is {{ $value | humanizeDuration }} ahead of now',
    description:
      'All its lines are late until then: the clock of tocsin itself was wrong. tocsin watermark reset puts it right.',
  },
  {
    alert: 'TocsinLinesRefused',
    expr: 'sum by (source) (increase(tocsin_lines_total{fate="refused"}[15m])) > 0.05 * sum by (source) (increase(tocsin_lines_total[15m]))',
    for: '5m',
    severity: 'ticket',
    summary: 'more than 5 % of the lines of {{ $labels.source }} cannot be read',
    description:
      'They are dead letters: tocsin dlq list has the reason and the setting that would help. The services in them are watched in part.',
  },
  {
    alert: 'TocsinLimitReached',
    expr: 'sum by (source, limit) (increase(tocsin_limited_partials_total[15m])) > 0 and sum by (source, limit) (increase(tocsin_limited_partials_total[15m] offset 15m)) > 0',
    for: '30m',
    severity: 'ticket',
    summary: 'the limit of {{ $labels.limit }} holds at {{ $labels.source }}',
    description:
      'Somebody invents names, or there are more than limits allows. Those that are known keep their places; what is beyond is counted together.',
  },
  {
    alert: 'TocsinRecordsLost',
    expr: 'sum by (source) (increase(tocsin_lost_records_total[1h])) > 0',
    for: '0m',
    severity: 'page',
    summary: '{{ $value | humanize }} records of {{ $labels.source }} were deleted before tocsin had read them',
    description:
      'Retention has overrun tocsin: give the topic a longer one, or add processes. Windows in their place are flagged.',
  },
  {
    alert: 'TocsinSourceStalled',
    expr: 'max by (source) (tocsin_source_stalled) == 1',
    for: '0m',
    severity: 'ticket',
    summary: 'tocsin goes on without {{ $labels.source }}',
    description:
      'The source held all others back for longer than windows.max_hold; its windows are flagged as not exact.',
  },
  {
    alert: 'TocsinInputSilent',
    expr: 'sum(rate(tocsin_records_total[15m])) == 0',
    for: '15m',
    severity: 'page',
    summary: 'tocsin reads nothing at all',
    description:
      'No source has given a record for half an hour: the shippers or the brokers are down, not the services.',
  },
  {
    alert: 'TocsinBudgetExceeded',
    expr: 'sum(increase(tocsin_verdicts_total{value=~"not-anomaly|expected"}[7d])) > sum(max by (service) (tocsin_entity_budget))',
    for: '0m',
    severity: 'ticket',
    summary: 'more false alerts in a week than the budgets allow',
    description: 'See the dashboard "tocsin: selection and budget" for the services that cost most.',
  },
  {
    alert: 'TocsinPrecisionFalls',
    // The variance of a share is taken at its largest, so that few answers say nothing.
    expr: '(sum(increase(tocsin_verdicts_total{value="anomaly"}[28d] offset 7d)) / sum(increase(tocsin_verdicts_total[28d] offset 7d)) - (sum(increase(tocsin_verdicts_total{value="anomaly"}[7d])) or vector(0)) / sum(increase(tocsin_verdicts_total[7d])) > 1.29 * sqrt(1 / sum(increase(tocsin_verdicts_total[7d])) + 1 / sum(increase(tocsin_verdicts_total[28d] offset 7d)))) and sum(increase(tocsin_verdicts_total[7d])) >= 10',
    for: '1h',
    severity: 'ticket',
    summary: 'fewer alerts are confirmed than in the weeks before',
    description:
      'Of the alerts that people answered in the last week a smaller share are anomalies, beyond chance: tocsin models performance says with which set.',
  },
  {
    alert: 'TocsinDeliveriesFail',
    expr: 'sum by (route) (increase(tocsin_deliveries_total{outcome!="delivered"}[30m])) > 10',
    for: '0m',
    severity: 'page',
    summary: 'alerts do not reach {{ $labels.route }}',
    description:
      'Deliveries are retried and then kept in the dead letters; the target may be down or its address wrong.',
  },
  {
    alert: 'TocsinNoModels',
    expr: 'max(tocsin_models_in_force) == 0 and sum(rate(tocsin_records_total[1h])) > 0',
    for: '1h',
    severity: 'page',
    summary: 'no models are in force: only plain rules can fire',
    description:
      'Lines are read and nothing scores them. detection.warmup may be set, or detection.training.automatic be off: see tocsin models list and the log of training.',
  },
  {
    alert: 'TocsinNothingLearnt',
    expr: 'max(tocsin_training_behind_seconds) > 8.64e4 and max(tocsin_models_trained_to_timestamp_seconds) == 0 or max(tocsin_training_behind_seconds) > 2 * 6.048e5',
    for: '1h',
    severity: 'ticket',
    summary: 'a day of data and no models of its own, or none for two weeks',
    description:
      'Training found too little, was refused by its checks, or fails: tocsin_trainings_total says which, the log and the status say why.',
  },
  {
    alert: 'TocsinTrainingFails',
    expr: 'sum(increase(tocsin_trainings_total{outcome="failed"}[1h])) > 3',
    for: '0m',
    severity: 'ticket',
    summary: 'training fails again and again',
    description: 'The models in force stay. The log has the error; it is tried again every few seconds.',
  },
  {
    alert: 'TocsinDrift',
    expr: 'max by (entity) (tocsin_drift) == 1 and on () time() - max(tocsin_drift_looked_timestamp_seconds) < 1.728e5',
    for: '0m',
    severity: 'ticket',
    summary: '{{ $labels.entity }} is unlike what it was',
    description:
      'Its features or scores of the last day are not those of its reference: tocsin drift names them. The models may have to be trained again.',
  },
  {
    alert: 'TocsinHealingNeedsAPerson',
    expr: 'sum by (what) (increase(tocsin_healing_escalations_total[1h])) > 0',
    for: '0m',
    severity: 'page',
    summary: 'healing stopped and asks for a person: {{ $labels.what }}',
    description: 'See tocsin heal audit. Nothing more is done for this alert by itself.',
  },
];

/** The rule file that Prometheus and promtool read. */
/** The page with an entry of each rule, in the package and in the source. */
export const runbookPage = 'docs/runbook.md';

/** @param runbooks address of the page that `runbook_url` links to; without it, the path of the page in the repository */
export const rulesFile = (runbooks = runbookPage): string =>
  stringify(
    {
      groups: [
        {
          name: 'tocsin',
          rules: rules.map(({ alert, expr, for: held, severity, summary, description }) => ({
            alert,
            expr,
            for: held,
            labels: { severity },
            annotations: { summary, description, runbook_url: `${runbooks}#${alert.toLowerCase()}` },
          })),
        },
      ],
    },
    { lineWidth: 0 },
  );
