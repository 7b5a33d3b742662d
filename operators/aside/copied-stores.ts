/** Copies of a task's stores for a question beside the stream: what is asked changes the copy, never the state. */
import type { StateStores, Store } from '../../records/store.js';
import { decode, encode, type Codec } from '../../records/wire/codec.js';
import { compareBytes } from '../../records/wire/order.js';

/** Stores that are read whole when they are opened: they belong to no entity, and change between boundaries. */
const whole: ReadonlySet<string> = new Set(['artefact', 'calendar']);

/**
 * @param stores of the task, which must be between two boundaries while operators open these
 * @param entities their values are copied at once, so that what the stream decides meanwhile is not mixed in; other values
 * are copied when they are asked for
 */
export const copiedStores = (stores: StateStores, entities: readonly string[]): StateStores => {
  const copies = new Map<string, Store<unknown>>();
  return {
    open<V>(name: string, codec: Codec<V>, version?: number, older?: ReadonlyMap<number, Codec<V>>): Store<V> {
      const known = copies.get(name);
      if (known) return known as Store<V>;
      const live = stores.open(name, codec, version, older);
      const copy = new CopiedStore(live, codec);
      for (const key of whole.has(name) ? live.keys() : entities) copy.get(key);
      copies.set(name, copy);
      return copy;
    },
  };
};

class CopiedStore<V> implements Store<V> {
  /** What was copied, put or deleted. */
  private readonly own = new Map<string, V | undefined>();

  constructor(
    private readonly live: Store<V>,
    private readonly codec: Codec<V>,
  ) {}

  get size(): number {
    let size = this.live.size;
    for (const [key, value] of this.own) {
      const isLive = this.live.get(key) !== undefined;
      if (value === undefined && isLive) size--;
      if (value !== undefined && !isLive) size++;
    }
    return size;
  }

  get(key: string): V | undefined {
    if (this.own.has(key)) return this.own.get(key);
    const value = this.live.get(key);
    const copy = value === undefined ? undefined : decode(this.codec, encode(this.codec, value));
    this.own.set(key, copy);
    return copy;
  }

  put(key: string, value: V): void {
    this.own.set(key, value);
  }

  delete(key: string): void {
    this.own.set(key, undefined);
  }

  keys(): IterableIterator<string> {
    const keys = new Set(this.live.keys());
    for (const [key, value] of this.own) {
      if (value === undefined) keys.delete(key);
      else keys.add(key);
    }
    return [...keys].sort(compareBytes)[Symbol.iterator]();
  }
}
