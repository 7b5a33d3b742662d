/** `models push` and `pull`: sets of models to MLflow, and from there. */
import { Command } from 'commander';
import type { Config } from '../../config/schema.js';
import { MlflowError } from '../../connectors/mlflow/client.js';
import { RegistryError } from '../../models/registry/artefact-set.js';
import { readLedger } from '../../offline/models/names.js';
import { champion } from '../../records/alias.js';
import { StartError } from '../../runtime/start-error.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import { MlflowRegistry } from '../../service/mlflow/registry.js';
import { Artefacts } from '../../training/artefacts.js';
import { examples, withConfig } from '../command-line.js';
import { line } from '../terminal/line.js';

async function registryOf(file: string): Promise<{ config: Config; dir: string; registry: MlflowRegistry }> {
  const config = await readSettledConfig(file);
  if (!config.mlflow) throw new StartError(`${file} has no mlflow.url: name the server there`);
  return { config, dir: Artefacts.in(config.state.dir).dir, registry: MlflowRegistry.of(config.mlflow) };
}

const asked = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    if (error instanceof MlflowError) throw new StartError(error.message, 'unavailable');
    throw error instanceof RegistryError ? new StartError(error.message, 'findings') : error;
  });

async function push(set: string | undefined, { config: file }: { readonly config: string }): Promise<void> {
  const { config, dir, registry } = await registryOf(file);
  if (set !== undefined) {
    const version = await asked(registry.publish(dir, set, Date.now()));
    console.log(line`${set} is version ${version} of the model ${config.mlflow?.model ?? ''}`);
    return;
  }
  const { inForce, names } = await readLedger(config);
  const named = new Map(inForce ? [[champion, inForce.artefact]] : []);
  for (const [name, { artefact }] of names) named.set(name, artefact);
  if (named.size === 0) throw new StartError('no set has a name yet: run tocsin first, or name a set', 'failed');
  await asked(registry.nameAs(dir, named, Date.now()));
  for (const [name, id] of named) console.log(line`${name} is ${id}`);
}

async function pull(named: string, { config: file }: { readonly config: string }): Promise<void> {
  const { dir, registry } = await registryOf(file);
  console.log(line`${await asked(registry.fetch(dir, named))}`);
}

export const mlflowCommands: readonly Command[] = [
  withConfig(new Command('push'))
    .description('write a set to MLflow; without one: all that have a name, with their names as aliases')
    .argument('[set]')
    .addHelpText('after', examples('tocsin models push --config f.yaml', 'tocsin models push SET --config f.yaml'))
    .action(push),
  withConfig(new Command('pull'))
    .description('fetch a set from MLflow, by its id or an alias; every byte is checked; prints its id')
    .argument('<set>', 'an id, or an alias such as champion')
    .addHelpText('after', examples('tocsin models pull champion --config f.yaml'))
    .action(pull),
];
