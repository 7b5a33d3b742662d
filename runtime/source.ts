/** What a task reads from, and what it writes to. */
import type { Batch, Position } from '../records/batch.js';

/** How a task tells its source to come to an end. */
export interface SourceSignals {
  /** Aborted when reading ends now: the iterable returns without another batch. */
  readonly stop: AbortSignal;
  /** Aborted when nothing more will be written upstream: the iterable returns once everything is read. */
  readonly drain: AbortSignal;
}

/** What a task reads: batches from a position on. */
export interface Source<A> {
  /**
   * Reads on from a position, from the beginning where there is none. Every batch carries its position. The next one
   * is asked for when the one before has been handled: a source that pulls holds its fetch until then.
   */
  open(position: Position | undefined, control: SourceSignals): AsyncIterable<Batch<A>>;
}

/** What a sink may stamp on what it writes. */
export interface SinkContext {
  readonly task: string;
  /** Fencing epoch of the task that writes. */
  readonly epoch: number;
  /** Aborted when the task is to end: a sink that waits for others rejects with {@link GivenUp} then. */
  readonly stop: AbortSignal;
}

/** What a sink rejects with when it was stopped while it waited: the slice is not done, and comes again. */
export class GivenUp extends Error {
  override readonly name = 'GivenUp';

  constructor() {
    super('stopped while a sink waited: the slice is done again at the next start');
  }
}

/** What a task writes to. */
export interface Sink<B> {
  /** Takes items in order; where it is full it resolves late, which slows the source down. */
  write(items: readonly B[], context: SinkContext): void | Promise<void>;
  /** Resolves when everything written is durable and acknowledged. Rejects when it cannot be: the task stops then. */
  flush(): Promise<void>;
}
