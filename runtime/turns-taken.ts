/** Items at which a task looks at its state as a whole: where a batch is cut for them, and which were taken. */
import type { Batch, Position } from '../records/batch.js';
import { list, text, type Codec } from '../records/wire/codec.js';
import type { StateStores, Store } from '../records/store.js';
import type { StoredState } from './backend.js';
import type { TurnOptions } from './task-options.js';

/** A batch, or one item for which everything before it is handled first. */
export type BatchPiece<A> =
  { readonly batch: Batch<A> } | { readonly turn: A; readonly id: string; readonly position: Position };

/** The pieces of a batch in its order; what is after a turn has a position of its own. */
export function* cutAtTurns<A>(batch: Batch<A>, turns: TurnOptions<A> | undefined): Generator<BatchPiece<A>> {
  const { position } = batch;
  let from = 0;
  let { rejected } = batch;
  if (turns && position) {
    for (const [i, item] of batch.items.entries()) {
      const turn = turns.of(item);
      if (!turn) continue;
      const items = batch.items.slice(from, i);
      if (items.length + rejected.length > 0)
        yield { batch: { items, rejected, position: { ...position, offset: turn.offset } } };
      yield { turn: item, id: turn.id, position: { ...position, offset: turn.offset + 1 } };
      rejected = [];
      from = i + 1;
    }
  }
  if (from === 0) yield { batch };
  else yield { batch: { ...batch, items: batch.items.slice(from), rejected } };
}

const storeName = 'turns-taken';
const codec: Codec<readonly string[]> = list(text);
/** Ids that are remembered. */
const remembered = 1000;

/** Which turns a shard has taken, so that each is taken once. */
export class TurnsTaken {
  private readonly taken: Store<readonly string[]>;

  constructor(stores: StateStores) {
    this.taken = stores.open(storeName, codec);
  }

  has(id: string): boolean {
    return this.taken.get('')?.includes(id) === true;
  }

  add(id: string): void {
    this.taken.put('', [...(this.taken.get('') ?? []), id].slice(-remembered));
  }
}

/** A state that takes over knows of the turns that this one has taken. */
export function withTurns(by: StoredState, own: StoredState): StoredState {
  const entries = own.entries.filter(({ store }) => store === storeName);
  return {
    versions: new Map([...by.versions, [storeName, 1]]),
    entries: [...by.entries.filter(({ store }) => store !== storeName), ...entries],
  };
}
