/** What a source hands in: bytes and where they came from. */

/**
 * One record as read. `bytes[start, end)` is the payload without a line break; neighbours may share `bytes`,
 * so nobody writes to it, and whoever keeps it beyond the batch copies it.
 */
export interface RawRecord {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  /** Broker time stamp in ms, or -1 where the source has none (files). */
  readonly timestamp: number;
  /** Kafka topic or file label: an input of the relabel rules. */
  readonly topic: string;
}
