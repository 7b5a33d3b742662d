/** Where a set comes from. It stands beside the set and is no part of its id: the same models may be trained twice. */
import { join } from 'node:path';
import { readIfThere, writeWhole } from './registry.js';

/** The origin of a set. */
export interface Lineage {
  /** The set whose templates and detectors it went on from; undefined for a first one. */
  readonly parent?: string;
  /** Event time of the windows that it was trained on: ends after `from` and up to `to`, ms since 1970. */
  readonly data: { readonly from: number; readonly to: number };
  readonly rows: number;
  readonly entities: number;
  readonly templates: number;
  readonly detectors: number;
  readonly seed: number;
  /** SHA-256 of the settings that shape a training: windows, rules, extra detectors, custom models. */
  readonly settings: string;
}

/** Where the origin of a set is kept. */
export const lineagePath = (dir: string, id: string): string => join(dir, 'sets', id, 'lineage.json');

/** Writes it once: the first training that gave the set is its origin. */
export async function writeLineage(dir: string, id: string, lineage: Lineage): Promise<void> {
  const path = lineagePath(dir, id);
  if (!(await readIfThere(path))) await writeWhole(path, `${JSON.stringify(lineage)}\n`);
}

/** Undefined for a set without one: it ships with tocsin, or is older than lineages. */
export async function readLineage(dir: string, id: string): Promise<Lineage | undefined> {
  const text = await readIfThere(lineagePath(dir, id));
  return text ? (JSON.parse(text.toString('utf8')) as Lineage) : undefined;
}
