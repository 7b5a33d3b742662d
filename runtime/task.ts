/** A task: one topology over one source, with its state, for one assignment. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Batch, Position, Rejected } from '../records/batch.js';
import type { Store } from '../records/store.js';
import { steadyNow } from './clock.js';
import { journaled, type Journaled } from './journal.js';
import { Pass } from './pass.js';
import { blaming, BrokenTopology, PoisonHunt } from './poison.js';
import type { Phase, TaskProgress } from './health.js';
import { GivenUp } from './source.js';
import { TaskState } from './state.js';
import { TaskError, type TaskOptions } from './task-options.js';
import { cutAtTurns, TurnsTaken, withTurns, type BatchPiece } from './turns-taken.js';

/** Rows of one slice after which other work gets its turn. */
const rowsPerTurn = 256;

/**
 * Outputs are written and flushed before the checkpoint that covers them, so that a crash repeats outputs and never
 * loses one; readers recognise repeats by their tags. One slice is in flight: what the sink awaits slows the
 * source down. A new assignment is a new task; this one is stopped, or closed where its work is not wanted any more.
 *
 * @example
 * const task = new Task({ name: 'detect/0', topology, source, sink, deadLetters, backend });
 * await task.start(); // restored, reading
 * await task.done; // when the source ends; rejects with a TaskError
 */
export class Task<A, B> {
  readonly name: string;
  /** Settles when the task is over: the source ended, it was stopped or closed, or it failed (rejects). */
  readonly done: Promise<void>;
  private settle!: { resolve: () => void; reject: (error: Error) => void };
  private readonly stopping = new AbortController();
  private readonly draining = new AbortController();
  private readonly closing = new AbortController();
  private state: TaskState | undefined;
  /** The unrepeatable batch that is being handled, by the empty key. */
  private journal: Store<Journaled<A>> | undefined;
  private pass: Pass<A, B> | undefined;
  private prepared: Promise<void> | undefined;
  private started = false;
  private phase: Phase = 'restoring';
  private since: number;
  private lastProgressAt: number | undefined;
  private position: Position | undefined;
  private checkpointed: Position | undefined;
  private readonly count = { batches: 0, items: 0, outputs: 0, rejected: 0, checkpoints: 0 };
  private error: string | undefined;
  /** Batches since the last checkpoint, and when (monotonic) the next one is due. */
  private uncovered = 0;
  private dueAt = Infinity;

  constructor(private readonly options: TaskOptions<A, B>) {
    this.name = options.name;
    this.since = this.now();
    this.done = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
    // A caller that never awaits `done` learns of a failure from `progress`.
    this.done.catch(() => undefined);
  }

  /**
   * Restores the state and reads nothing yet: what this release cannot go on from is refused before anything is written.
   * `start` does it where it was not done. Rejects where the state cannot be restored.
   */
  prepare(): Promise<void> {
    this.prepared ??= this.restore().then(
      // What is restored may wait.
      () => this.enterUnlessOver('waiting'),
      (cause: unknown) => {
        throw this.fail(cause);
      },
    );
    return this.prepared;
  }

  /** Restores the state and begins to read. Rejects where the state cannot be restored. */
  async start(): Promise<void> {
    if (this.started) throw new Error(`task ${this.name} was started before: a new assignment is a new task`);
    this.started = true;
    await this.prepare();
    if (this.closing.signal.aborted) return;
    void this.run();
  }

  private async restore(): Promise<void> {
    // Each page is progress: what counts as stuck is a restore of which nothing comes.
    const paged = (): void => {
      if (this.phase === 'restoring') this.since = this.now();
    };
    const state = await TaskState.restore(this.options.backend, this.name, this.now(), undefined, paged);
    if (this.closing.signal.aborted) return;
    this.state = state;
    this.position = this.checkpointed = state.position;
    this.uncovered = 0;
    if (this.options.journal) this.journal = state.open('journal', journaled(this.options.journal));
    this.pass = new Pass(this.options.topology(state, state.epoch));
  }

  /** Says that nothing more will come: the task ends when its source is read to the end. */
  drain(): void {
    this.draining.abort();
  }

  /**
   * Finishes the slice in flight, flushes, writes a checkpoint and ends. After `limitMs` it closes instead: what was
   * not checkpointed is done again at the next start.
   *
   * @returns whether the limit was kept
   */
  async stop(limitMs: number): Promise<boolean> {
    this.stopping.abort();
    if (!this.started) this.close();
    const timer = new AbortController();
    const late = after(limitMs, timer.signal).then(() => true);
    const isLate = await Promise.race([
      late,
      this.done.then(
        () => false,
        () => false,
      ),
    ]);
    timer.abort();
    if (isLate) this.close();
    return !isLate;
  }

  /** Ends at once and discards the state; nothing more is written. */
  close(): void {
    this.closing.abort();
    this.stopping.abort();
    this.pass?.close();
    this.state?.close();
    if (!this.isOver()) this.enter('stopped');
    this.settle.resolve();
  }

  progress(): TaskProgress {
    const { name: task, phase, since, lastProgressAt, position, checkpointed: checkpoint, error } = this;
    return { task, phase, since, lastProgressAt, position, checkpoint, ...this.count, ...(error ? { error } : {}) };
  }

  private async run(): Promise<void> {
    const closed = this.closing.signal;
    const { poison } = this.options;
    const hunt = poison && new PoisonHunt(poison);
    for (;;) {
      try {
        if (!(await this.read(hunt))) return;
        // Another state took over: the task is restored from it, and goes on behind the turn.
        this.enter('restoring');
        await this.restore();
        if (closed.aborted) return;
        continue;
      } catch (cause) {
        if (cause instanceof GivenUp && this.stopping.signal.aborted) this.close();
        if (closed.aborted) return;
        const broken = cause instanceof BrokenTopology ? cause : undefined;
        if (!broken || !hunt?.takes(broken)) {
          this.fail(broken?.cause ?? cause);
          return;
        }
        this.enter('restoring');
        this.pass?.close();
        this.state?.close();
        try {
          await this.restore();
        } catch (error) {
          if (!closed.aborted) this.fail(error);
          return;
        }
        if (closed.aborted) return;
      }
    }
  }

  /** Reads from the checkpoint until the source ends or the task is stopped: false, or until its state was replaced. */
  private async read(hunt: PoisonHunt<A> | undefined): Promise<boolean> {
    const { source } = this.options;
    const closed = this.closing.signal;
    const state = this.state!;
    const pass = this.pass!;
    let batches: AsyncIterator<Batch<A>> | undefined;
    try {
      const control = { stop: this.stopping.signal, drain: this.draining.signal };
      const unfinished = this.journal?.get('');
      // What was written down is not asked for again.
      batches = source.open(unfinished?.position ?? state.position, control)[Symbol.asyncIterator]();
      if (unfinished) {
        const whole: Batch<A> = { ...unfinished, rejected: [] };
        for (const batch of hunt?.prepared(whole) ?? [whole]) await this.slice(pass, batch, state.epoch);
      }
      let ended = false;
      while (!this.stopping.signal.aborted) {
        await this.idle('paused', this.options.mayRead?.(this.stopping.signal));
        if (this.stopping.signal.aborted) break;
        const next = await this.idle('waiting', batches.next());
        if (closed.aborted) return false;
        if (next.done) {
          ended = !this.stopping.signal.aborted;
          break;
        }
        if (next.value.unrepeatable) await this.writeDown(next.value);
        if (closed.aborted) return false;
        for (const batch of hunt?.prepared(next.value) ?? [next.value]) {
          for (const piece of cutAtTurns(batch, this.options.turns)) {
            if ('batch' in piece) await this.slice(pass, piece.batch, state.epoch);
            else if (await this.turn(piece, state)) return true;
            if (closed.aborted) return false;
          }
        }
        if (this.isDue()) await this.checkpoint();
        await nextTurn();
      }
      if (closed.aborted) return false;
      await this.checkpoint();
      if (closed.aborted) return false;
      this.enter(ended ? 'ended' : 'stopped');
      pass.close();
      state.close();
      this.settle.resolve();
      return false;
    } finally {
      // The source lets go of what it holds; a task that is over does not wait for it.
      batches?.return?.().catch(() => undefined);
    }
  }

  /** Looks at the state as a whole; whether another one took over. What was handled before is checkpointed then. */
  private async turn(
    { turn, id, position }: Exclude<BatchPiece<A>, { readonly batch: unknown }>,
    state: TaskState,
  ): Promise<boolean> {
    const { turns, sink, deadLetters } = this.options;
    const taken = new TurnsTaken(state);
    if (turns && !taken.has(id)) {
      taken.add(id);
      // It may take longer than a slice may.
      this.enter('paused');
      const kept = state.kept();
      const other = await turns.take(turn, kept);
      if (this.closing.signal.aborted) return false;
      if (other) {
        await Promise.all([sink.flush(), deadLetters.flush()]);
        this.pass?.close();
        await state.replace(withTurns(other, kept), position);
        state.close();
        this.uncovered = 0;
        this.dueAt = Infinity;
        return true;
      }
    }
    this.position = position;
    if (this.uncovered++ === 0) this.dueAt = performance.now() + (this.options.checkpointMs ?? 1000);
    return false;
  }

  /** Runs one batch through the topology and writes what comes out. */
  private async slice(pass: Pass<A, B>, batch: Batch<A>, epoch: number): Promise<void> {
    const { sink, deadLetters, hooks, name: task } = this.options;
    const context = { task, epoch, stop: this.stopping.signal };
    const begin = performance.now();
    this.enter('processing');
    let outputs = 0;
    let turn = rowsPerTurn;
    const rejected: Rejected[] = [];
    for await (const output of blaming(pass.run(batch), batch)) {
      if (this.closing.signal.aborted) return;
      if (output.items.length > 0) await sink.write(output.items, context);
      if (output.rejected.length > 0) await deadLetters.write(output.rejected, context);
      outputs += output.items.length;
      rejected.push(...output.rejected);
      if (outputs < turn) continue;
      turn = outputs + rowsPerTurn;
      await nextTurn();
    }
    if (this.closing.signal.aborted) return;
    if (this.journal?.get('')) this.journal.delete('');
    this.position = batch.position;
    this.count.batches++;
    this.count.items += batch.items.length;
    this.count.outputs += outputs;
    this.count.rejected += rejected.length;
    this.lastProgressAt = this.now();
    if (this.uncovered++ === 0) this.dueAt = performance.now() + (this.options.checkpointMs ?? 1000);
    hooks?.slice?.({ task, items: batch.items.length, outputs, rejected, ms: performance.now() - begin });
  }

  /**
   * What follows from this batch could not be found again after a crash, and what its outputs had said would be said
   * anew by others: written down first, a restart repeats it from the same state.
   */
  private async writeDown({ items, position }: Batch<A>): Promise<void> {
    if (!this.journal || !position) {
      throw new Error(`task ${this.name} has no journal, and its source gave a batch that cannot be repeated`);
    }
    this.journal.put('', { items, position });
    this.position ??= position;
    this.uncovered++;
    await this.checkpoint();
  }

  private isDue(): boolean {
    return this.uncovered >= (this.options.checkpointBatches ?? Infinity) || performance.now() >= this.dueAt;
  }

  /** Outputs first, then the state with the position that they came from. */
  private async checkpoint(): Promise<void> {
    const { position } = this;
    if (this.uncovered === 0 || !position || !this.state || this.options.isRebuilding?.()) return;
    this.enter('checkpointing');
    const begin = performance.now();
    await Promise.all([this.options.sink.flush(), this.options.deadLetters.flush()]);
    if (this.closing.signal.aborted) return;
    const size = await this.state.checkpoint(position);
    this.checkpointed = position;
    this.uncovered = 0;
    this.dueAt = Infinity;
    this.count.checkpoints++;
    this.lastProgressAt = this.now();
    this.options.hooks?.checkpoint?.({ ...size, task: this.name, position, ms: performance.now() - begin });
  }

  /** Awaits something outside; a checkpoint that falls due meanwhile is written, since no slice is in flight. */
  private async idle<T>(phase: 'waiting' | 'paused', work: Promise<T>): Promise<T>;
  private async idle<T>(phase: 'waiting' | 'paused', work: Promise<T> | undefined): Promise<T | undefined>;
  private async idle<T>(phase: 'waiting' | 'paused', work: Promise<T> | undefined): Promise<T | undefined> {
    if (!work) return undefined;
    this.enter(phase);
    while (this.uncovered > 0 && !this.options.isRebuilding?.()) {
      const isDue = await isFirst(Math.max(0, this.dueAt - performance.now()), work);
      if (!isDue || this.closing.signal.aborted) break;
      await this.checkpoint();
      this.enter(phase);
    }
    return work;
  }

  private enter(phase: Phase): void {
    this.phase = phase;
    this.since = this.now();
  }

  private enterUnlessOver(phase: Phase): void {
    if (!this.isOver()) this.enter(phase);
  }

  private isOver(): boolean {
    return this.phase === 'ended' || this.phase === 'stopped' || this.phase === 'failed';
  }

  private fail(cause: unknown): TaskError {
    const error = new TaskError(this.name, this.position, cause);
    this.error = error.message;
    this.enter('failed');
    this.stopping.abort();
    this.pass?.close();
    this.state?.close();
    this.settle.reject(error);
    return error;
  }

  private now(): number {
    return (this.options.now ?? steadyNow)();
  }
}

/** Whether some time is over before the work has settled. Rejects with the work. */
function isFirst(ms: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, Math.min(ms, 0x7fffffff), true);
    work.then(() => resolve(false), reject).finally(() => clearTimeout(timer));
  });
}

/** Resolves after some time, or never once aborted: the timer is cleared then. */
function after(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.min(ms, 0x7fffffff));
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
}
