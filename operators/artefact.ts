/** Artefact sets in operators: which one is in force, and that it is loaded before anything is scored with it. */
import { concatMap, from, of } from 'rxjs';
import type { Batch, Operator } from '../records/batch.js';
import { canaryRecord, type CanaryRecord } from '../records/canary.js';
import { text } from '../records/wire/codec.js';
import type { StateStores, Store } from '../records/store.js';
import type { Promotion } from '../records/windows.js';
import type { Detector } from '../models/detectors/detector.js';
import type { Catalogue } from '../models/templates/catalogue.js';

/** What a promotion puts in force. */
export interface ModelsInForce {
  readonly id: string;
  readonly catalogue?: Catalogue;
  /** Detectors of any feature schema. */
  readonly detectors: readonly Detector[];
}

/** The sets that are loaded, by id. */
export type LoadedArtefacts = (id: string) => ModelsInForce | undefined;

/**
 * A task cannot go on before an artefact set is there. It pauses, and is restored from its checkpoint when the set can
 * be loaded; it never scores with the old one.
 */
export class NotReady extends Error {
  override readonly name = 'NotReady';

  constructor(
    readonly artefact: string,
    cause?: unknown,
  ) {
    const why = cause === undefined ? '' : `: ${cause instanceof Error ? cause.message : JSON.stringify(cause)}`;
    super(
      `the artefact set ${artefact} is in force but not loaded${why}. The task is paused: make the set available in ` +
        'the models folder, or promote another one from the same boundary on.',
      { cause },
    );
  }
}

/** The id of the set in force at this task, by the empty key; absent in the warm-up. */
export const artefactInForce = (stores: StateStores): Store<string> => stores.open('artefact', text);

/** The set that scores a share of the entities, by the empty key; absent where there is none. */
export const canaryInForce = (stores: StateStores): Store<Pick<CanaryRecord, 'artefact' | 'share'>> =>
  stores.open('canary', canaryRecord);

/**
 * The set in force, if any.
 *
 * @throws NotReady where one is in force that is not loaded
 */
export function setInForce(inForce: Store<string>, loaded: LoadedArtefacts): ModelsInForce | undefined {
  const id = inForce.get('');
  if (id === undefined) return undefined;
  const set = loaded(id);
  if (!set) throw new NotReady(id);
  return set;
}

/** Puts the set of a promotion in force. Throws NotReady, and leaves the old one, where it is not loaded. */
export function promote(inForce: Store<string>, loaded: LoadedArtefacts, { artefact }: Promotion): ModelsInForce {
  const set = loaded(artefact);
  if (!set) throw new NotReady(artefact);
  if (inForce.get('') !== artefact) inForce.put('', artefact);
  return set;
}

/**
 * Loads what a batch needs before it is handed on: the set in force, which a restarted task has not loaded yet, and the
 * sets that its promotions put in force, where its items are records. Nothing is changed before all of them are there.
 *
 * @param load makes the set known to `loaded` of the operators behind; a set that is loaded already is not loaded again
 */
export function awaitArtefacts<A extends object>(
  stores: StateStores,
  loaded: LoadedArtefacts,
  load: (id: string) => Promise<unknown>,
): Operator<A, A> {
  const inForce = artefactInForce(stores);
  const canary = canaryInForce(stores);
  const loadAll = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) {
      try {
        await load(id);
      } catch (error) {
        throw new NotReady(id, error);
      }
      if (!loaded(id)) throw new NotReady(id);
    }
  };
  return concatMap((batch: Batch<A>) => {
    const coming = batch.items.flatMap((item) => (isComing(item) ? [item.artefact] : []));
    const needed = new Set([inForce.get(''), canary.get('')?.artefact, ...coming]);
    const missing = [...needed].filter((id): id is string => id !== undefined && !loaded(id));
    return missing.length === 0 ? of(batch) : from(loadAll(missing).then(() => batch));
  });
}

const isComing = (item: object): item is Promotion | CanaryRecord =>
  'type' in item && (item.type === 'promotion' || (item.type === 'canary' && (item as CanaryRecord).share > 0));
