/**
 * Artefact sets on disk. `files/<sha256>` holds contents, `sets/<id>/index.json` says which make up a set. A file appears
 * under its name only when it is complete and synced, the index last: a crash leaves a temporary file, never half a set.
 */
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkSchema, type Detector, type ExpectedSchema, type ModelCard } from '../detectors/detector.js';
import { inspectForeign, type Inspection } from '../detectors/foreign.js';
import { cardOf, loadBuiltIn, loadDetector } from '../detectors/load.js';
import {
  ArtefactSet,
  detectorPrefix,
  hashOf,
  indexText,
  RegistryError,
  setId,
  type SetFile,
  type SetIndex,
} from './artefact-set.js';

/** What a set is made of. */
export interface SetContents {
  /** Earliest event time at which windows may be scored with it, ms since 1970. */
  readonly from: number;
  /** Bytes by member name. Members below `detector/<schema>/` must be ONNX models of that schema. */
  readonly members: Readonly<Record<string, Uint8Array>>;
}

/** How foreign models are tried; tests name another place for the compiled program. */
export interface ModelTrials {
  readonly inspect: (file: Uint8Array) => Promise<Inspection>;
}

const admission: ModelTrials = { inspect: (file) => inspectForeign(file) };
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;
const DETECTOR = /^detector\/([^/]+)\/[^/]+$/;

let writes = 0;

/** Writes a file so that it is there whole or not at all, even through a power cut. */
export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const partial = `${path}.${process.pid}-${writes++}.part`;
  try {
    const file = await open(partial, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  const entries = await open(folder, 'r');
  try {
    await entries.sync();
  } finally {
    await entries.close();
  }
}

/** By its code alone: the error may come from another realm. */
const isMissing = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';

/** The content of a file, or undefined where there is none. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Where the content with a hash is kept. */
export const filePath = (dir: string, hash: string): string => join(dir, 'files', hash);
/** Where the index of a set is kept. */
export const indexPath = (dir: string, id: string): string => join(dir, 'sets', id, 'index.json');

/** Everything that a detector must pass before it becomes part of a set; foreign models leave their inspection. */
async function admit(name: string, file: Uint8Array, { inspect }: ModelTrials): Promise<Inspection | undefined> {
  const schema = DETECTOR.exec(name)?.[1];
  if (schema === undefined) return undefined;
  const card = cardOf(file);
  checkSchema(card, { schema, columns: card.columns });
  const builtIn = await loadBuiltIn(file);
  if (!builtIn) return inspect(file);
  await builtIn.close();
  return undefined;
}

/**
 * Stores a set and gives its id; the same contents give the same id and are stored once.
 *
 * @throws RangeError on a bad member name; RefusedModel, MalformedModel, SchemaMismatch on a detector that is unfit
 */
export async function writeSet(
  dir: string,
  { from, members }: SetContents,
  door: ModelTrials = admission,
): Promise<string> {
  if (!Number.isSafeInteger(from))
    throw new RangeError(`the time bound of an artefact set must be whole milliseconds since 1970, not ${from}`);
  const listed: SetFile[] = [];
  for (const name of Object.keys(members).sort()) {
    if (!NAME.test(name))
      throw new RangeError(`"${name}" cannot name an artefact: use letters, digits, ".", "_" and "-" between slashes`);
    const bytes = members[name]!;
    const inspection = await admit(name, bytes, door);
    const hash = hashOf(bytes);
    const stored = await readIfThere(filePath(dir, hash));
    if (!stored || hashOf(stored) !== hash) await writeWhole(filePath(dir, hash), bytes);
    listed.push({ name, hash, bytes: bytes.length, ...(inspection ? { inspection } : {}) });
  }
  const index: SetIndex = { format: 1, from, members: listed };
  const id = setId(index);
  await writeWhole(indexPath(dir, id), indexText(index));
  return id;
}

/** The index of a set, checked against its id. */
async function readIndex(dir: string, id: string): Promise<SetIndex> {
  if (!/^[0-9a-f]{32}$/.test(id))
    throw new RegistryError(`"${id}" is no id of an artefact set: ids are 32 hexadecimal digits`);
  const text = await readIfThere(indexPath(dir, id));
  if (!text) throw new RegistryError(`there is no artefact set ${id} in ${dir}`);
  // The id is the hash of the text, so that text of any other shape is refused before it is looked at.
  if (hashOf(text).slice(0, 32) !== id)
    throw new RegistryError(
      `the index of artefact set ${id} in ${dir} was changed: its hash is ${hashOf(text).slice(0, 32)}; restore it or train again`,
    );
  return JSON.parse(text.toString('utf8')) as SetIndex;
}

/**
 * Opens a set and verifies every member against its hash. The bytes are kept, so that what was verified is what is used.
 *
 * @throws RegistryError where the set or a member is missing or was changed
 */
export async function openSet(dir: string, id: string): Promise<ArtefactSet> {
  const index = await readIndex(dir, id);
  const contents = new Map<string, Uint8Array>();
  for (const { name, hash } of index.members) {
    const bytes = await readIfThere(filePath(dir, hash));
    if (!bytes) throw new RegistryError(`artefact ${name} of set ${id} is missing: there is no ${filePath(dir, hash)}`);
    if (hashOf(bytes) !== hash)
      throw new RegistryError(
        `artefact ${name} of set ${id} was changed: ${filePath(dir, hash)} has the hash ${hashOf(bytes)}; restore it or train again`,
      );
    contents.set(name, bytes);
  }
  return new ArtefactSet(id, index, contents);
}

/** Ids and indexes of all sets, oldest time bound first. */
export async function listSets(dir: string): Promise<{ readonly id: string; readonly index: SetIndex }[]> {
  let ids: string[] = [];
  try {
    ids = await readdir(join(dir, 'sets'));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const sets = await Promise.all(ids.sort().map(async (id) => ({ id, index: await readIndex(dir, id) })));
  return sets.sort((a, b) => a.index.from - b.index.from);
}

const promotedPath = (dir: string, id: string): string => join(dir, 'sets', id, 'promoted');

/** Remembers that the promotion of a set was written to every shard. */
export const markPromoted = (dir: string, id: string): Promise<void> => writeWhole(promotedPath(dir, id), '');

/** Ids of the sets that were promoted, oldest time bound first. */
export async function promotedSets(dir: string): Promise<string[]> {
  const sets = await listSets(dir);
  const marks = await Promise.all(sets.map(({ id }) => readIfThere(promotedPath(dir, id))));
  return sets.filter((_, i) => marks[i] !== undefined).map(({ id }) => id);
}

/** The card of a detector in a set; a foreign one says whether it is exact as its trial found it. */
export function cardIn(set: ArtefactSet, name: string): ModelCard {
  const inspection = set.index.members.find((member) => member.name === name)?.inspection;
  return inspection?.card ?? cardOf(set.bytes(name));
}

/**
 * Opens all detectors that a set has for a feature schema, in order of names.
 *
 * @throws SchemaMismatch naming both schemas where the columns are others
 */
export async function openDetectors(set: ArtefactSet, expected: ExpectedSchema): Promise<Detector[]> {
  const prefix = detectorPrefix(expected.schema);
  const ours = set.index.members.filter(({ name }) => name.startsWith(prefix));
  return Promise.all(ours.map(({ name, inspection }) => loadDetector(set.bytes(name), expected, inspection)));
}
