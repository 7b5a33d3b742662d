/** Lists the stored artefact sets, shows the cards of one, and says whether a model file is fit for use. */
import { Command } from 'commander';
import { suggest } from '../../config/suggest.js';
import { nearest } from '../mistyped.js';
import { examples, withOptionalConfig } from '../command-line.js';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '../../service/configuration.js';
import type { Config } from '../../config/schema.js';
import type { ModelCard } from '../../models/detectors/detector.js';
import { operationsPerRow } from '../../models/onnx/cost.js';
import { guard } from '../../models/onnx/guard.js';
import { RegistryError, type ArtefactSet } from '../../models/registry/artefact-set.js';
import { cardIn, listSets, openSet, promotedSets } from '../../models/registry/registry.js';
import { Catalogue } from '../../models/templates/catalogue.js';
import { templateChanges, type TemplateChanges } from '../../models/templates/changes.js';
import { exitCodes } from '../exit-codes.js';
import { StartError } from '../../runtime/start-error.js';
import { importanceOf, importanceText } from '../../offline/importance/importance.js';
import { members, newestCatalogue } from '../../training/artefacts.js';
import { admit, isUnfit } from '../../training/custom-models.js';
import { priorId } from '../../training/prior.js';
import { readLineage } from '../../models/registry/lineage.js';
import { readLedger } from '../../offline/models/names.js';
import { champion } from '../../records/alias.js';
import { canaryCommand } from '../models/canary.js';
import { varyCommand } from '../models/vary.js';
import { mlflowCommands } from '../models/mlflow.js';
import { gateCommand } from '../models/gate.js';
import { folderCommands } from '../models/folder.js';
import { performanceCommand } from '../models/performance.js';
import { shadowCommand } from '../models/shadow.js';
import { nameCommands } from '../models/names.js';
import { line } from '../terminal/line.js';
import { changesLines, changesText } from '../terminal/template-changes.js';

export interface ModelsOptions {
  readonly config?: string;
  readonly schema?: string;
  readonly json?: boolean;
}

export async function models(
  action: string | undefined,
  what: string | undefined,
  options: ModelsOptions,
): Promise<void> {
  if (action === 'verify') return verify(needed(what, 'models verify FILE'), options);
  const config = configOf(options, action);
  const dir = join(config.state.dir, 'models');
  try {
    if (action === undefined || action === 'list') await list(config, dir, options);
    else if (action === 'importance') await importance(config, dir, what, options);
    else await card(config, dir, needed(what, 'models show SET'), options);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    throw new StartError(error.message, 'findings');
  }
}

function configOf({ config }: ModelsOptions, action = 'list'): Config {
  if (!['list', 'show', 'card', 'importance'].includes(action)) {
    const meant = suggest(action, ['list', 'show', 'importance', 'verify']) ?? nearest(command, action);
    const all = 'give list, show SET, importance, verify FILE, or see tocsin models --help';
    throw new StartError(
      `unknown command '${action}' (${meant === undefined ? all : `did you mean tocsin models ${meant}?`})`,
    );
  }
  if (config === undefined)
    throw new StartError(`models ${action} needs --config FILE: its state folder holds the models`);
  return readConfig(config);
}

function needed(what: string | undefined, usage: string): string {
  if (what === undefined) throw new StartError(`nothing named: ${usage}`);
  return what;
}

const time = (ms: number): string => new Date(ms).toISOString();

async function list(config: Config, dir: string, { json }: ModelsOptions): Promise<void> {
  const prior = await priorId();
  const namesOf = await namesIn(config);
  const sets = (await listSets(dir)).map(({ id, index: { from, members } }) => ({
    id,
    shipped: id === prior,
    aliases: namesOf(id),
    from: time(from),
    detectors: members.filter(({ name }) => name.startsWith('detector/')).length,
    bytes: members.reduce((sum, { bytes }) => sum + bytes, 0),
  }));
  if (json) console.log(JSON.stringify(sets));
  else if (sets.length === 0)
    console.log(line`no models in ${dir}: tocsin run puts the first in force and trains (docs/detection.md, Training)`);
  else {
    for (const { id, shipped, aliases, from, detectors, bytes } of sets)
      console.log(
        line`${id}  from ${from}  detectors ${detectors}  ${Math.ceil(bytes / 1024)} KiB${shipped ? '  ships with tocsin' : ''}${aliases.length > 0 ? line`  ${aliases.join(', ')}` : ''}`,
      );
  }
}

/** The names of a set. */
async function namesIn(config: Config): Promise<(id: string) => string[]> {
  const { inForce, names } = await readLedger(config);
  const all = [
    ...(inForce ? [[champion, inForce.artefact]] : []),
    ...[...names].map(([name, { artefact }]) => [name, artefact]),
  ];
  return (id) => all.filter(([, artefact]) => artefact === id).map(([name]) => name!);
}

async function card(config: Config, dir: string, id: string, { json }: ModelsOptions): Promise<void> {
  const set = await openSet(dir, id);
  const cards = set.names
    .filter((name) => name.startsWith('detector/'))
    .map((name) => costed(cardIn(set, name), set.bytes(name)));
  const templates = await templatesCard(dir, set);
  const lineage = await readLineage(dir, id);
  const aliases = (await namesIn(config))(id);
  if (json) {
    const about = { id, from: time(set.index.from), aliases, lineage, members: set.index.members };
    console.log(JSON.stringify({ ...about, templates, cards }));
    return;
  }
  console.log(line`set        ${id}\nfrom       ${time(set.index.from)}`);
  if (aliases.length > 0) console.log(line`names      ${aliases.join(', ')}`);
  if (lineage) {
    const { data, rows, entities, seed, settings, parent } = lineage;
    console.log(line`data       ${time(data.from)} to ${time(data.to)}, ${rows} windows of ${entities} entities`);
    console.log(line`lineage    parent ${parent ?? 'none'}, seed ${seed}, settings ${settings.slice(0, 16)}`);
  }
  for (const { name, bytes } of set.index.members) console.log(line`member     ${name}  ${bytes} bytes`);
  if (templates) {
    console.log(
      line`templates  ${templates.count}${templates.changes ? line`; ${changesText(templates.changes)}` : ''}`,
    );
    if (templates.changes) for (const line of changesLines(templates.changes)) console.log(line);
  }
  for (const one of cards) console.log('\n' + cardText(one));
}

/** Of the named set, or of the one in force; where no log says which that is, of the newest that was promoted. */
async function importance(config: Config, dir: string, id: string | undefined, { json }: ModelsOptions): Promise<void> {
  const set = id ?? (await readLedger(config)).inForce?.artefact ?? (await promotedSets(dir)).at(-1);
  if (set === undefined) throw new StartError(`no models in ${dir} are in force: name a set`, 'findings');
  const found = await importanceOf(config, await openSet(dir, set));
  if (!json) console.log(line`set ${set}`);
  console.log(json ? JSON.stringify({ id: set, schemas: found }) : importanceText(found));
}

/** How many templates a set has, and what changed since the set before. */
async function templatesCard(
  dir: string,
  set: ArtefactSet,
): Promise<{ readonly count: number; readonly changes?: TemplateChanges } | undefined> {
  if (!set.has(members.catalogue)) return undefined;
  const catalogue = Catalogue.decode(set.bytes(members.catalogue));
  // Own templates are numbered from the own training before, never from what ships with tocsin.
  const previous = await newestCatalogue(dir, set.id, await priorId());
  return { count: catalogue.size, ...(previous ? { changes: templateChanges(previous, catalogue) } : {}) };
}

/** A card with what a row costs. */
interface CostedCard extends ModelCard {
  readonly operations: number;
}

const costed = (card: ModelCard, file: Uint8Array): CostedCard => ({
  ...card,
  operations: operationsPerRow(guard(file), card.columns.length),
});

const cardText = (card: CostedCard): string =>
  [
    `name       ${card.name} ${card.version}`,
    `kind       ${card.kind}`,
    `schema     ${card.schema}, ${card.columns.length} columns`,
    ...(card.rows > 0 ? [`trained    ${card.rows} rows, ${time(card.trainedFrom)} to ${time(card.trainedTo)}`] : []),
    `exact      ${card.exact ? 'yes' : 'no: scores differ in their last bits by batch'}`,
    `cost       about ${card.operations} operations a row`,
    ...(card.description ? [`about      ${card.description}`] : []),
  ].join('\n');

async function verify(path: string, { schema, json }: ModelsOptions): Promise<void> {
  let file: Buffer;
  try {
    file = await readFile(path);
  } catch (error) {
    throw new StartError(`${path} cannot be read: ${(error as Error).message}`);
  }
  try {
    const found = costed((await admit(file, schema)).card, file);
    console.log(
      json ? JSON.stringify({ file: path, usable: true, card: found }) : line`${path}: usable` + '\n' + cardText(found),
    );
  } catch (error) {
    if (!isUnfit(error)) throw error;
    const reason = error.message.replace(/\s+/g, ' ');
    if (json) console.log(JSON.stringify({ file: path, usable: false, reason }));
    else console.log(line`${path}: not usable: ${reason}`);
    process.exitCode = exitCodes.findings;
  }
}

export const command = withOptionalConfig(new Command('models'))
  .description(
    'list, show SET, importance [SET] (features, by the verdicts), verify FILE; or one of the commands below',
  )
  .argument('[action]', 'list, show, importance or verify')
  .argument('[what]', 'a set or a file')
  .option('--schema <id>', 'feature schema that a verified file must have')
  .option('--json', 'print as JSON')
  .addHelpText(
    'after',
    examples(
      'tocsin models list --config f.yaml',
      'tocsin models show SET --config f.yaml',
      'tocsin models importance --config f.yaml',
      'tocsin models verify forest.onnx --schema logs-1',
    ),
  )
  .action(models)
  // What stands behind a command below belongs to it.
  .enablePositionalOptions();
const below = [gateCommand, shadowCommand, varyCommand, canaryCommand, performanceCommand];
for (const one of [...below, ...nameCommands, ...folderCommands, ...mlflowCommands]) command.addCommand(one);
