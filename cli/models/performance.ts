/** `models performance`: how each set does since it was put in force, by what people answered. */
import { Command } from 'commander';
import type { Performance } from '../../offline/performance/by-set.js';
import { performanceIn, type PerformanceReport } from '../../offline/performance/run.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import { examples, withConfig } from '../command-line.js';
import { exitCodes } from '../exit-codes.js';
import { line } from '../terminal/line.js';

interface PerformanceOptions {
  readonly config: string;
  readonly json?: boolean;
}

export async function performance({ config, json }: PerformanceOptions): Promise<void> {
  const report = await performanceIn(await readSettledConfig(config));
  console.log(json ? JSON.stringify(report) : textOf(report));
  if (report.decay.isDecayed) process.exitCode = exitCodes.findings;
}

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

function textOf({ sets, decay, budget }: PerformanceReport): string {
  const { recent, before, fall, isDecayed } = decay;
  const share = ({ confirmed, answered }: typeof recent): string => `${confirmed} of ${answered} confirmed`;
  return [
    ...sets.flatMap((one) => setText(one, budget)),
    fall === undefined
      ? 'whether precision falls: too few answers to say, ten in the last week and ten before are needed'
      : line`the last week of answers: ${share(recent)}, before: ${share(before)}; ${isDecayed ? 'precision falls' : 'no fall beyond chance'} (${fall.toFixed(1)} sd)`,
  ].join('\n');
}

function setText(one: Performance, budget: number): string[] {
  const { set, from, to, windows, entities, alerts, confirmed, precision, falseAWeek, audits } = one;
  const rate = falseAWeek.rate.toFixed(2);
  const range = `${falseAWeek.low.toFixed(2)} to ${falseAWeek.high.toFixed(2)}`;
  return [
    line`${set || 'without models'}: ${day(from)} to ${day(to)}, ${windows} windows of ${entities} entities, ${alerts} alerts`,
    precision
      ? line`  precision ${percent(precision.share)} [${percent(precision.low)}, ${percent(precision.high)}]: ${confirmed} confirmed, ${one.false} called false`
      : '  precision not known: no alert was answered',
    line`  false alerts ${rate} a week and entity (${range}), of ${budget} a service`,
    ...(audits.answered > 0
      ? [line`  ${audits.missed} of ${audits.answered} windows that did not fire and were asked about were anomalies`]
      : []),
  ];
}

export const performanceCommand = withConfig(new Command('performance'))
  .description('how each set does since it was put in force, by what people answered (code 3: precision falls)')
  .option('--json', 'print as JSON')
  .addHelpText('after', examples('tocsin models performance --config f.yaml'))
  .action(performance);
