/** The artefact sets of a process: loaded once, shared by all its detect tasks. */
import { join } from 'node:path';
import { habitCodec } from '../models/calibration/habit.js';
import { tailFitCodec } from '../models/calibration/tail.js';
import { returnLevelCodec } from '../models/calibration/return-level.js';
import { schemas } from '../models/features/schemas.js';
import { setId, type ArtefactSet } from '../models/registry/artefact-set.js';
import { listSets, openDetectors, openSet } from '../models/registry/registry.js';
import { decodeSettings } from '../models/registry/settings.js';
import { fetchSet, type Blobs } from '../models/registry/share.js';
import { Catalogue } from '../models/templates/catalogue.js';
import type { ModelsInForce } from '../operators/artefact.js';
import type { TrainedCalibration } from '../operators/calibrate.js';
import { decode, map, struct, text, type Codec } from '../records/wire/codec.js';

/** Names of the members of a set beside its detectors. */
export const members = {
  catalogue: 'catalogue',
  calibration: 'calibration',
  habits: 'habits',
  settings: 'settings',
} as const;

interface StoredCalibration {
  prior: Map<string, TrainedCalibration['prior'][string]>;
  levels: Map<string, Map<string, ReturnType<typeof returnLevelCodec.read>>>;
}

/** The catalogue of a set; undefined where it has none that this release reads. */
export async function catalogueOf(dir: string, id: string): Promise<Catalogue | undefined> {
  const set = await openSet(dir, id);
  if (!set.has(members.catalogue)) return undefined;
  try {
    return Catalogue.decode(set.bytes(members.catalogue));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * The newest set, or the newest before another one. Mining the same lines again with its catalogue gives the same
 * catalogue, so a training that is repeated after a crash gives the same set.
 *
 * @param without - a set that does not count: the one that ships with tocsin
 */
export async function newestSet(dir: string, before?: string, without?: string): Promise<string | undefined> {
  const ids = (await listSets(dir)).map(({ id }) => id).filter((id) => id !== without);
  const end = before === undefined ? ids.length : ids.indexOf(before);
  return end <= 0 ? undefined : ids[end - 1];
}

/** The catalogue of `newestSet`. */
export async function newestCatalogue(dir: string, before?: string, without?: string): Promise<Catalogue | undefined> {
  const id = await newestSet(dir, before, without);
  return id === undefined ? undefined : catalogueOf(dir, id);
}

export const calibrationCodec: Codec<StoredCalibration> = struct<StoredCalibration>({
  prior: map(text, tailFitCodec),
  levels: map(text, map(text, returnLevelCodec)),
});

/** By entity key and detector. A set without this member was trained before there was one. */
export const habitsCodec = map(text, map(text, habitCodec));

/** The id that the set would have without settings. */
const basisOf = ({ index }: ArtefactSet): string =>
  setId({ ...index, members: index.members.filter(({ name }) => name !== members.settings) });

interface Loaded {
  readonly set: ModelsInForce;
  readonly calibration: TrainedCalibration;
}

export class Artefacts {
  private readonly sets = new Map<string, Loaded>();
  private readonly loading = new Map<string, Promise<void>>();

  /**
   * @param dir - folder of the registry
   * @param blobs - where sets are that another member of the fleet trained
   */
  constructor(
    readonly dir: string,
    private readonly blobs?: Blobs,
  ) {}

  /** Where the models of a state folder lie. */
  static in(stateDir: string, blobs?: Blobs): Artefacts {
    return new Artefacts(join(stateDir, 'models'), blobs);
  }

  readonly loaded = (id: string): ModelsInForce | undefined => this.sets.get(id)?.set;
  readonly calibration = (id: string): TrainedCalibration | undefined => this.sets.get(id)?.calibration;

  /** Loads and verifies a set; a set that is loaded, or is being loaded, is not loaded again. */
  load(id: string): Promise<void> {
    const known = this.loading.get(id);
    if (known) return known;
    const loading = this.open(id).catch((error: unknown) => {
      this.loading.delete(id);
      throw error;
    });
    this.loading.set(id, loading);
    return loading;
  }

  private async open(id: string): Promise<void> {
    if (this.blobs) await fetchSet(this.dir, id, this.blobs);
    const stored = await openSet(this.dir, id);
    const detectors = [];
    for (const schema of schemas.values()) {
      const columns = schema.columns.map(({ name }) => name);
      detectors.push(...(await openDetectors(stored, { schema: schema.id, columns })));
    }
    const { prior, levels } = decode(calibrationCodec, stored.bytes(members.calibration));
    const habits = stored.has(members.habits)
      ? decode(habitsCodec, stored.bytes(members.habits))
      : new Map<string, never>();
    this.sets.set(id, {
      set: { id, detectors, catalogue: Catalogue.decode(stored.bytes(members.catalogue)) },
      calibration: {
        prior: Object.fromEntries(prior),
        levels,
        habits,
        basis: basisOf(stored),
        ...(stored.has(members.settings) ? { settings: decodeSettings(stored.bytes(members.settings)) } : {}),
      },
    });
  }
}
