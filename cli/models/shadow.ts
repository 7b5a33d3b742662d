/** `models shadow`: what other sets would have decided otherwise. */
import { Command } from 'commander';
import { parseDuration } from '../../config/duration.js';
import { compareShadows, type ShadowReport } from '../../offline/gate/shadows.js';
import { readLedger } from '../../offline/models/names.js';
import { champion } from '../../records/alias.js';
import { StartError } from '../../runtime/start-error.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import { examples, withConfig } from '../command-line.js';
import { line } from '../terminal/line.js';

interface ShadowOptions {
  readonly config: string;
  readonly span: string;
  readonly json?: boolean;
}

export async function shadow(named: readonly string[], { config: file, span, json }: ShadowOptions): Promise<void> {
  const ms = parseDuration(span);
  if (!(ms > 0)) throw new StartError(`--span ${span} is no duration: write for example 1d`);
  const config = await readSettledConfig(file);
  const ledger = await readLedger(config);
  const against = ledger.artefactOf(champion);
  if (against === '') throw new StartError('no set is in force: there is nothing to compare with', 'failed');
  const shadows = [...ledger.names].flatMap(([name, { artefact }]) => (name.startsWith('shadow') ? [artefact] : []));
  const sets = named.length > 0 ? named : [...new Set(shadows)];
  if (sets.length === 0)
    throw new StartError('no set is a shadow: name some, or tocsin models alias shadow SET (also shadow-2, ...)');
  const reports = await compareShadows(config, against, sets, ms);
  console.log(json ? JSON.stringify(reports) : reports.map(textOf).join('\n'));
}

/** Windows and entities that are shown. */
const maxShown = 5;

const textOf = ({ shadow: set, windows, alike, ranks, alerts, entities, disagreements }: ShadowReport): string =>
  [
    line`${set}: ${(100 * alike).toFixed(2)} % of ${windows} windows decided alike, ranks correlate by ${ranks.toFixed(2)}; alerts ${alerts.shadow} (champion ${alerts.champion})`,
    ...entities.slice(0, maxShown).map(({ entity, windows: unlike }) => line`  ${entity}: ${unlike} windows otherwise`),
    ...disagreements
      .slice(0, maxShown)
      .map(
        ({ entity, end, shadowFires, u }) =>
          line`  ${new Date(end).toISOString()} ${entity}: ${shadowFires ? 'only the shadow fires' : 'only the champion fires'} (u ${u.shadow.toFixed(2)}, champion ${u.champion.toFixed(2)})`,
      ),
  ].join('\n');

export const shadowCommand = withConfig(new Command('shadow'))
  .description('what the shadows (any number) would have decided otherwise than the champion; changes nothing')
  .argument('[sets...]', 'sets; all whose name begins with shadow where none is given')
  .option('--span <duration>', 'event time that is compared, up to the last window', '1d')
  .option('--json', 'print as JSON')
  .addHelpText(
    'after',
    examples('tocsin models shadow --config f.yaml', 'tocsin models shadow SET SET --span 7d --config f.yaml'),
  )
  .action(shadow);
