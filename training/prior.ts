/** The artefact set that ships with tocsin: what scores before there are own models. Made by `scripts/prior.mjs`. */
import { cp, readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSet } from '../models/registry/registry.js';

/** Next to this module, in the sources and in what is built from them. */
const folder = join(dirname(fileURLToPath(import.meta.url)), 'prior');

/** The id of the set that ships with this release; undefined where a build has none. */
export async function priorId(from = folder): Promise<string | undefined> {
  if (!existsSync(join(from, 'sets'))) return undefined;
  const [id] = await readdir(join(from, 'sets'));
  return id;
}

/**
 * Copies the set into a registry, where it stays also when another release ships another one: a promotion names it.
 *
 * @returns its id
 * @throws RegistryError where what ships is damaged
 */
export async function installPrior(dir: string, from = folder): Promise<string | undefined> {
  const id = await priorId(from);
  if (id === undefined) return undefined;
  if (!existsSync(join(dir, 'sets', id, 'index.json'))) {
    await openSet(from, id);
    await cp(join(from, 'files'), join(dir, 'files'), { recursive: true });
    // The index last: what is found is whole.
    await cp(join(from, 'sets'), join(dir, 'sets'), { recursive: true });
  }
  return id;
}
