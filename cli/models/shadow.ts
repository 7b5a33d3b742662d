/** `models shadow`: what other sets would have decided otherwise, in the run (`--report`) or on stored windows. */
import { Command } from 'commander';
import { parseDuration } from '../../config/duration.js';
import { compareShadows, type ShadowReport } from '../../offline/gate/shadows.js';
import { readLedger } from '../../offline/models/names.js';
import { readLiveShadows } from '../../offline/models/live-shadows.js';
import { champion } from '../../records/alias.js';
import { isShadow } from '../../records/shadow.js';
import { StartError } from '../../runtime/start-error.js';
import type { LiveShadow } from '../../service/shadow/watch.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import { examples, withConfig } from '../command-line.js';
import { timeOf } from '../commands/train.js';
import { line } from '../terminal/line.js';

interface ShadowOptions {
  readonly config: string;
  readonly span: string;
  readonly to?: string;
  readonly report?: boolean;
  readonly json?: boolean;
}

export async function shadow(named: readonly string[], options: ShadowOptions): Promise<void> {
  const { config: file, span, json } = options;
  if (options.report) return report(named, options);
  const ms = parseDuration(span);
  if (!(ms > 0)) throw new StartError(`--span ${span} is no duration: write for example 1d`);
  const config = await readSettledConfig(file);
  const ledger = await readLedger(config);
  const against = ledger.artefactOf(champion);
  if (against === '') throw new StartError('no set is in force: there is nothing to compare with', 'failed');
  const shadows = [...ledger.names].flatMap(([name, { artefact }]) => (isShadow(name) ? [artefact] : []));
  const sets = named.length > 0 ? named : [...new Set(shadows)];
  if (sets.length === 0)
    throw new StartError('no set is a shadow: name some, or tocsin models alias shadow SET (also shadow-2, ...)');
  const reports = await compareShadows(config, against, sets, ms, timeOf('--to', options.to));
  console.log(json ? JSON.stringify(reports) : reports.map(textOf).join('\n'));
}

/** What the run has written of its shadows; of all where none is named. */
async function report(named: readonly string[], { config: file, json }: ShadowOptions): Promise<void> {
  const all = await readLiveShadows(await readSettledConfig(file));
  const missing = named.filter((name) => !all.some((one) => one.name === name));
  if (missing.length > 0)
    throw new StartError(
      `no run has scored a shadow ${missing.join(', ')} yet: begin one with tocsin models alias shadow SET, and wait for a window`,
      'failed',
    );
  const found = named.length > 0 ? all.filter(({ name }) => named.includes(name)) : all;
  if (json) console.log(JSON.stringify(found));
  else console.log(found.length > 0 ? found.map(liveText).join('\n') : 'no run has scored a shadow yet');
}

const iso = (ms: number): string => new Date(ms).toISOString();
const percent = (share: number): string => (100 * share).toFixed(2);

function liveText(one: LiveShadow): string {
  const { name, artefact, from, to, windows, alike, interval, fired, alerts, broken, missed, failure } = one;
  return [
    line`${name} is ${artefact}, windows that ended from ${iso(from)} to ${iso(to)}`,
    line`  ${percent(alike)} % of ${windows} decided alike (${percent(interval.low)} to ${percent(interval.high)}); fires alone ${fired.onlyShadow}, champion alone ${fired.onlyChampion}, both ${fired.both}`,
    line`  alerts ${alerts.shadow} (champion ${alerts.champion})`,
    ...(broken > 0 ? [line`  ${broken} windows have a score that is no finite number`] : []),
    ...(missed > 0 ? [line`  it has not scored at ${missed} boundaries: ${failure}`] : []),
    ...one.entities
      .slice(0, maxShown)
      .map(({ entity, windows: unlike }) => line`  ${entity}: ${unlike} windows otherwise`),
    ...one.disagreements.slice(0, maxShown).map(disagreementText),
  ].join('\n');
}

const disagreementText = ({ entity, end, shadowFires, u }: LiveShadow['disagreements'][number]): string =>
  line`  ${iso(end)} ${entity}: ${shadowFires ? 'only the shadow fires' : 'only the champion fires'} (u ${u.shadow.toFixed(2)}, champion ${u.champion.toFixed(2)})`;

/** Windows and entities that are shown. */
const maxShown = 5;

const textOf = ({ shadow: set, windows, alike, ranks, alerts, entities, disagreements }: ShadowReport): string =>
  [
    line`${set}: ${(100 * alike).toFixed(2)} % of ${windows} windows decided alike, ranks correlate by ${ranks.toFixed(2)}; alerts ${alerts.shadow} (champion ${alerts.champion})`,
    ...entities.slice(0, maxShown).map(({ entity, windows: unlike }) => line`  ${entity}: ${unlike} windows otherwise`),
    ...disagreements.slice(0, maxShown).map(disagreementText),
  ].join('\n');

export const shadowCommand = withConfig(new Command('shadow'))
  .description('what the shadows (any number) would have decided otherwise than the champion; changes nothing')
  .argument('[sets...]', 'sets, or with --report names; all named shadow or shadow-... where none is given')
  .option('--report', 'what the run has written of its shadows, instead of deciding stored windows again')
  .option('--span <duration>', 'event time that is compared, up to the last window', '1d')
  .option('--to <time>', 'compare as at this event time: without what was known later')
  .option('--json', 'print as JSON')
  .addHelpText(
    'after',
    examples('tocsin models shadow --report --config f.yaml', 'tocsin models shadow SET SET --span 7d --config f.yaml'),
  )
  .action(shadow);
