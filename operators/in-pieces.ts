/** Hands a large batch on in pieces, a turn of the event loop each, so that the process answers meanwhile. */
import { concatMap, Observable, of } from 'rxjs';
import type { Batch, Operator } from '../records/batch.js';

/** Items of a piece: some tens of milliseconds of work behind it. */
const pieceSize = 1024;

/**
 * The same items in the same order. Of a batch with more than `size`, the last piece has the position and the rejects; what
 * follows must not depend on how batches are cut.
 *
 * @param options.size - items of a piece
 * @param options.begins - called before the first piece of each batch
 */
export function inPieces<A>({
  size = pieceSize,
  begins,
}: { readonly size?: number; readonly begins?: () => void } = {}): Operator<A, A> {
  return concatMap((batch) => {
    begins?.();
    return batch.items.length <= size ? of(batch) : pieces(batch, size);
  });
}

const pieces = <A>({ items, ...rest }: Batch<A>, size: number): Observable<Batch<A>> =>
  new Observable((output) => {
    let at = 0;
    const next = (): void => {
      const piece = items.slice(at, (at += size));
      if (at < items.length) {
        turn = setImmediate(next);
        output.next({ items: piece, rejected: [] });
      } else {
        output.next({ ...rest, items: piece });
        output.complete();
      }
    };
    let turn = setImmediate(next);
    return () => clearImmediate(turn);
  });
