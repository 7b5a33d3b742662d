/** Says what another budget, ensemble or policy would have done with the alerts that were answered. */
import { Command } from 'commander';
import { readSettledConfig } from '../../service/channel-topics.js';
import { examples, number, withConfig } from '../command-line.js';
import { exitCodes } from '../exit-codes.js';
import { StartError } from '../../runtime/start-error.js';
import { askWhatif } from '../../offline/whatif/ask.js';
import { line } from '../terminal/line.js';
import type { AlertChanges } from '../../offline/whatif/rescore.js';

export interface WhatifOptions {
  readonly config: string;
  readonly budget?: number;
  readonly without?: string;
  readonly policy?: string;
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

export async function whatif(options: WhatifOptions): Promise<void> {
  const { config: file, budget, without, policy, json } = options;
  if (budget === undefined && without === undefined && policy === undefined)
    throw new StartError('nothing to ask: give --budget, --without or --policy');
  if (budget !== undefined && !(budget > 0)) throw new StartError(`--budget ${budget}: give a number above 0`);
  const [from, to] = [timeOf('--from', options.from, 0), timeOf('--to', options.to, Number.MAX_SAFE_INTEGER)];
  const config = await readSettledConfig(file);
  const { refusal, ...changes } = (
    await askWhatif(config, { from, to }, [
      {
        ...(budget === undefined ? {} : { budget }),
        ...(without === undefined ? {} : { without }),
        ...(policy === undefined ? {} : { policy }),
      },
    ])
  ).at(0)!;
  if (json) console.log(JSON.stringify({ ...changes, refusal }));
  else console.log(refusal === null ? tableOf(changes) : line`the log cannot tell: ${refusal}`);
  if (refusal !== null) process.exitCode = exitCodes.findings;
}

function tableOf({ answers, unanswered, untold, ...changes }: AlertChanges): string {
  const row = (name: string, { true: right, false: wrong }: AlertChanges['kept']): string =>
    `  ${name.padEnd(8)}${String(right).padStart(10)}${String(wrong).padStart(14)}`;
  return [
    `by ${answers} answers${untold > 0 ? `, of which ${untold} cannot tell` : ''}:`,
    `  ${'alerts'.padEnd(8)}${'anomalies'.padStart(10)}${'false alerts'.padStart(14)}`,
    row('kept', changes.kept),
    row('lost', changes.lost),
    row('new', changes.new),
    `${unanswered} decisions without an answer would have gone the other way: the log does not know what they were`,
  ].join('\n');
}

function timeOf(option: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new StartError(`${option} ${text}: give a time in ISO 8601`);
  return time;
}

export const command = withConfig(new Command('whatif'))
  .description('what another budget, ensemble or policy would have done with the alerts that were answered')
  .option('--budget <n>', 'false alerts a week of each service', number)
  .option('--without <detector>', 'take a detector out')
  .option('--policy <arm>', 'believe one arm: default, mean, median, a detector')
  .option('--from <time>', 'event time, ISO 8601')
  .option('--to <time>', 'event time, ISO 8601')
  .option('--json', 'print the result as JSON')
  .addHelpText(
    'after',
    examples('tocsin whatif --config f.yaml --budget 3', 'tocsin whatif --config f.yaml --without pca-reconstruction'),
  )
  .action(whatif);
