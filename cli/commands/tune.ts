/** Searches for settings of detection on stored windows; ends in a set for `tocsin models gate`. */
import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { usualSettings, type Settings } from '../../models/registry/settings.js';
import { tune as search, type TuneReport } from '../../offline/tune/run.js';
import { StartError } from '../../runtime/start-error.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import { createLog } from '../../service/log.js';
import { WorkProgress } from '../../runtime/work-progress.js';
import { examples, number, withConfig } from '../command-line.js';
import { line } from '../terminal/line.js';
import { showWork } from '../terminal/progress-line.js';
import { timeOf } from './train.js';

interface TuneOptions {
  readonly config: string;
  readonly trials: number;
  readonly minutes: number;
  readonly threads?: number;
  readonly seed?: number;
  readonly from?: string;
  readonly to?: string;
  readonly journal?: string;
  readonly json?: boolean;
}

const minuteMs = 60_000;

export async function tune(options: TuneOptions): Promise<void> {
  const { trials, minutes, threads = Math.max(1, availableParallelism() - 1) } = options;
  if (!(Number.isInteger(trials) && trials > 0))
    throw new StartError(`--trials ${trials}: give a whole number above 0`);
  if (!(minutes > 0)) throw new StartError(`--minutes ${minutes}: give a number above 0`);
  if (!(Number.isInteger(threads) && threads > 0))
    throw new StartError(`--threads ${threads}: give a whole number above 0`);
  const config = await readSettledConfig(options.config);
  const log = createLog(config.log);
  const done = new WorkProgress('trials');
  done.expect(trials);
  const shown = showWork(done);
  let seen = 0;
  try {
    const report = await search(config, {
      trials,
      ms: minutes * minuteMs,
      threads,
      seed: options.seed ?? config.detection.seed,
      from: timeOf('--from', options.from),
      to: timeOf('--to', options.to),
      journal: options.journal,
      progress: (ended) => {
        done.step(ended.length - seen);
        seen = ended.length;
      },
      warn: (message) => log.warn(message),
    });
    shown.stop();
    console.log(options.json ? JSON.stringify(report) : textOf(report, options.config));
  } finally {
    shown.stop();
  }
}

const day = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16)}Z`;

function textOf(report: TuneReport, config: string): string {
  const { trials, usual, best, settings, heldOut, ranges, answered, rows, candidate, why, journal } = report;
  const count = (state: string): number => trials.filter((trial) => trial.state === state).length;
  return [
    line`trials     ${trials.length}: ${count('complete')} whole, ${count('pruned')} ended early, ${count('failed')} failed`,
    line`windows    ${rows}, trained on up to ${day(ranges.trainTo)}, judged on up to ${day(ranges.judgeTo)}, held out up to ${day(ranges.to)}`,
    line`judged by  ${answered ? 'answers of people, and anomalies that were put in' : 'anomalies that were put in, agreement and stability: people have answered too little'}`,
    line`usual      ${usual.value.toFixed(3)}, held out ${heldOut.usual.value.toFixed(3)}`,
    line`best       ${best.value.toFixed(3)}, held out ${heldOut.best.value.toFixed(3)} (trial ${best.number})`,
    ...differences(settings).map((one) => line`             ${one}`),
    line`study      ${journal}`,
    candidate === undefined
      ? line`candidate  none: ${why ?? ''}`
      : line`candidate  ${candidate}; see whether it may take over: tocsin models gate ${candidate} --config ${config}`,
  ].join('\n');
}

/** What is not as usual. */
function differences(settings: Settings): string[] {
  const { without, extra, prototypes, variance, contexts, tailShape, fallback } = settings;
  return [
    ...(without.length > 0 ? [`without ${without.join(', ')}`] : []),
    ...(extra.length > 0 ? [`with ${extra.join(', ')}`] : []),
    ...(prototypes === usualSettings.prototypes ? [] : [`${prototypes} prototypes`]),
    ...(variance === usualSettings.variance
      ? []
      : [`components that hold ${(100 * variance).toFixed(1)} % of the variance`]),
    ...(contexts.join() === usualSettings.contexts.join() ? [] : [`aspects over ${contexts.join(', ')} windows`]),
    ...(tailShape === usualSettings.tailShape ? [] : [`tail shape ${tailShape.toFixed(3)}`]),
    ...(fallback === '' ? [] : [`default arm ${fallback}`]),
  ];
}

export const command = withConfig(new Command('tune'))
  .description('search for settings on stored windows; ends in a set for the gate')
  .option('--trials <count>', 'trials in all, those of an earlier run of the same study included', number, 60)
  .option('--minutes <minutes>', 'no further trials begin after this time', number, 30)
  .option('--threads <count>', 'trials at a time; all cores but one where it is not given', number)
  .option('--seed <number>', 'of the search; detection.seed where it is not given', number)
  .option('--from <time>', 'event time, ISO 8601')
  .option('--to <time>', 'event time, ISO 8601')
  .option(
    '--journal <file>',
    "the study, in the form of Optuna's journal; in STATE/tune, by its data and seed, where it is not given",
  )
  .option('--json', 'print the result as JSON')
  .addHelpText(
    'after',
    examples('tocsin tune --config f.yaml', 'tocsin tune --config f.yaml --trials 200 --minutes 120'),
  )
  .action(tune);
