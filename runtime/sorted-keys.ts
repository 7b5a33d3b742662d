/** Keys in ascending byte order, kept in chunks so that adding one among many stays cheap. */
import { compareBytes } from '../records/wire/order.js';

const chunkLimit = 512;

/** A sorted set of texts that can be changed while it is iterated over. */
export class SortedKeys {
  /** No chunk is empty. */
  private readonly chunks: string[][] = [];
  private changes = 0;

  constructor(keys: Iterable<string>) {
    const sorted = [...keys].sort(compareBytes);
    for (let i = 0; i < sorted.length; i += chunkLimit / 2) this.chunks.push(sorted.slice(i, i + chunkLimit / 2));
  }

  /** Adds a key that is not there yet. */
  add(key: string): void {
    this.changes++;
    if (this.chunks.length === 0) {
      this.chunks.push([key]);
      return;
    }
    const c = this.chunkOf(key);
    const chunk = this.chunks[c]!;
    chunk.splice(firstAtLeast(chunk, key), 0, key);
    if (chunk.length > chunkLimit) this.chunks.splice(c + 1, 0, chunk.splice(chunkLimit / 2));
  }

  /** Removes a key that is there. */
  remove(key: string): void {
    this.changes++;
    const c = this.chunkOf(key);
    const chunk = this.chunks[c]!;
    chunk.splice(firstAtLeast(chunk, key), 1);
    if (chunk.length === 0) this.chunks.splice(c, 1);
  }

  /** All keys in order. Changes while it runs are seen where they lie ahead. */
  *[Symbol.iterator](): IterableIterator<string> {
    let c = 0;
    let i = 0;
    while (c < this.chunks.length) {
      const key = this.chunks[c]![i]!;
      const seen = this.changes;
      yield key;
      if (this.changes === seen) {
        i++;
      } else {
        if (this.chunks.length === 0) return;
        c = this.chunkOf(key);
        i = firstAtLeast(this.chunks[c]!, key);
        if (this.chunks[c]![i] === key) i++;
      }
      if (i >= this.chunks[c]!.length) {
        c++;
        i = 0;
      }
    }
  }

  /** The last chunk whose first key is at most `key`, or the first one. */
  private chunkOf(key: string): number {
    let low = 0;
    let high = this.chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (compareBytes(this.chunks[middle]![0]!, key) <= 0) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function firstAtLeast(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareBytes(keys[middle]!, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
