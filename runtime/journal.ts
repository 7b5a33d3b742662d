/** A batch that came once and cannot be asked for again is written down before it is handled. */
import type { Position } from '../records/batch.js';
import { list, struct, text, uint, type Codec } from '../records/wire/codec.js';

/** A batch that the source cannot give again. */
export interface Journaled<A> {
  readonly items: readonly A[];
  readonly position: Position;
}

/** Its stored form, by that of its items. */
export const journaled = <A>(item: Codec<A>): Codec<Journaled<A>> =>
  struct<Journaled<A>>({ items: list(item), position: struct<Position>({ source: text, offset: uint }) });
