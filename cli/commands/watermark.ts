/** Repairs the event time of sources whose clock was wrong. */
import { Command } from 'commander';
import { callApi, type ApiOptions } from '../api-client.js';
import { examples, ofRunning, withAuthor } from '../command-line.js';
import { line } from '../terminal/line.js';

type ResetOptions = ApiOptions & { readonly to?: string; readonly by: string; readonly why?: string };

/** `watermark reset`: event time of a source, of all without one, goes on at a time; recorded like everything that is said. */
export async function resetWatermark(
  source: string | undefined,
  { to, by, why, ...options }: ResetOptions,
): Promise<void> {
  const body = {
    by,
    ...(source === undefined ? {} : { source }),
    ...(to === undefined ? {} : { to }),
    ...(why === undefined ? {} : { why }),
  };
  const answer = await callApi<{ id: string; to: string }>('post', '/api/watermark', options, body);
  console.log(options.json ? JSON.stringify(answer) : line`noted: ${source ?? 'every source'} goes on at ${answer.to}`);
}

export const command = new Command('watermark').description('event time of the sources: put it right');
command.addCommand(
  withAuthor(ofRunning(new Command('reset')))
    .description('event time goes on where you say: after a clock was wrong, and all lines are late')
    .argument('[source]', 'name of the source, `TOPIC/PARTITION` or `file:NAME`; every source without')
    .option('--to <time>', 'ISO 8601; now without')
    .option('--why <text>', 'the reason, for the log')
    .addHelpText('after', examples('tocsin watermark reset', 'tocsin watermark reset logs/3 --to 2026-01-05T10:00:00Z'))
    .action(resetWatermark),
);
