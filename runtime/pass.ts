/** One pass of a topology per slice: pushes a batch in, and gives what comes out until its position does. */
import { Observable, type Subscriber, type Subscription } from 'rxjs';
import type { Batch, Operator, Position } from '../records/batch.js';

/**
 * A subscribed topology. RxJS has no back-pressure, so that one batch is in it at a time: the next one is pushed when
 * the position of the last one has come out.
 */
export class Pass<A, B> {
  private input: Subscriber<Batch<A>> | undefined;
  private readonly subscription: Subscription;
  private outputs: Batch<B>[] = [];
  private ended: Error | undefined;
  private wake: (() => void) | undefined;

  constructor(topology: Operator<A, B>) {
    const source = new Observable<Batch<A>>((subscriber) => {
      this.input = subscriber;
    });
    this.subscription = topology(source).subscribe({
      next: (batch) => {
        this.outputs.push(batch);
        this.wake?.();
      },
      error: (error: unknown) => this.end(error instanceof Error ? error : new Error(String(error))),
      complete: () => this.end(new Error('the topology completed before its input did')),
    });
    // What an operator finds wrong as it is subscribed, such as a store of another version, is why there is no input.
    if (this.ended) throw this.ended;
  }

  /**
   * Runs one batch through; yields its output batches, of which the last carries its position.
   *
   * @throws what an operator throws
   */
  async *run(batch: Batch<A>): AsyncIterableIterator<Batch<B>> {
    const { position } = batch;
    if (!position) throw new Error('a source gave a batch without a position: give every batch one');
    if (!this.input) throw new Error('the topology did not subscribe to its input: it has to begin with it');
    this.input.next(batch);
    for (;;) {
      const ready = this.outputs;
      this.outputs = [];
      for (const [i, output] of ready.entries()) {
        const isLast = output.position !== undefined;
        if (isLast) this.check(output.position, position, ready.length - 1 - i);
        yield output;
        if (isLast) return;
      }
      // More may have come out while the consumer was busy with what was yielded.
      if (this.outputs.length > 0) continue;
      if (this.ended) throw this.ended;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.wake = undefined;
    }
  }

  /** Ends the subscription; a run that waits throws. */
  close(): void {
    this.subscription.unsubscribe();
    this.end(new Error('the task was closed'));
  }

  /** The position that came out is the one that went in, and nothing follows it. */
  private check(found: Position, expected: Position, following: number): void {
    if (found.source !== expected.source || found.offset !== expected.offset) {
      throw new Error(
        `the topology gave position ${found.source}@${found.offset} for a batch that ends at ` +
          `${expected.source}@${expected.offset}: operators pass positions on as they are`,
      );
    }
    if (following + this.outputs.length > 0) {
      throw new Error(
        `the topology gave ${following + this.outputs.length} batches after the one with position ` +
          `${found.source}@${found.offset}: only the last batch of a slice carries its position`,
      );
    }
  }

  private end(error: Error): void {
    this.ended ??= error;
    this.wake?.();
  }
}
