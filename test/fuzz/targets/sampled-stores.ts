/** State as tasks write it, with the codec of each store. */
import { encode, type Codec } from '../../../records/wire/codec.js';
import type { StateStores, Store } from '../../../records/store.js';

/** A valid value of a codec, as bytes. */
export interface Sample {
  readonly name: string;
  readonly codec: Codec<unknown>;
  readonly bytes: Uint8Array;
}

/** Stores that tell what they hold, with its codec: state as it is when it is written. */
export class SampledStores implements StateStores {
  private readonly opened = new Map<string, { values: Map<string, unknown>; codec: Codec<unknown> }>();

  open<V>(name: string, codec: Codec<V>): Store<V> {
    let store = this.opened.get(name);
    if (!store) this.opened.set(name, (store = { values: new Map(), codec: codec }));
    const values = store.values as Map<string, V>;
    return {
      get: (key) => values.get(key),
      put: (key, value) => void values.set(key, value),
      delete: (key) => void values.delete(key),
      keys: () => [...values.keys()].sort()[Symbol.iterator](),
      get size() {
        return values.size;
      },
    };
  }

  samples(): Sample[] {
    return [...this.opened].flatMap(([name, { values, codec }]) =>
      [...values.values()].slice(0, 3).map((value) => ({ name, codec, bytes: encode(codec, value) })),
    );
  }
}
