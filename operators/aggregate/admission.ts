/**
 * Which entities of a source have partials of their own. Whoever was there keeps its place, whatever is invented: new
 * ones are admitted a number a pane, up to a number in all; the lines of the others are merged into one entity.
 */
import { uint } from '../../records/wire/codec.js';
import type { StateStores, Store } from '../../records/store.js';

export interface AdmissionLimits {
  /** Entities that have partials of their own. */
  readonly entities: number;
  /** Of them so many new ones a pane. */
  readonly newEntities: number;
}

export const admissionDefaults: AdmissionLimits = { entities: 20_000, newEntities: 2000 };

/** An entity without a line for so long makes room, ms of event time. */
const keptFor = 86_400_000;

export class Admission {
  /** Last pane of each entity that has a place, ms. */
  private readonly known: Store<number>;
  /** New entities by pane, since the last pane was closed. */
  private readonly admitted: Store<number>;
  private lastEntity = '';
  private lastPane = -1;

  constructor(
    stores: StateStores,
    private readonly limits: AdmissionLimits,
  ) {
    this.known = stores.open('ingest.admitted', uint);
    this.admitted = stores.open('ingest.new-entities', uint);
  }

  /** Whether an entity has a place in a pane of its own. */
  admits(entity: string, pane: number): boolean {
    if (entity === this.lastEntity && pane === this.lastPane) return true;
    const last = this.known.get(entity);
    if (last !== undefined) {
      if (pane > last) this.known.put(entity, pane);
      this.lastEntity = entity;
      this.lastPane = pane;
      return true;
    }
    const key = String(pane);
    const news = this.admitted.get(key) ?? 0;
    if (news >= this.limits.newEntities || this.known.size >= this.limits.entities) return false;
    this.admitted.put(key, news + 1);
    this.known.put(entity, pane);
    return true;
  }

  /** Panes that end at or before `boundary` are closed; once a day of event time who is silent is forgotten. */
  closed(boundary: number, pane: number): void {
    this.lastEntity = '';
    for (const key of [...this.admitted.keys()]) if (Number(key) + pane <= boundary) this.admitted.delete(key);
    if (this.known.size < this.limits.entities / 2) return;
    for (const key of [...this.known.keys()]) if (this.known.get(key)! < boundary - keptFor) this.known.delete(key);
  }
}
