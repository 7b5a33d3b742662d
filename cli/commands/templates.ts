/** Lists the templates of the `windows` log by the catalogue that was promoted last. */
import { Command } from 'commander';
import { line, shown } from '../terminal/line.js';
import { examples, withConfig } from '../command-line.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import { RegistryError } from '../../models/registry/artefact-set.js';
import { openSet } from '../../models/registry/registry.js';
import { Catalogue, emptyCatalogue } from '../../models/templates/catalogue.js';
import { StartError } from '../../runtime/start-error.js';
import { Artefacts, members } from '../../training/artefacts.js';
import { openChannel } from '../../offline/replay/channel-records.js';
import { seenSignatures, seenTemplates, type ListedTemplate } from '../../offline/templates/seen.js';
import { shardRecords } from '../../offline/windows-log.js';

export interface TemplatesOptions {
  readonly config: string;
  readonly json?: boolean;
}

export async function templates({ config: file, json }: TemplatesOptions): Promise<void> {
  const config = await readSettledConfig(file);
  const channel = await openChannel(config, 'windows');
  try {
    const seen = await seenSignatures(shardRecords(channel));
    const catalogue = await catalogueOf(Artefacts.in(config.state.dir).dir, seen.artefact);
    const listed = seenTemplates(seen, catalogue);
    if (json) {
      const time = (ms: number): string => new Date(ms).toISOString();
      const rows = listed.map((one) => ({ ...one, first: time(one.first), last: time(one.last) }));
      console.log(JSON.stringify({ set: seen.artefact ?? null, templates: rows }));
    } else console.log(listingOf(listed, seen.artefact));
  } finally {
    await channel.close();
  }
}

async function catalogueOf(dir: string, set: string | undefined): Promise<Catalogue> {
  if (set === undefined) return emptyCatalogue;
  try {
    return Catalogue.decode((await openSet(dir, set)).bytes(members.catalogue));
  } catch (error) {
    if (error instanceof RegistryError || error instanceof RangeError)
      throw new StartError(`the templates of the set ${set} cannot be read: ${error.message}`, 'findings');
    throw error;
  }
}

const minute = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');

function listingOf(listed: readonly ListedTemplate[], set: string | undefined): string {
  if (listed.length === 0) return 'no lines in the windows log: tocsin run and tocsin train write it';
  const heading =
    set === undefined ? 'no set promoted yet: each signature is a template of its own' : `set ${set}; + is not in it`;
  const rows = listed.map(({ count, first, last, known, text, example }) => {
    const head = `${String(count).padStart(10)}  ${minute(first)}  ${minute(last)}  ${known ? ' ' : '+'}`;
    const more = example === '' || example === text ? '' : `\n${' '.repeat(49)}${shown(example)}`;
    return line`${head} ${text}` + more;
  });
  return [heading, `${'lines'.padStart(10)}  ${'first'.padEnd(16)}  ${'last'.padEnd(16)}  template`, ...rows].join(
    '\n',
  );
}

export const command = withConfig(new Command('templates'))
  .description('list the templates of log lines with counts, examples, first and last seen')
  .option('--json', 'print as JSON')
  .addHelpText('after', examples('tocsin templates --config f.yaml', 'tocsin templates --config f.yaml --json'))
  .action(templates);
