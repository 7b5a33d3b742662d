/**
 * The offline feature store on disk. `view=<view>/day=<day>/part-<hash>.parquet` are parts that never change,
 * `manifest.json` lists them with their hashes. A part appears whole, and counts once the manifest lists it.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { encodePart, type Row } from '../../connectors/parquet/part.js';
import { lockWriter } from '../../connectors/segment-log/lock.js';
import { readIfThere, writeWhole } from '../../models/registry/registry.js';
import { StartError } from '../../runtime/start-error.js';
import { columnsOf, type ViewName } from './views.js';

/** A part as the manifest lists it. */
export interface StorePart {
  /** From the folder of the store, with slashes. */
  readonly path: string;
  readonly view: ViewName;
  /** UTC day of `event_time`, `2026-01-05`. */
  readonly day: string;
  readonly schema: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Manifest {
  readonly format: 1;
  /** In order of paths. */
  readonly parts: readonly StorePart[];
  /** Offset of each shard of the decisions log up to which it was exported, exclusive. */
  readonly read: readonly number[];
  /** Days before this one were deleted, and are not exported again. */
  readonly before?: string;
}

const empty: Manifest = { format: 1, parts: [], read: [] };
const partName = /^part-[0-9a-f]{16}\.parquet$/;

/** The UTC day of a time, ms since 1970. */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** What is stored now; empty where there is no store. @throws StartError where the manifest is damaged */
export async function readManifest(dir: string): Promise<Manifest> {
  const path = join(dir, 'manifest.json');
  const text = await readIfThere(path);
  if (!text) return empty;
  try {
    const manifest = JSON.parse(text.toString('utf8')) as Manifest;
    if (manifest.format === 1 && Array.isArray(manifest.parts)) return manifest;
  } catch {
    // Reported below.
  }
  throw new StartError(`${path} is no manifest of a feature store: delete ${dir} and export again`, 'failed');
}

/** The store while one process writes it. Nothing counts before `commit`. */
export class StoreWriter {
  private readonly added = new Map<string, StorePart>();

  private constructor(
    readonly dir: string,
    readonly manifest: Manifest,
    private readonly release: () => Promise<void>,
  ) {}

  /** Takes the lock, and deletes what a killed export left. @throws Error where another process exports */
  static async open(dir: string): Promise<StoreWriter> {
    await mkdir(dir, { recursive: true });
    const release = await lockWriter(dir);
    try {
      const manifest = await readManifest(dir);
      await deleteUnlisted(dir, manifest);
      return new StoreWriter(dir, manifest, release);
    } catch (error) {
      await release();
      throw error;
    }
  }

  /** Parts of a day that the manifest lists or that were added. */
  partsOf(view: ViewName, day: string): StorePart[] {
    const here = (part: StorePart): boolean => part.view === view && part.day === day;
    return [...this.manifest.parts.filter(here), ...[...this.added.values()].filter(here)];
  }

  /** Writes rows of one view, day and schema; they must be in the order in which they are to be stored. */
  async add(view: ViewName, day: string, schema: string, rows: readonly Row[]): Promise<void> {
    const bytes = encodePart(columnsOf(view, schema, rows), rows, { 'tocsin.view': view, 'tocsin.schema': schema });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const path = `view=${view}/day=${day}/part-${sha256.slice(0, 16)}.parquet`;
    await writeWhole(join(this.dir, path), bytes);
    this.added.set(path, { path, view, day, schema, rows: rows.length, bytes: bytes.length, sha256 });
  }

  /** From now on the added parts count. @param read offset up to which each shard is exported */
  async commit(read: readonly number[]): Promise<readonly StorePart[]> {
    const added = [...this.added.values()];
    const parts = [...this.manifest.parts, ...added].sort((a, b) => (a.path < b.path ? -1 : 1));
    await this.write({ ...this.manifest, parts, read });
    return added;
  }

  /** Deletes all days before this one: for readers of the manifest at once. */
  async deleteBefore(day: string): Promise<readonly StorePart[]> {
    const { parts, before = '' } = this.manifest;
    const left = parts.filter((part) => part.day >= day);
    const manifest = { ...this.manifest, parts: left, before: day > before ? day : before };
    await this.write(manifest);
    await deleteUnlisted(this.dir, manifest);
    return parts.filter((part) => part.day < day);
  }

  close(): Promise<void> {
    return this.release();
  }

  private write(manifest: Manifest): Promise<void> {
    return writeWhole(join(this.dir, 'manifest.json'), `${JSON.stringify(manifest, undefined, 1)}\n`);
  }
}

/** What a killed export wrote counts for no one, and would be there twice after the next one. */
async function deleteUnlisted(dir: string, { parts }: Manifest): Promise<void> {
  const listed = new Set(parts.map(({ path }) => path));
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(join(dir, '/').length).replaceAll('\\', '/');
    const isPart = partName.test(entry.name) || entry.name.endsWith('.part');
    if (!entry.isFile() || !isPart || !name.startsWith('view=') || listed.has(name)) continue;
    await rm(path, { force: true });
    // A day that is empty now.
    await rmdir(dirname(path)).catch(() => undefined);
  }
}

/** Parts whose bytes are not what the manifest says, in words. */
export async function damaged(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const { path, sha256 } of (await readManifest(dir)).parts) {
    const file = join(dir, path);
    if (!existsSync(file)) found.push(`${path} is missing`);
    else if (
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex') !== sha256
    )
      found.push(`${path} was changed`);
  }
  return found;
}
