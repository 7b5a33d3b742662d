/** A set that differs from another one in its policy only: the same models, templates and calibration, another way to decide. */
import { hashOf } from '../models/registry/artefact-set.js';
import { readLineage, writeLineage } from '../models/registry/lineage.js';
import { openSet, writeSet } from '../models/registry/registry.js';
import {
  areUsual,
  decodeSettings,
  encodeSettings,
  usualSettings,
  type PolicySettings,
  type Settings,
} from '../models/registry/settings.js';
import { members } from './artefacts.js';

/** A set that was made from another one. */
export interface VariedSet {
  readonly id: string;
  readonly settings: Settings;
}

/**
 * Stores it; a set of the same contents is stored once.
 *
 * @param dir - folder of the registry
 * @throws RegistryError where the set is missing or damaged
 */
export async function varySet(dir: string, from: string, policy: Partial<PolicySettings>): Promise<VariedSet> {
  const set = await openSet(dir, from);
  const before = set.has(members.settings) ? decodeSettings(set.bytes(members.settings)) : usualSettings;
  const settings = { ...before, ...policy };
  const kept = set.names.filter((name) => name !== members.settings).map((name) => [name, set.bytes(name)] as const);
  const own = areUsual(settings) ? [] : [[members.settings, encodeSettings(settings)] as const];
  const inspections = new Map(set.index.members.map(({ name, inspection }) => [set.bytes(name), inspection]));
  const id = await writeSet(
    dir,
    { from: set.index.from, members: Object.fromEntries([...kept, ...own]) },
    {
      // It was tried when it became part of the set that this one is made from.
      inspect: async (file) => {
        const inspection = inspections.get(file);
        if (!inspection) throw new TypeError('a model of the set has no inspection');
        return inspection;
      },
    },
  );
  const lineage = await readLineage(dir, from);
  if (lineage && id !== from)
    await writeLineage(dir, id, {
      ...lineage,
      parent: from,
      settings: hashOf(lineage.settings + encodeSettings(settings).toString()),
    });
  return { id, settings };
}
