/**
 * Which entities of a source have partials of their own. An entity that is there keeps its place, whatever is invented: new
 * ones are admitted a number a pane, up to a number in all; the lines of the others are merged into one entity. What is
 * invented comes once, and what is real comes back: as many may be new as have come back before.
 */
import { bool, struct, uint } from '../../records/wire/codec.js';
import type { StateStores, Store } from '../../records/store.js';

/** How many entities of a source have partials of their own. */
export interface AdmissionLimits {
  /** Entities that have partials of their own. */
  readonly entities: number;
  /** Of them so many new ones a pane, or as many as came back; twice as many that were there in one pane alone. */
  readonly newEntities: number;
}

/** The limits where a configuration names none. */
export const admissionDefaults: AdmissionLimits = { entities: 20_000, newEntities: 250 };

/** Panes' worth of new entities that may be there once. */
const oncePanes = 2;

interface AdmittedEntity {
  /** Last pane with a line, ms. */
  readonly last: number;
  /** It had lines in two panes. */
  readonly back: boolean;
}

/** An entity without a line for so long makes room, ms of event time. */
const keptFor = 86_400_000;

/** Decides which entities get a partial; what is over is counted as overflow. */
export class Admission {
  private readonly known: Store<AdmittedEntity>;
  /** New entities by pane, since the last pane was closed. */
  private readonly admitted: Store<number>;
  /** How many of the known ones came back: follows from the store. */
  private back = 0;
  private lastEntity = '';
  private lastPane = -1;

  constructor(
    stores: StateStores,
    private readonly limits: AdmissionLimits,
  ) {
    this.known = stores.open('ingest.admitted', struct<AdmittedEntity>({ last: uint, back: bool }), 2);
    this.admitted = stores.open('ingest.new-entities', uint);
    for (const key of this.known.keys()) if (this.known.get(key)!.back) this.back++;
  }

  /** Whether an entity has a place in a pane of its own. */
  admits(entity: string, pane: number): boolean {
    if (entity === this.lastEntity && pane === this.lastPane) return true;
    const known = this.known.get(entity);
    if (known !== undefined) {
      this.comesBack(entity, known, pane);
      this.lastEntity = entity;
      this.lastPane = pane;
      return true;
    }
    const key = String(pane);
    const news = this.admitted.get(key) ?? 0;
    const { newEntities, entities } = this.limits;
    const once = this.known.size - this.back;
    if (news >= Math.max(newEntities, this.back) || this.known.size >= entities) return false;
    if (once >= Math.max(oncePanes * newEntities, this.back)) return false;
    this.admitted.put(key, news + 1);
    this.known.put(entity, { last: pane, back: false });
    return true;
  }

  private comesBack(entity: string, { last, back }: AdmittedEntity, pane: number): void {
    if (pane === last || (back && pane < last)) return;
    if (!back) this.back++;
    this.known.put(entity, { last: Math.max(pane, last), back: true });
  }

  /** Panes that end at or before `boundary` are closed; who is silent for a day is forgotten where room is short. */
  closed(boundary: number, pane: number): void {
    this.lastEntity = '';
    for (const key of [...this.admitted.keys()]) if (Number(key) + pane <= boundary) this.admitted.delete(key);
    const { entities, newEntities } = this.limits;
    const once = this.known.size - this.back;
    if (this.known.size < entities / 2 && once < newEntities) return;
    for (const key of [...this.known.keys()]) {
      const { last, back } = this.known.get(key)!;
      if (last >= boundary - keptFor) continue;
      this.known.delete(key);
      if (back) this.back--;
    }
  }
}
