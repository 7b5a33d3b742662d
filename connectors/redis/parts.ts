/** Cuts the changes of a checkpoint into calls that do not stall Redis. */
import type { StateChanges } from '../../runtime/backend.js';

/** One call's worth. A put is a field followed by its value. */
export interface CommandPart {
  readonly command: 'HSET' | 'HDEL';
  readonly values: readonly (string | Buffer)[];
}

/** How large a call may be. */
export interface PartLimits {
  readonly bytes: number;
  readonly values: number;
}

/** Redis handles a call of this size in a few milliseconds, during which it serves no other client. */
export const partLimits: PartLimits = { bytes: 4 * 1024 * 1024, values: 10_000 };

/** Field of an entry in the hash of its task. */
export const fieldOf = (store: string, key: string): string => `${store}\0${key}`;

/** Whether all of it fits into one call. */
export function fitsOne({ puts, deletes }: StateChanges, limits: PartLimits): boolean {
  if (2 * puts.length + deletes.length > limits.values) return false;
  let bytes = 0;
  for (const { store, key } of deletes) bytes += store.length + key.length;
  for (const { store, key, value } of puts) bytes += store.length + key.length + value.length;
  return bytes <= limits.bytes;
}

/** The changes in parts; a value that is larger than a part has one of its own. */
export function* partsOf({ puts, deletes }: StateChanges, limits: PartLimits): IterableIterator<CommandPart> {
  let values: (string | Buffer)[] = [];
  let bytes = 0;
  const isFull = (more: number): boolean =>
    values.length > 0 && (bytes + more > limits.bytes || values.length + 2 > limits.values);
  for (const { store, key } of deletes) {
    const field = fieldOf(store, key);
    if (isFull(field.length)) {
      yield { command: 'HDEL', values };
      values = [];
      bytes = 0;
    }
    values.push(field);
    bytes += field.length;
  }
  if (values.length > 0) yield { command: 'HDEL', values };
  values = [];
  bytes = 0;
  for (const { store, key, value } of puts) {
    const field = fieldOf(store, key);
    if (isFull(field.length + value.length)) {
      yield { command: 'HSET', values };
      values = [];
      bytes = 0;
    }
    values.push(field, Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    bytes += field.length + value.length;
  }
  if (values.length > 0) yield { command: 'HSET', values };
}
