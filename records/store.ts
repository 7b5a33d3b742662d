/** State of a task. Operators hold it through these handles only; the runtime keeps, restores and checkpoints it. */
import type { Codec } from './wire/codec.js';

/**
 * Named key-value state of one task. Values are live objects: code that changes one in place calls `put` with it
 * again, so that the next checkpoint writes it. Iteration is in ascending byte order of keys.
 */
export interface Store<V> {
  get(key: string): V | undefined;
  put(key: string, value: V): void;
  delete(key: string): void;
  keys(): IterableIterator<string>;
  readonly size: number;
}

/** Opens the named stores of a task; the same name gives the same store. */
export interface StateStores {
  /**
   * @param version schema of `codec`: stored values of another one are refused with both named
   * @param older how values of older versions are read: where the stored one is named here, all values are read by it
   * and rewritten by the next checkpoint
   */
  open<V>(name: string, codec: Codec<V>, version?: number, older?: ReadonlyMap<number, Codec<V>>): Store<V>;
}

/**
 * An append-only ordered log joining two topologies: a Kafka topic partition in a fleet, a segment log on disk in the
 * embedded run. Offsets ascend but need not be dense.
 */
export interface ChannelWriter {
  /** Queues a record for a shard. Nothing is visible to readers before `flush`. */
  append(shard: number, key: string, value: Uint8Array): void;
  /** Resolves when everything appended is durable and acknowledged, in order. Rejects when it cannot be: stop then. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** A record of a channel at its offset. */
export interface ChannelRecord {
  readonly offset: number;
  readonly value: Uint8Array;
}

/** Reads the shards of a channel. */
export interface ChannelReader {
  /** Up to `max` records of one shard from `offset` on; an empty array at the end of what is durable. */
  read(shard: number, offset: number, max: number): Promise<readonly ChannelRecord[]>;
  /** Resolves true when a record at or after `offset` may be there, false after `timeoutMs`. */
  wait(shard: number, offset: number, timeoutMs: number): Promise<boolean>;
  close(): Promise<void>;
}
