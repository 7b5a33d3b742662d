/** What a task is made of, whom it tells, and how it fails. */
import type { Operator, Position, Rejected } from '../records/batch.js';
import type { Codec } from '../records/wire/codec.js';
import type { StateStores } from '../records/store.js';
import type { StoredState, StateBackend } from './backend.js';
import type { PoisonOptions } from './poison.js';
import type { Sink, Source } from './source.js';
import type { CheckpointSize } from './state.js';

/** A task: its source, its operators, its sink, and where its state is. */
export interface TaskOptions<A, B> {
  /** Names the state: `detect/0`. */
  readonly name: string;
  /** Makes the topology on the task's stores. `epoch` is what its outputs are tagged with. */
  readonly topology: (stores: StateStores, epoch: number) => Operator<A, B>;
  readonly source: Source<A>;
  readonly sink: Sink<B>;
  /** Where rejected items go. */
  readonly deadLetters: Sink<Rejected>;
  readonly backend: StateBackend;
  /** Of the items of batches that a source cannot give again; needed where it has such. */
  readonly journal?: Codec<A>;
  /** Items that may be left out where the topology breaks on them. Without it the task stops. */
  readonly poison?: PoisonOptions<A>;
  /** A checkpoint is written at least this often while there is something to write, ms. 1 s by default. */
  readonly checkpointMs?: number;
  /** And after this many batches. Neither influences a decision. */
  readonly checkpointBatches?: number;
  /** Awaited before each slice: resolves when the source may be read on (rule 11: it is not too far ahead). */
  readonly mayRead?: (signal: AbortSignal) => Promise<void>;
  /** While it is so nothing is checkpointed: a restart is to read again from where this one began. */
  readonly isRebuilding?: () => boolean;
  readonly turns?: TurnOptions<A>;
  readonly hooks?: TaskHooks;
  /** ms since 1970, only forward; `steadyNow` by default. */
  readonly now?: () => number;
}

/** Items at which the state is looked at as a whole, or replaced; they do not enter the topology. */
export interface TurnOptions<A> {
  /** Offset of such an item in its source, and what it is known by: of several with one id the first counts. */
  readonly of: (item: A) => { readonly id: string; readonly offset: number } | undefined;
  /**
   * Called once everything before the item is handled; it is called again where the process ends before it has.
   *
   * @param kept what the task keeps there
   * @returns the state that takes over, where another one does
   */
  readonly take: (item: A, kept: StoredState) => Promise<StoredState | undefined>;
}

/** For metrics. */
export interface TaskHooks {
  slice?(done: { task: string; items: number; outputs: number; rejected: readonly Rejected[]; ms: number }): void;
  checkpoint?(done: CheckpointSize & { task: string; position: Position; ms: number }): void;
}

/** A task stopped by an error: which task, where in its input, and the cause. */
export class TaskError extends Error {
  override readonly name = 'TaskError';

  constructor(
    readonly task: string,
    position: Position | undefined,
    cause: unknown,
  ) {
    const where = position ? ` after ${position.source} offset ${position.offset}` : '';
    super(`task ${task} stopped${where}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
