/** Says what another budget, ensemble or policy would have done with the alerts that were answered. */
import { Command } from 'commander';
import { examples, number, withConfig } from '../command-line.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import { decodeDecision, type Decision } from '../../records/score.js';
import { exitCodes } from '../exit-codes.js';
import { StartError } from '../../runtime/start-error.js';
import { answersIn } from '../../offline/replay/answers.js';
import { openChannel } from '../../offline/replay/channel-records.js';
import { rescore, type Changes, type Question } from '../../offline/whatif/rescore.js';

export interface WhatifOptions {
  readonly config: string;
  readonly budget?: number;
  readonly without?: string;
  readonly policy?: string;
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

/** With fewer answers not even a clear majority means anything. */
const minAnswers = 6;

export async function whatif(options: WhatifOptions): Promise<void> {
  const { config: file, budget, without, policy, json } = options;
  if (budget === undefined && without === undefined && policy === undefined)
    throw new StartError('nothing to ask: give --budget, --without or --policy');
  if (budget !== undefined && !(budget > 0)) throw new StartError(`--budget ${budget}: give a number above 0`);
  const [from, to] = [timeOf('--from', options.from, 0), timeOf('--to', options.to, Number.MAX_SAFE_INTEGER)];
  const config = await readSettledConfig(file);
  const decisions: Decision[] = [];
  const log = await openChannel(config, 'decisions');
  try {
    for (let shard = 0; shard < log.shards; shard++)
      for await (const { value } of log.records(shard)) {
        const decision = decodeDecision(value);
        if (decision.end >= from && decision.end < to) decisions.push(decision);
      }
  } finally {
    await log.close();
  }
  const answers = await answersIn(config);
  const known = new Set(decisions.flatMap(({ scores }) => scores.map(({ detector }) => detector)));
  if (without !== undefined && !known.has(without))
    throw new StartError(`no decision has a detector ${without}; there are ${[...known].sort().join(', ') || 'none'}`);
  const question: Question = {
    ...(budget === undefined ? {} : { budget: { was: config.detection.budget, is: budget } }),
    ...(without === undefined ? {} : { without }),
    ...(policy === undefined ? {} : { policy }),
  };
  const changes = rescore(decisions, answers, question);
  const refusal = refusalOf(changes);
  if (json) console.log(JSON.stringify({ decisions: decisions.length, ...changes, refusal: refusal ?? null }));
  else console.log(refusal === undefined ? tableOf(changes) : `the log cannot tell: ${refusal}`);
  if (refusal !== undefined) process.exitCode = exitCodes.findings;
}

/** Why nothing can be said, or undefined. */
function refusalOf({ answers, untold }: Changes): string | undefined {
  if (answers < minAnswers) return `${answers} answers in that time, at least ${minAnswers} are needed`;
  if (2 * untold > answers)
    return `${untold} of ${answers} answers are on decisions that lack what the question needs (sessions, or no such arm)`;
  return undefined;
}

function tableOf({ answers, unanswered, untold, ...changes }: Changes): string {
  const row = (name: string, { true: right, false: wrong }: Changes['kept']): string =>
    `  ${name.padEnd(8)}${String(right).padStart(10)}${String(wrong).padStart(14)}`;
  return [
    `by ${answers} answers${untold > 0 ? `, of which ${untold} cannot tell` : ''}:`,
    `  ${'alerts'.padEnd(8)}${'anomalies'.padStart(10)}${'false alerts'.padStart(14)}`,
    row('kept', changes.kept),
    row('lost', changes.lost),
    row('new', changes.new),
    `${unanswered} decisions that nobody answered would have gone the other way: what they were, the log cannot tell`,
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
