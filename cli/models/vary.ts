/** `models vary`: a set that differs from another one in its policy only, to be compared with it by a canary. */
import { Command, Option } from 'commander';
import { COMBINATIONS } from '../../models/policies/arms.js';
import { policyNames } from '../../models/policies/going-over.js';
import { RegistryError } from '../../models/registry/artefact-set.js';
import type { PolicySettings } from '../../models/registry/settings.js';
import { readLedger } from '../../offline/models/names.js';
import { StartError } from '../../runtime/start-error.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import { Artefacts } from '../../training/artefacts.js';
import { varySet } from '../../training/varied-set.js';
import { examples, withConfig } from '../command-line.js';
import { line } from '../terminal/line.js';

interface VaryOptions {
  readonly config: string;
  readonly policy?: PolicySettings['policy'] | 'configured';
  readonly fallback?: string;
  readonly valueChance?: string;
  readonly audits?: string;
  readonly json?: boolean;
}

function numberOf(option: string, text: string, isFit: (value: number) => boolean, fit: string): number {
  const value = Number(text);
  if (text.trim() === '' || !isFit(value)) throw new StartError(`${option} ${text} is no ${fit}`);
  return value;
}

function changesOf({ policy, fallback, valueChance, audits }: VaryOptions): Partial<PolicySettings> {
  return {
    ...(policy === undefined ? {} : { policy: policy === 'configured' ? '' : policy }),
    ...(fallback === undefined ? {} : { fallback: fallback === 'usual' ? '' : fallback }),
    ...(valueChance === undefined
      ? {}
      : { valueChance: numberOf('--value-chance', valueChance, (p) => p > 0 && p < 1, 'chance between 0 and 1') }),
    ...(audits === undefined
      ? {}
      : {
          audits: numberOf(
            '--audits',
            audits,
            (n) => Number.isInteger(n) && n >= 0 && n <= 100,
            'number from 0 to 100',
          ),
        }),
  };
}

async function vary(named: string | undefined, options: VaryOptions): Promise<void> {
  const changes = changesOf(options);
  if (Object.keys(changes).length === 0)
    throw new StartError('say what differs: --policy, --fallback, --value-chance or --audits');
  const config = await readSettledConfig(options.config);
  const from = named ?? (await readLedger(config)).inForce?.artefact;
  if (from === undefined) throw new StartError('no set is in force yet: name one', 'findings');
  try {
    const { id, settings } = await varySet(Artefacts.in(config.state.dir).dir, from, changes);
    if (id === from) throw new StartError(`${from} has these settings already`, 'findings');
    if (options.json) console.log(JSON.stringify({ id, from, settings }));
    else
      console.log(line`${id}: as ${from}, with another policy; tocsin models canary ${id} --share 20% compares them`);
  } catch (error) {
    if (error instanceof RegistryError) throw new StartError(error.message, 'findings');
    throw error;
  }
}

export const varyCommand = withConfig(new Command('vary'))
  .description('make a set that differs from the champion, or from SET, in its policy only')
  .argument('[set]', 'the set that it is made from')
  .addOption(new Option('--policy <name>', 'whom to believe').choices([...policyNames, 'configured']))
  .addOption(
    new Option('--fallback <arm>', 'what series believe until verdicts show better').choices([
      ...COMBINATIONS,
      'usual',
    ]),
  )
  .option('--value-chance <chance>', 'fire where the chance of a true alert is at least this (default: .4)')
  .option('--audits <number>', 'questions a week and entity about what stays below the threshold (default: 1)')
  .option('--json', 'print as JSON')
  .addHelpText(
    'after',
    examples(
      'tocsin models vary --policy thompson --config f.yaml',
      'tocsin models canary SET --share 20% --config f.yaml',
    ),
  )
  .action(vary);
