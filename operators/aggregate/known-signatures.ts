/**
 * Which messages a source has had, and so has described. What is invented comes once and what is real comes back: where room
 * is short, what came in one pane alone is forgotten an hour later, and what came back when it was silent for a day. What
 * was forgotten is described again when it comes.
 */
import { bool, struct, uint } from '../../records/wire/codec.js';
import { hex } from '../../records/wire/hash.js';
import type { StateStores, Store } from '../../records/store.js';

interface KnownSignature {
  /** Last pane with a line, ms. */
  readonly last: number;
  /** It had lines in two panes. */
  readonly back: boolean;
}

/** Messages that a source remembers. */
const maxKnown = 200_000;
const hour = 3_600_000;
const keptFor = 24 * hour;

/** The messages of one source. */
export class KnownSignatures {
  private readonly known: Store<KnownSignature>;

  /** @param max - messages that are remembered */
  constructor(
    stores: StateStores,
    private readonly max = maxKnown,
  ) {
    this.known = stores.open('ingest.definitions', struct<KnownSignature>({ last: uint, back: bool }), 2);
  }

  has(signature: number): boolean {
    return this.known.get(hex(signature)) !== undefined;
  }

  /** A message has a line in a pane that had none of it so far; whether it is to be described. */
  take(signature: number, pane: number): boolean {
    const key = hex(signature);
    const known = this.known.get(key);
    if (known === undefined) {
      if (this.known.size >= this.max) return false;
      this.known.put(key, { last: pane, back: false });
      return true;
    }
    // Told apart by the hour: once is enough to stay.
    if (pane !== known.last && (!known.back || pane >= known.last + hour))
      this.known.put(key, { last: Math.max(pane, known.last), back: true });
    return false;
  }

  /** Panes up to a boundary are closed: forgets, where more than half of the room is taken, once an hour of event time. */
  closed(before: number, boundary: number): void {
    if (this.known.size <= this.max / 2 || Math.floor(before / hour) === Math.floor(boundary / hour)) return;
    for (const key of [...this.known.keys()]) {
      const { last, back } = this.known.get(key)!;
      if (last < boundary - (back ? keptFor : hour)) this.known.delete(key);
    }
  }
}
