/** `models alias`, `promote` and `revert`: moves the names of sets. */
import { Command } from 'commander';
import type { Config } from '../../config/schema.js';
import { challenger, champion } from '../../records/alias.js';
import { StartError } from '../../runtime/start-error.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import { createLog } from '../../service/log.js';
import type { NameOutcome, NameRequest } from '../../service/training/names.js';
import { moveNameOffline, readLedger } from '../../offline/models/names.js';
import { Artefacts } from '../../training/artefacts.js';
import { callApi } from '../api-client.js';
import { examples, withAuthor, withConfig } from '../command-line.js';
import { exitCodes } from '../exit-codes.js';
import { line } from '../terminal/line.js';

interface MoveOptions {
  readonly config: string;
  readonly url?: string;
  readonly tokenFile?: string;
  readonly expect?: string;
  readonly why?: string;
  readonly by: string;
  readonly json?: boolean;
}

/** Where a running tocsin holds the log it is asked; else the log is written. */
async function move(config: Config, options: MoveOptions, alias: string, artefact: string): Promise<void> {
  const expected = options.expect === undefined ? {} : { expected: options.expect === 'none' ? '' : options.expect };
  const request: NameRequest = { alias, artefact, by: options.by, why: options.why ?? '', ...expected };
  const log = createLog(config.log);
  const { dir } = Artefacts.in(config.state.dir);
  let outcome: NameOutcome;
  try {
    outcome = await moveNameOffline(config, dir, request, (message) => log.warn(message));
  } catch (error) {
    if (!(error instanceof StartError) || error.kind !== 'failed' || config.channels.backend === 'kafka') throw error;
    outcome = await callApi<NameOutcome>('post', '/api/models/aliases', options, request);
  }
  if (!outcome.moved) throw new StartError(outcome.why, outcome.kind === 'wrong' ? 'usage' : 'findings');
  const { before, from } = outcome;
  if (options.json) console.log(JSON.stringify({ alias, artefact, before, ...(from === undefined ? {} : { from }) }));
  else if (before === artefact) console.log(line`${alias} is ${artefact} already`);
  else
    console.log(
      line`${alias} is ${artefact || 'no set'} now${before === '' ? '' : ` (was ${before})`}${alias === champion ? ': in force from the next boundary that closes' : ''}`,
    );
}

const aliases = async (options: MoveOptions & { readonly remove?: boolean }, alias?: string, set?: string) => {
  const config = await readSettledConfig(options.config);
  if (alias !== undefined) {
    if ((set === undefined) !== (options.remove === true))
      throw new StartError('give a set, or --remove: tocsin models alias NAME SET');
    return move(config, options, alias, set ?? '');
  }
  const { inForce, names, champions } = await readLedger(config);
  const named = { ...(inForce ? { [champion]: inForce } : {}), ...Object.fromEntries(names) };
  if (options.json) {
    console.log(JSON.stringify({ aliases: named, before: champions }));
    return undefined;
  }
  const rows = Object.entries(named).map(
    ([name, { artefact, by = '', why, at }]) =>
      line`${name.padEnd(12)} ${artefact}  since ${new Date(at).toISOString()}  ${by}${why ? `: ${why}` : ''}`,
  );
  console.log(rows.join('\n') || 'no set has a name yet: tocsin run puts the first in force');
  return undefined;
};

const promote = async (set: string | undefined, options: MoveOptions) => {
  const config = await readSettledConfig(options.config);
  const named = set ?? (await readLedger(config)).artefactOf(challenger);
  if (named === '')
    throw new StartError(`no set is the challenger: name one, or tocsin models alias ${challenger} SET`);
  await move(config, options, champion, named);
};

const revert = async (options: MoveOptions) => {
  const config = await readSettledConfig(options.config);
  const { inForce, champions } = await readLedger(config);
  const before = champions.findLast(({ artefact }) => artefact !== inForce?.artefact);
  if (!before) {
    console.log('there was no champion before: nothing to go back to');
    process.exitCode = exitCodes.findings;
    return;
  }
  await move(config, { why: 'reverted', ...options }, champion, before.artefact);
};

const moving = (command: Command): Command =>
  withAuthor(withConfig(command))
    .option('--expect <set>', 'what the name must stand for now, `none` for nothing: else nothing is moved')
    .option('--why <text>', 'the reason, for the log')
    .option('--url <url>', 'address of the running tocsin that holds the log; that of --config where it is not given')
    .option('--token-file <file>', 'file with the bearer token')
    .option('--json', 'print as JSON');

export const nameCommands: readonly Command[] = [
  moving(new Command('alias'))
    .description('what the names stand for; with NAME and SET: move one (champion, challenger, shadow, ...)')
    .argument('[name]')
    .argument('[set]')
    .option('--remove', 'take the name away')
    .addHelpText(
      'after',
      examples('tocsin models alias --config f.yaml', 'tocsin models alias challenger SET --config f.yaml'),
    )
    .action((name: string | undefined, set: string | undefined, options: MoveOptions) => aliases(options, name, set)),
  moving(new Command('promote'))
    .description('make a set the champion: it decides from the next boundary on')
    .argument('[set]', 'the challenger where it is not given')
    .action(promote),
  moving(new Command('revert')).description('make the champion before it the champion again').action(revert),
];
