/** What one shard has learnt, as bytes: all that its detect task keeps, and where in the log that was. */
import { bytes, decode, encode, list, map, struct, text, uint, type Codec } from '../../records/wire/codec.js';
import type { StoredState, StoredEntry } from '../../runtime/backend.js';

export interface KeptShard extends StoredState {
  readonly snapshot: string;
  readonly shard: number;
  readonly shards: number;
  /** Offset of the record of the snapshot in the shard: what is kept follows from the records before it. */
  readonly offset: number;
}

const entry: Codec<StoredEntry> = struct<StoredEntry>({ store: text, key: text, value: bytes });
type StoredShard = Omit<KeptShard, 'versions'> & { readonly versions: Map<string, number> };
const codec: Codec<StoredShard> = struct<StoredShard>({
  snapshot: text,
  shard: uint,
  shards: uint,
  offset: uint,
  versions: map(text, uint),
  entries: list(entry),
});

/** By store and key, so that equal states are equal bytes. */
const inOrder = (a: StoredEntry, b: StoredEntry): number =>
  a.store < b.store ? -1 : a.store > b.store ? 1 : a.key < b.key ? -1 : a.key > b.key ? 1 : 0;

export const encodeKept = (kept: KeptShard): Buffer =>
  encode(codec, {
    ...kept,
    versions: new Map([...kept.versions].sort()),
    entries: [...kept.entries].sort(inOrder),
  });

/** Throws a RangeError on broken bytes. */
export const decodeKept = (input: Uint8Array): KeptShard => decode(codec, input);
