/** Artefact sets where all members of a fleet find them; each member keeps what it has fetched. */
import { hashOf, RegistryError, type SetIndex } from './artefact-set.js';
import { lineagePath } from './lineage.js';
import { filePath, indexPath, readIfThere, writeWhole } from './registry.js';

/** Bytes by name, written once: names hold the hash of what they stand for. */
export interface Blobs {
  putBlob(name: string, bytes: Uint8Array): Promise<void>;
  getBlob(name: string): Promise<Uint8Array | undefined>;
  /** Where they can be deleted. */
  deleteBlob?(name: string): Promise<void>;
}

const fileBlob = (hash: string): string => `file/${hash}`;
const indexBlob = (id: string): string => `set/${id}`;
const lineageBlob = (id: string): string => `lineage/${id}`;

/** Copies a set of the folder to where others find it; the index last, so that what is found is whole. */
export async function publishSet(dir: string, id: string, blobs: Blobs): Promise<void> {
  const text = await readIfThere(indexPath(dir, id));
  if (!text) throw new RegistryError(`there is no artefact set ${id} in ${dir} to share`);
  for (const { hash } of (JSON.parse(text.toString('utf8')) as SetIndex).members) {
    const bytes = await readIfThere(filePath(dir, hash));
    if (!bytes) throw new RegistryError(`artefact set ${id} cannot be shared: there is no ${filePath(dir, hash)}`);
    await blobs.putBlob(fileBlob(hash), bytes);
  }
  const lineage = await readIfThere(lineagePath(dir, id));
  if (lineage) await blobs.putBlob(lineageBlob(id), lineage);
  await blobs.putBlob(indexBlob(id), text);
}

/**
 * Copies a set into the folder where it is not there yet. Every byte is checked against the id.
 *
 * @throws RegistryError where what others see is not what the id says
 */
export async function fetchSet(dir: string, id: string, blobs: Blobs): Promise<void> {
  if (await readIfThere(indexPath(dir, id))) return;
  const text = await blobs.getBlob(indexBlob(id));
  if (!text) return;
  if (hashOf(text).slice(0, 32) !== id) throw new RegistryError(`the shared index of artefact set ${id} was changed`);
  for (const { name, hash } of (JSON.parse(Buffer.from(text).toString('utf8')) as SetIndex).members) {
    const own = await readIfThere(filePath(dir, hash));
    if (own && hashOf(own) === hash) continue;
    const bytes = await blobs.getBlob(fileBlob(hash));
    if (!bytes || hashOf(bytes) !== hash)
      throw new RegistryError(
        `artefact ${name} of the shared set ${id} is ${bytes ? 'damaged' : 'missing'}: train again`,
      );
    await writeWhole(filePath(dir, hash), bytes);
  }
  const lineage = await blobs.getBlob(lineageBlob(id));
  if (lineage) await writeWhole(lineagePath(dir, id), lineage);
  await writeWhole(indexPath(dir, id), text);
}
