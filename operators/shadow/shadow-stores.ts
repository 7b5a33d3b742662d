/**
 * What a shadow keeps of an entity: what the champion had learnt when the shadow first saw it, and from then on its own. The
 * stores that operators open by their usual names are views of stores that all shadows share.
 */
import type { StateStores, Store } from '../../records/store.js';
import { decode, encode, struct, text, type Codec } from '../../records/wire/codec.js';

/** By entity; everything else is only read. */
const own = ['calibration', 'aspect-calibration', 'habits', 'policy'] as const;
const ownStore = (name: string): string => `shadow-${name}`;
const inForce = 'shadows';

/** Every store that shadows have. */
export const shadowStores: ReadonlySet<string> = new Set([inForce, ...own.map(ownStore)]);

/** The set of each shadow, by its name. */
export const shadowsInForce = (stores: StateStores): Store<{ readonly artefact: string }> =>
  stores.open(inForce, struct<{ artefact: string }>({ artefact: text }));

/** The stores of one shadow. */
export class ShadowStores implements StateStores {
  private readonly views: ShadowStore<unknown>[] = [];

  constructor(
    private readonly stores: StateStores,
    private readonly shadow: string,
  ) {}

  open<V>(name: string, codec: Codec<V>, version?: number, older?: ReadonlyMap<number, Codec<V>>): Store<V> {
    if (name === 'calendar') return this.stores.open(name, codec, version, older);
    // Sessions are scored without models: no shadow decides them otherwise.
    if (!(own as readonly string[]).includes(name)) return nothing as Store<V>;
    const view = new ShadowStore(
      this.shadow,
      this.stores.open(ownStore(name), codec, version, older),
      this.stores.open(name, codec, version, older),
      codec,
    );
    this.views.push(view);
    return view;
  }

  /** Deletes what the shadow has learnt. */
  clear(): void {
    for (const view of this.views) view.clear();
  }
}

class ShadowStore<V> implements Store<V> {
  constructor(
    private readonly shadow: string,
    private readonly mine: Store<V>,
    private readonly champions: Store<V>,
    private readonly codec: Codec<V>,
  ) {}

  private keyOf(entity: string): string {
    return `${this.shadow} ${entity}`;
  }

  get size(): number {
    return [...this.keys()].length;
  }

  get(entity: string): V | undefined {
    const known = this.mine.get(this.keyOf(entity));
    if (known !== undefined) return known;
    const value = this.champions.get(entity);
    return value === undefined ? undefined : decode(this.codec, encode(this.codec, value));
  }

  put(entity: string, value: V): void {
    this.mine.put(this.keyOf(entity), value);
  }

  delete(entity: string): void {
    this.mine.delete(this.keyOf(entity));
  }

  *keys(): IterableIterator<string> {
    const prefix = this.keyOf('');
    for (const key of this.mine.keys()) if (key.startsWith(prefix)) yield key.slice(prefix.length);
  }

  clear(): void {
    for (const entity of [...this.keys()]) this.delete(entity);
  }
}

const nothing: Store<unknown> = {
  size: 0,
  get: () => undefined,
  put: () => undefined,
  delete: () => undefined,
  keys: () => [][Symbol.iterator](),
};
