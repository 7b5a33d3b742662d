/** Hands lists to an inner operator one at a time: the next enters when the outputs of the last one have left. */
import { Observable, Subject, type Subscriber } from 'rxjs';
import type { Batch, Operator } from '../../records/batch.js';

/** What a batch causes, in order: items that go through the inner operator, and outputs of its own. */
export type Steps<A, B> = Generator<{ readonly through: readonly A[] } | { readonly output: Batch<B> }, void>;

/**
 * An inner operator, subscribed to once. Each list enters with a position, and all of its outputs have left when a
 * batch with that position leaves; operators pass positions on as they are.
 */
export class InTurn<A, B> {
  private readonly lists = new Subject<Batch<A>>();
  private readonly inner;
  private count = 0;
  private outputs: Batch<B>[] = [];
  private failed: { readonly error: unknown } | undefined;
  /** Goes on with the steps that wait for the list that is inside. */
  private resume: (() => void) | undefined;

  constructor(
    private readonly source: string,
    operator: Operator<A, B>,
  ) {
    this.inner = this.lists.pipe(operator).subscribe({
      next: ({ position, ...batch }) => {
        this.outputs.push(batch);
        if (position?.offset === this.count) this.resume?.();
      },
      error: (error: unknown) => {
        this.failed = { error };
        this.resume?.();
      },
    });
  }

  /** Takes the steps in their order; one run at a time. Errors of the steps and of the inner operator are its errors. */
  run(steps: Steps<A, B>): Observable<Batch<B>> {
    return new Observable((output) => this.advance(steps, output));
  }

  close(): void {
    this.inner.unsubscribe();
  }

  private advance(steps: Steps<A, B>, output: Subscriber<Batch<B>>): void {
    // It failed while its list was inside: it takes no other.
    if (output.closed || this.ended(output)) return;
    try {
      for (let step = steps.next(); ; step = steps.next()) {
        // The outputs of a list leave after the step behind it: a consumer finds the list settled.
        for (const batch of this.outputs.splice(0)) output.next(batch);
        if (step.done) {
          output.complete();
          return;
        }
        if ('output' in step.value) output.next(step.value.output);
        else if (!this.enter(step.value.through, () => this.advance(steps, output))) return;
        if (this.ended(output)) return;
      }
    } catch (error) {
      output.error(error);
    }
  }

  /** Hands on the error of the inner operator, where it has failed. */
  private ended(output: Subscriber<Batch<B>>): boolean {
    const { failed } = this;
    if (failed) output.error(failed.error);
    return failed !== undefined;
  }

  /** Whether the outputs of the list have left already; `later` is called when they have, where they have not. */
  private enter(items: readonly A[], later: () => void): boolean {
    let isInside = true;
    let isSynchronous = true;
    this.resume = () => {
      isInside = false;
      this.resume = undefined;
      if (!isSynchronous) later();
    };
    this.count++;
    this.lists.next({ items, rejected: [], position: { source: this.source, offset: this.count } });
    isSynchronous = false;
    return !isInside;
  }
}
