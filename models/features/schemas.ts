/**
 * Feature schemas. A value is the distance of a window from its entity's own baseline in robust standard deviations,
 * unless its description says otherwise; 0 is the baseline, and also what a column without data gets.
 */
import type { FeatureColumn, FeatureSchema } from '../../records/row.js';

const column = (name: string, unit: string, description: string): FeatureColumn => ({ name, unit, description });

/** Buckets that templates are hashed into. */
export const TEMPLATE_BUCKETS = 8;

const buckets = Array.from({ length: TEMPLATE_BUCKETS }, (_, b) =>
  column(
    `template_${b}`,
    'lines',
    `Lines of the templates hashed to bucket ${b}: (c - n p) / sqrt(n p (1 - p) + 1) with n lines and p the bucket's usual share, over its usual size. No line: 0.`,
  ),
);

/** Features of a window of log lines. */
export const logs1: FeatureSchema = {
  id: 'logs-1',
  habits: 'any',
  columns: [
    column('volume', 'lines/min', 'ln(1 + lines) against its level of the last two hours.'),
    column('volume_change', 'lines/min', 'ln(1 + lines) against the window before. No window before: 0.'),
    column('seasonal_volume', 'lines/min', 'ln(1 + lines) against the time of day and the weekend. Unknown hour: 0.'),
    column(
      'volume_trend',
      '%',
      'Slow drift of the volume: average of 2 hours less that of 2 days, of ln(1 + lines) less the season.',
    ),
    column(
      'silence',
      'min',
      'How surprising it is that no line came, in nats, summed over the windows since the last line: the lesser of the usual lines and -ln of the usual share of empty windows. Any line: 0. Not normalised.',
    ),
    column('warn_share', '%', 'Lines of level warn: (k - n p) / sqrt(n p (1 - p) + 1), p the usual share. No line: 0.'),
    column('error_share', '%', 'Lines of level error and fatal, in the same way. No line: 0.'),
    column('seasonal_errors', 'errors/min', 'ln(1 + errors and fatals) against the time of day and the weekend.'),
    column('novelty', 'lines', 'ln(1 + lines of templates that the entity has had for less than 6 hours).'),
    column('unseen', 'templates', 'ln(1 + templates that the entity never had before).'),
    column(
      'rarity',
      'nats',
      'Sum of -ln f over the templates of the window, f the usual share of windows that have the template. No line: 0.',
    ),
    column('entropy', 'nats', 'Entropy of the mix of templates. No line: 0.'),
    column(
      'divergence',
      'nats',
      'Jensen-Shannon divergence of the mix of templates from the usual one, with 20 usual lines added to the window. No line: 0.',
    ),
    column('latency_p50', 'ms', 'ln(1 + median of the durations in lines) against the last two hours. None: 0.'),
    column('latency_p95', 'ms', 'The same of their 95 % quantile. Fewer than 5: 0.'),
    column('latency_p99', 'ms', 'The same of their 99 % quantile. Fewer than 20: 0.'),
    column('seasonal_latency', 'ms', 'ln(1 + 95 % quantile) against the time of day and the weekend.'),
    column('latency_trend', '%', 'Slow drift of the 95 % quantile, as volume_trend.'),
    column('burstiness', '', 'ln(1 + Fano factor): variance over mean of the lines a second. Fewer than 5 lines: 0.'),
    column('distinct', 'values', 'ln(1 + distinct variable parts), by HyperLogLog. No line: 0.'),
    ...buckets,
  ],
};

/**
 * Features of a window of a metric series; its value is the mean of its points. All but those of the value's whole past
 * (`outside`, `average_*`, `trend`) are also measured by how restless the series usually is at this time of day.
 */
export const series1: FeatureSchema = {
  id: 'series-1',
  // The incidents of a series come back, too.
  habits: 'daily',
  columns: [
    column('change_last', '', 'Against the last value.'),
    column('change_median', '', 'Against the median of the last 31 points.'),
    column('seasonal_value', '', 'Against the time of day and the weekend. Unknown hour: 0.'),
    column('level_20', '', 'Its difference to the time of day against the average of that of about 20 points.'),
    column('level_60', '', 'The same against about 60 points.'),
    column('level_180', '', 'The same against about 180 points.'),
    column('sustained', '', 'Average of the last 5 differences to the time of day against that of about 60 points.'),
    column(
      'outside',
      '',
      'Place in the range of past values, which shrinks by half in about a week: 4 at its upper bound, -4 at its lower one, 4 more for each width beyond.',
    ),
    column('average_value', '', 'Against mean and standard deviation of about 5 days.'),
    column('average_12', '', 'Average of the last 12 points against mean and standard deviation of such averages.'),
    column('trend', '', 'Slow drift: average of 2 hours less that of 2 days, of the value less the season.'),
  ],
};

/** Every schema by its id. */
export const schemas: ReadonlyMap<string, FeatureSchema> = new Map(
  [logs1, series1].map((schema) => [schema.id, schema]),
);

/** Position of each column of a schema. */
export const placesOf = ({ columns }: FeatureSchema): ReadonlyMap<string, number> =>
  new Map(columns.map(({ name }, i) => [name, i]));
