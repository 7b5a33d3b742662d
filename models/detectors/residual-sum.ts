/**
 * The sum of absolute robust z over the columns of one kind: the plainest detectors, and on metric series the best
 * single ones. What differs between them is what a value is compared with.
 *
 * Bits: |z| within 17 bits on 2^-12, a sum of 256 columns below 25 bits: exact in any order.
 */
import type { Family } from './family.js';
import { emitStandard, fitStandard, readStandard, spread, standardise, type Standard } from './standardise.js';

/**
 * @param prefixes of the columns that are looked at; features that lack one of them get no detector of this kind
 */
const residualSum = (kind: string, prefixes: readonly string[], description: string): Family<Standard> => ({
  kind,
  version: '1',
  description,
  applies(columns) {
    const isWhole = prefixes.every((prefix) => columns.some((name) => name.startsWith(prefix)));
    if (!isWhole) return undefined;
    return columns.flatMap((name, i) => (prefixes.some((prefix) => name.startsWith(prefix)) ? [i] : []));
  },
  train: (matrix, used) => fitStandard(matrix, used),
  write(graph, input, parameters) {
    const size = graph.node('Abs', [emitStandard(graph, input, parameters)]);
    const ones = graph.constant('ones', [parameters.used.length, 1], new Float64Array(parameters.used.length).fill(1));
    return graph.node('MatMul', [size, ones]);
  },
  read: readStandard,
  oracle: (parameters, row) => standardise(parameters, row).reduce((sum, z) => sum + Math.abs(z), 0),
  parts: (parameters, row) => spread(parameters, standardise(parameters, row).map(Math.abs), row.length),
});

/** The detectors. */
export const residualSums: readonly Family<Standard>[] = [
  residualSum('seasonal-residual', ['seasonal_'], 'Residuals against time of day and week.'),
  // As the residual of additive exponential smoothing (Holt 1957; Winters 1960): season and level together.
  residualSum('holt-winters', ['level_'], 'Residuals against time of day and moving levels.'),
  residualSum('seasonal-level', ['seasonal_value', 'level_60', 'level_180'], 'Both at once.'),
  residualSum(
    'seasonal-level-average',
    ['seasonal_value', 'level_60', 'level_180', 'average_'],
    'Both at once, and distances from the mean of some days.',
  ),
  residualSum('sustained-level', ['sustained'], 'Residuals against a moving level that last.'),
  residualSum('recent-change', ['change_'], 'Differences to the last values.'),
  residualSum('value-range', ['outside'], 'Distance from the range of past values.'),
  residualSum('long-average', ['average_value'], 'Distance from the mean of some days, incidents included.'),
  residualSum('hour-average', ['average_12'], 'The same of the average of 12 points.'),
  residualSum('slow-drift', ['trend'], 'A slow drift.'),
];
