/** A set as a folder of plain files, which git, DVC or a bucket can carry, and back by its hashes. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashOf, indexText, setId, type SetIndex } from '../../models/registry/artefact-set.js';
import { lineagePath, readLineage, type Lineage } from '../../models/registry/lineage.js';
import { cardIn, filePath, indexPath, openSet, readIfThere, writeWhole } from '../../models/registry/registry.js';
import { StartError } from '../../runtime/start-error.js';

/** Name of a member's file below the folder. */
const fileOf = (name: string): string => (name.startsWith('detector/') ? `${name}.onnx` : name);

/**
 * Writes a set to a folder that is empty or missing: its files, `index.json` that names it, `SHA256SUMS` for
 * `sha256sum -c`, `lineage.json` and a card for people.
 *
 * @throws StartError where the folder has something
 */
export async function exportSet(dir: string, id: string, into: string): Promise<string[]> {
  const set = await openSet(dir, id);
  if (existsSync(join(into, 'index.json')))
    throw new StartError(`${into} has a set already: name an empty folder`, 'failed');
  const sums: string[] = [];
  const write = async (name: string, bytes: Uint8Array | string): Promise<void> => {
    await writeWhole(join(into, name), bytes);
    sums.push(`${hashOf(bytes)}  ${name}`);
  };
  for (const name of set.names) await write(fileOf(name), set.bytes(name));
  const lineage = await readLineage(dir, id);
  if (lineage) await write('lineage.json', `${JSON.stringify(lineage, undefined, 2)}\n`);
  const detectors = set.names.filter((name) => name.startsWith('detector/')).map((name) => cardIn(set, name));
  await write('CARD.md', cardText(id, set.index, detectors, lineage));
  // The index last: what has one is whole.
  await write('index.json', indexText(set.index));
  await writeWhole(join(into, 'SHA256SUMS'), `${sums.join('\n')}\n`);
  return sums;
}

const iso = (ms: number): string => new Date(ms).toISOString();

function cardText(
  id: string,
  { from }: SetIndex,
  detectors: readonly {
    readonly name: string;
    readonly schema: string;
    readonly kind: string;
    readonly rows: number;
  }[],
  lineage: Lineage | undefined,
): string {
  const lines = [
    `# Artefact set ${id}`,
    '',
    `May score from ${iso(from)} on.`,
    ...(lineage
      ? [
          `Trained on ${lineage.rows} windows of ${lineage.entities} entities, ${iso(lineage.data.from)} to ${iso(lineage.data.to)}, with seed ${lineage.seed}.`,
          `Settings ${lineage.settings.slice(0, 16)}. Parent: ${lineage.parent ?? 'none'}.`,
        ]
      : []),
    '',
    '| Detector | Schema | Kind | Rows |',
    '|---|---|---|---|',
    ...detectors.map(({ name, schema, kind, rows }) => `| ${name} | ${schema} | ${kind} | ${rows} |`),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * Stores a set that `exportSet` wrote; every byte is checked against the id.
 *
 * @returns its id
 * @throws StartError where the folder has no set, or a file was changed
 */
export async function importSet(dir: string, from: string): Promise<string> {
  const text = await readIfThere(join(from, 'index.json'));
  if (!text) throw new StartError(`${from} has no index.json: export one with tocsin models export`);
  let index: SetIndex;
  try {
    const read = JSON.parse(text.toString('utf8')) as { readonly format?: unknown; readonly members?: unknown };
    if (read.format !== 1 || !Array.isArray(read.members)) throw new Error('another format');
    index = read as SetIndex;
  } catch (error) {
    throw new StartError(`${join(from, 'index.json')} is no index of a set: ${(error as Error).message}`);
  }
  const id = setId(index);
  for (const { name, hash } of index.members) {
    const path = join(from, fileOf(name));
    const bytes = await readIfThere(path);
    if (!bytes) throw new StartError(`${path} is missing: the set is not whole`, 'findings');
    if (hashOf(bytes) !== hash)
      throw new StartError(`${path} was changed: its hash is not that of index.json`, 'findings');
    await writeWhole(filePath(dir, hash), bytes);
  }
  if (existsSync(join(from, 'lineage.json')))
    await writeWhole(
      lineagePath(dir, id),
      `${JSON.stringify(JSON.parse(await readFile(join(from, 'lineage.json'), 'utf8')))}\n`,
    );
  await writeWhole(indexPath(dir, id), indexText(index));
  // Opened once, so that what cannot be used is found now.
  await openSet(dir, id);
  return id;
}
