/**
 * Protocol `kpi`: series of the AIOPS 2018 challenge. The train part of all series trains one set of detectors, without
 * labels, and each series' calibration; the test part is scored causally. Labels are read by the scorer and, one by one,
 * by the simulated operator.
 */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StartError } from '../../runtime/start-error.js';
import { averagePrecision, countEvents, eventRates, type EventCounts } from './events.js';
import type { SeriesFile } from './points.js';
import { round, writeCsv, type EvalResult, type Extra } from './result.js';
import type { ScoredSeries, Setting } from './series-decide.js';
import { detectorsOf, settingOf } from './series-options.js';
import { decideAll } from './series-threads.js';
import { falseAlertsAWeek, weeksOf, type Spent } from './weekly.js';

const suffix = '.csv.gz';
const folder = 'kpi-aiops';

/** The settings of the published table, by name; the first is what is there without options. */
const tableSettings: readonly (readonly [name: string, setting: Setting])[] = (
  [
    ['label-free, N = 3', 3, 0, 0],
    ['label-free, N = 1', 1, 0, 0],
    ['label-free, N = 7', 7, 0, 0],
    ['all answered, N = 1', 1, Number.POSITIVE_INFINITY, 0],
    ['20 answered, N = 2', 2, 20, 0],
    ['3 broken, all answered, N = 2', 2, Number.POSITIVE_INFINITY, 3],
  ] as const
).map(([name, budget, verdicts, broken]) => [name, { budget, verdicts, broken, policy: 'mixture' }]);

/**
 * Scores the benchmark.
 *
 * @param dir - folder with a `KPI.csv.gz` a series, or the one above it
 * @param out - folder for `KPI.csv`, `timestamp,score,p,fired,asked` of the test part, timestamps in seconds
 * @param extra - options of the command line; `all` decides every setting of the published table
 * @throws StartError on what is no option, or no folder of series
 */
export async function evalKpi(dir: string, out: string | undefined, extra: Extra): Promise<EvalResult> {
  const began = performance.now();
  const { all, budget, verdicts, policy, break: broken } = extra;
  if (all && (out ?? budget ?? verdicts ?? policy ?? broken) !== undefined)
    throw new StartError('--all has settings of its own: leave out --out, --budget, --verdicts, --policy and --break');
  const settings = all ? tableSettings.map(([, setting]) => setting) : [settingOf(extra)];
  const files = await filesIn(dir);
  const decided = await decideAll(files, detectorsOf(extra), settings, (scored) => ({
    figures: figuresOf(scored),
    // Of all settings together these would be a gigabyte.
    scored: out === undefined ? undefined : scored,
  }));
  const seconds = (performance.now() - began) / 1000;
  for (const { scored } of decided[0]!) if (out !== undefined && scored) await writeSeries(out, scored);
  const figures = decided.map((series) => series.map((one) => one.figures));
  const first = figures[0]!;
  return {
    benchmark: 'kpi',
    overall: togetherOf(first),
    parts: all
      ? Object.fromEntries(tableSettings.map(([name], i) => [name, togetherOf(figures[i]!)]))
      : {
          'mean of series': meanOf(first),
          'even series': eventRates(first.filter((_, i) => i % 2 === 0)),
          'odd series': eventRates(first.filter((_, i) => i % 2 === 1)),
          ...Object.fromEntries(first.map((one, i) => [files[i]!.name, partOf(one)])),
        },
    counts: {
      series: first.length,
      points: sum(first.map(({ points }) => points)),
      segments: sum(first.map(({ segments }) => segments)),
    },
    seconds,
    linesPerSecond: sum(first.map(({ lines }) => lines)) / seconds,
  };
}

/** What is kept of a series that was decided. */
interface SeriesFigures extends EventCounts, Spent {
  readonly lines: number;
  readonly points: number;
  /** Of the second half of the test part, where the first is for answers. */
  readonly later: EventCounts;
  readonly averagePrecision: number;
}

function figuresOf(series: ScoredSeries): SeriesFigures {
  const { lines, times, scores, labels, fired } = series;
  const half = times.length >>> 1;
  const later = { times: times.subarray(half), labels: labels.subarray(half), fired: fired.subarray(half) };
  return {
    lines,
    points: times.length,
    ...countEvents(series),
    later: countEvents(later),
    averagePrecision: averagePrecision(scores, labels),
    weeks: weeksOf(times),
  };
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;

/** All series of one setting. */
function togetherOf(series: readonly SeriesFigures[]): Record<string, number> {
  const weekly = falseAlertsAWeek(series);
  return {
    ...eventRates(series),
    averagePrecision: mean(series.map((one) => one.averagePrecision)),
    secondHalfF1: eventRates(series.map(({ later }) => later)).f1,
    alertsAWeek: sum(series.map(({ alerts }) => alerts)) / sum(series.map(({ weeks }) => weeks)),
    falseAlertsAWeek: weekly.mean,
    medianFalseAlertsAWeek: weekly.median,
    p90FalseAlertsAWeek: weekly.p90,
  };
}

function partOf(one: SeriesFigures): Record<string, number> {
  return {
    ...eventRates([one]),
    averagePrecision: one.averagePrecision,
    secondHalfF1: eventRates([one.later]).f1,
    alertsAWeek: one.alerts / one.weeks,
    falseAlertsAWeek: one.falseAlerts / one.weeks,
  };
}

function meanOf(series: readonly SeriesFigures[]): Record<string, number> {
  const rates = series.map((one) => eventRates([one]));
  return {
    precision: mean(rates.map(({ precision }) => precision)),
    recall: mean(rates.map(({ recall }) => recall)),
    f1: mean(rates.map(({ f1 }) => f1)),
  };
}

async function filesIn(dir: string): Promise<SeriesFile[]> {
  const inside = join(dir, folder);
  const from = existsSync(inside) ? inside : dir;
  const names = (await readdir(from)).filter((name) => name.endsWith(suffix)).sort();
  if (names.length === 0)
    throw new StartError(`there is no KPI${suffix} in ${from}: give the folder of the data with --dir`);
  return Promise.all(
    names.map(async (name): Promise<SeriesFile> => {
      const path = join(from, name);
      return { name: name.slice(0, -suffix.length), path, kind: 'kpi', size: (await stat(path)).size };
    }),
  );
}

async function writeSeries(out: string, { name, times, scores, u, fired, asked }: ScoredSeries): Promise<void> {
  const rows = Array.from(times, (time, i) => [
    time / 1000,
    scores[i]!,
    // The chance of an episode as rare in a week.
    round(1 - Math.exp(-(10 ** -u[i]!)), 6),
    fired[i]!,
    asked[i]!,
  ]);
  await writeCsv(out, `${name}.csv`, ['timestamp', 'score', 'p', 'fired', 'asked'], rows);
}
