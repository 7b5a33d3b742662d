/** The topic that the readers of the Kafka bench read, and what each prints. */
import type { BareRun } from './kafka-bare.js';

export const topic = 'bench';
export const partitions = 4;

export interface ReaderRun extends BareRun {
  /** Largest resident size of the process, MiB. */
  readonly peak: number;
  /** Of the mode `windows`: windows that end at or before it are closed, ms. The last ones stay open. */
  readonly until?: number;
  /** Of the mode `windows`. */
  readonly counts?: ReaderCounts;
}

export interface ReaderCounts {
  partials: number;
  records: number;
  bytes: number;
  rejected: number;
}
