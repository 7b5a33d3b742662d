/**
 * Protocol `nab`: the Numenta Anomaly Benchmark, its scoring and its layout of results. Scores are causal; detectors are
 * trained on the probationary part of the files, which is not scored. Labels are read by the scorer only.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StartError } from '../../runtime/start-error.js';
import { countEvents } from './events.js';
import { onsets } from './nab-onsets.js';
import { scoreNab, type CostMatrix, type NabFile } from './nab-score.js';
import { probationEnd, type SeriesFile } from './points.js';
import { round, writeCsv, type EvalResult, type Extra } from './result.js';
import type { ScoredSeries } from './series-decide.js';
import { detectorsOf, settingOf } from './series-options.js';
import { decideAll } from './series-threads.js';
import { falseAlertsAWeek, weeksOf } from './weekly.js';

const folder = 'nab';
const suffix = '.csv';

/** A file of the benchmark with its rows as they stand there, and what was made of them. */
interface NabResult extends NabFile {
  /** `CATEGORY/FILE.csv`. */
  readonly name: string;
  readonly rows: readonly (readonly [timestamp: string, value: string])[];
}

/**
 * Scores the benchmark.
 *
 * @param dir - folder with `data/CATEGORY/FILE.csv`, `combined_windows.json` and `profiles.json`, or the one above it
 * @param out - folder for NAB's layout of results, `CATEGORY/FILE.csv` with `timestamp,value,anomaly_score,label`
 */
export async function evalNab(dir: string, out: string | undefined, extra: Extra): Promise<EvalResult> {
  const began = performance.now();
  const root = existsSync(join(dir, folder)) ? join(dir, folder) : dir;
  const files = await filesIn(root);
  const windows = (await json(root, 'combined_windows.json')) as Record<string, [string, string][]>;
  const profiles = (await json(root, 'profiles.json')) as Record<string, { CostMatrix: CostMatrix }>;
  const setting = settingOf(extra);
  const scored = (await decideAll(files, detectorsOf(extra), [setting], (series) => series)).at(0)!;
  const results: NabResult[] = [];
  for (const [i, series] of scored.entries())
    results.push(await resultOf(series, files[i]!.path, windows[series.name] ?? []));
  const seconds = (performance.now() - began) / 1000;
  if (out !== undefined) for (const result of results) await writeResult(out, result);
  const profile = (name: string): CostMatrix => {
    const found = profiles[name];
    if (!found) throw new StartError(`profiles.json in ${root} has no profile ${name}`);
    return found.CostMatrix;
  };
  const scores = (of: readonly NabFile[]): Readonly<Record<'standard' | 'lowFP' | 'lowFN', number>> => ({
    standard: scoreNab(of, profile('standard')).score,
    lowFP: scoreNab(of, profile('reward_low_FP_rate')).score,
    lowFN: scoreNab(of, profile('reward_low_FN_rate')).score,
  });
  const categories = [...new Set(results.map(({ name }) => dirname(name)))].sort();
  return {
    benchmark: 'nab',
    overall: scores(results),
    parts: Object.fromEntries(
      categories
        .map((category) => [category, results.filter(({ name }) => dirname(name) === category)] as const)
        .filter(([, inside]) => inside.some(({ windows: labelled }) => labelled.length > 0))
        // With a threshold of their own: these do not add up to the whole.
        .map(([category, inside]) => [category, scores(inside)]),
    ),
    counts: {
      files: results.length,
      windows: results.reduce((n, { windows: labelled }) => n + labelled.length, 0),
      rows: results.reduce((n, { rows }) => n + rows.length, 0),
      budget: setting.budget,
      ...alertsOfAll(scored, results),
    },
    seconds,
    linesPerSecond: results.reduce((n, { rows }) => n + rows.length, 0) / seconds,
  };
}

/** What the product itself would have told: its alerts, which know nothing of the threshold of the benchmark. */
function alertsOfAll(scored: readonly ScoredSeries[], results: readonly NabResult[]): EvalResult['counts'] {
  let found = 0;
  const counted = scored.map(({ times, fired, scoredFrom }, i) => {
    const labels = new Uint8Array(times.length);
    for (const [first, last] of results[i]!.windows) {
      const [from, to] = [first, last + 1].map((row) => Math.max(0, row - scoredFrom));
      labels.fill(1, from, to);
      if (fired.subarray(from, to).includes(1)) found++;
    }
    return { ...countEvents({ times, labels, fired }), weeks: weeksOf(times) };
  });
  const { mean, median, p90 } = falseAlertsAWeek(counted);
  return {
    alerts: counted.reduce((n, { alerts }) => n + alerts, 0),
    'windows with an alert': found,
    'false alerts a week and file, mean': round(mean, 3),
    'false alerts a week and file, median': round(median, 3),
    'false alerts a week and file, 90th percentile': round(p90, 3),
  };
}

async function filesIn(root: string): Promise<SeriesFile[]> {
  const data = join(root, 'data');
  if (!existsSync(data))
    throw new StartError(`there is no folder ${data}: give the folder of the benchmark with --dir`);
  const names = (await readdir(data, { recursive: true })).filter((name) => name.endsWith(suffix)).sort();
  if (names.length === 0) throw new StartError(`there is no CATEGORY/FILE${suffix} in ${data}`);
  return Promise.all(
    names.map(async (name): Promise<SeriesFile> => {
      const path = join(data, name);
      return { name, path, kind: 'nab', size: (await stat(path)).size };
    }),
  );
}

async function json(root: string, name: string): Promise<unknown> {
  const path = join(root, name);
  if (!existsSync(path)) throw new StartError(`there is no ${path}: give the folder of the benchmark with --dir`);
  return JSON.parse(await readFile(path, 'utf8'));
}

/** Score of rows before the first that was decided. */
const unknown = 0;

async function resultOf(
  { name, mean, scoredFrom }: ScoredSeries,
  path: string,
  labelled: readonly (readonly [string, string])[],
): Promise<NabResult> {
  const rows = (await readFile(path, 'latin1'))
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(','))
    .filter(({ length }) => length === 2)
    .map(([timestamp, value]) => [timestamp!, value!] as const);
  const scores = new Float64Array(rows.length).fill(unknown);
  scores.set(onsets(mean), scoredFrom);
  const at = new Map(rows.map(([timestamp], i) => [timestamp, i]));
  const windows = labelled.map(([from, to]): [number, number] => {
    const [first, last] = [at.get(from.slice(0, 19)), at.get(to.slice(0, 19))];
    if (first === undefined || last === undefined)
      throw new StartError(`the window ${from} to ${to} of ${name} begins or ends at no row of ${path}`);
    return [first, last];
  });
  return { name, rows, scores, windows, probation: probationEnd(rows.length) };
}

async function writeResult(out: string, { name, rows, scores, windows }: NabResult): Promise<void> {
  const isLabelled = (i: number): number => Number(windows.some(([first, last]) => i >= first && i <= last));
  await writeCsv(
    join(out, dirname(name)),
    basename(name),
    ['timestamp', 'value', 'anomaly_score', 'label'],
    rows.map(([timestamp, value], i) => [timestamp, value, round(scores[i]!, 6), isLabelled(i)]),
  );
}
