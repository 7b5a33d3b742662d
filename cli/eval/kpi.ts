/**
 * Protocol `kpi`: series of the AIOPS 2018 challenge. The train part of all series trains one set of detectors, without
 * labels, and each series' calibration; the test part is scored causally. Labels are read by the scorer and, one by one,
 * by the simulated operator.
 */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BUDGET_A_WEEK } from '../../models/policies/defaults.js';
import { averagePrecision, countEvents, eventRates } from './events.js';
import type { SeriesFile } from './points.js';
import { namesIn, type RunOptions, type ScoredSeries } from './series-run.js';
import { scoreSeries } from './series-threads.js';
import { UserError } from '../exit-codes.js';
import { round, writeCsv, type EvalResult, type Extra } from './result.js';

const suffix = '.csv.gz';
const folder = 'kpi-aiops';
const weekMs = 7 * 86_400_000;

/** As the command line says it. Throws a UserError on what is no option. */
export function kpi(dir: string, out: string | undefined, extra: Extra): Promise<EvalResult> {
  const count = (name: keyof Extra, text: string | undefined, least: number): number | undefined => {
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!(value >= least)) throw new UserError(`--${name} ${text}: give a number of at least ${least}`);
    return value;
  };
  const { budget, verdicts, policy = 'mixture' } = extra;
  if (policy !== 'mixture' && policy !== 'thompson' && policy !== 'default')
    throw new UserError(`--policy ${policy}: give mixture, thompson or default`);
  const answered =
    verdicts === 'all' ? Number.POSITIVE_INFINITY : verdicts === 'none' ? 0 : count('verdicts', verdicts, 0);
  return evalKpi(dir, out, {
    budget: count('budget', budget, 0.01) ?? BUDGET_A_WEEK,
    verdicts: answered ?? 0,
    broken: count('break', extra.break, 0) ?? 0,
    policy,
    extra: namesIn(extra.extra),
    without: namesIn(extra.without),
  });
}

/**
 * Scores the benchmark.
 *
 * @param dir - folder with a `KPI.csv.gz` a series, or the one above it
 * @param out - folder for `KPI.csv`, `timestamp,score,p,fired,asked` of the test part, timestamps in seconds
 */
export async function evalKpi(dir: string, out?: string, options: Partial<RunOptions> = {}): Promise<EvalResult> {
  const began = performance.now();
  const scored = await scoreSeries(await filesIn(dir), {
    budget: BUDGET_A_WEEK,
    verdicts: 0,
    broken: 0,
    policy: 'mixture',
    ...options,
  });
  const seconds = (performance.now() - began) / 1000;
  if (out !== undefined) for (const series of scored) await writeSeries(out, series);
  const counts = scored.map(countEvents);
  const later = scored.map((series) => countEvents(secondHalf(series)));
  const precisions = scored.map(({ scores, labels }) => averagePrecision(scores, labels));
  const weekly = scored.map(({ times }, i) => counts[i].falseAlerts / weeksOf(times)).sort((a, b) => a - b);
  const parts = scored.map(
    ({ name, times }, i) =>
      [
        name,
        {
          ...eventRates([counts[i]]),
          averagePrecision: precisions[i],
          secondHalfF1: eventRates([later[i]]).f1,
          alertsAWeek: counts[i].alerts / weeksOf(times),
          falseAlertsAWeek: counts[i].falseAlerts / weeksOf(times),
        },
      ] as const,
  );
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const mean = (values: readonly number[]): number => sum(values) / values.length;
  const weeks = sum(scored.map(({ times }) => weeksOf(times)));
  return {
    benchmark: 'kpi',
    overall: {
      ...eventRates(counts),
      averagePrecision: mean(precisions),
      secondHalfF1: eventRates(later).f1,
      alertsAWeek: sum(counts.map(({ alerts }) => alerts)) / weeks,
      falseAlertsAWeek: sum(counts.map(({ falseAlerts }) => falseAlerts)) / weeks,
      medianFalseAlertsAWeek: quantile(weekly, 0.5),
      p90FalseAlertsAWeek: quantile(weekly, 0.9),
    },
    parts: {
      'mean of series': {
        precision: mean(parts.map(([, { precision }]) => precision)),
        recall: mean(parts.map(([, { recall }]) => recall)),
        f1: mean(parts.map(([, { f1 }]) => f1)),
      },
      'even series': eventRates(counts.filter((_, i) => i % 2 === 0)),
      'odd series': eventRates(counts.filter((_, i) => i % 2 === 1)),
      ...Object.fromEntries(parts),
    },
    counts: {
      series: scored.length,
      points: sum(scored.map(({ times }) => times.length)),
      segments: sum(counts.map(({ segments }) => segments)),
    },
    seconds,
    linesPerSecond: sum(scored.map(({ lines }) => lines)) / seconds,
  };
}

async function filesIn(dir: string): Promise<SeriesFile[]> {
  const inside = join(dir, folder);
  const from = existsSync(inside) ? inside : dir;
  const names = (await readdir(from)).filter((name) => name.endsWith(suffix)).sort();
  if (names.length === 0)
    throw new UserError(`there is no KPI${suffix} in ${from}: give the folder of the data with --dir`);
  return Promise.all(
    names.map(async (name): Promise<SeriesFile> => {
      const path = join(from, name);
      return { name: name.slice(0, -suffix.length), path, kind: 'kpi', size: (await stat(path)).size };
    }),
  );
}

/** Lower neighbour at a fraction of ascending values. */
const quantile = (ascending: readonly number[], fraction: number): number =>
  ascending[Math.min(ascending.length - 1, Math.floor(fraction * ascending.length))];

const weeksOf = (times: Float64Array): number => Math.max(1, times[times.length - 1] - times[0]) / weekMs;

/** What is scored when the first half of the test part is for answers. */
function secondHalf({ times, labels, fired }: ScoredSeries): Parameters<typeof countEvents>[0] {
  const half = times.length >>> 1;
  return { times: times.subarray(half), labels: labels.subarray(half), fired: fired.subarray(half) };
}

async function writeSeries(out: string, { name, times, scores, u, fired, asked }: ScoredSeries): Promise<void> {
  const rows = Array.from(times, (time, i) => [
    time / 1000,
    scores[i],
    // The chance of an episode as rare in a week.
    round(1 - Math.exp(-(10 ** -u[i])), 6),
    fired[i],
    asked[i],
  ]);
  await writeCsv(out, `${name}.csv`, ['timestamp', 'score', 'p', 'fired', 'asked'], rows);
}
