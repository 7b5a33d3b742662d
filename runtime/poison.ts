/** Finds the record on which a topology breaks, so that the task can go on without it. */
import type { Batch, Rejected } from '../records/batch.js';

/** Which items may be left out, and what their letter says. */
export interface PoisonOptions<A> {
  /** Offset of an item in its source; undefined for one without which nothing may go on (a control, a mark). */
  readonly offsetOf: (item: A) => number | undefined;
  /** Reason and detail are filled in. */
  readonly deadLetter: (item: A) => Omit<Rejected, 'reason' | 'detail'>;
  /** What is no fault of a record: the task stops on it, as without this. */
  readonly isOutside?: (error: Error) => boolean;
}

/** What an operator threw, in contrast to what a sink or a backend did. */
export class BrokenTopology extends Error {
  override readonly name = 'BrokenTopology';

  constructor(
    override readonly cause: Error,
    /** The batch on which it broke. */
    readonly at: Batch<unknown>,
  ) {
    super(cause.message, { cause });
  }
}

/** Unlike errors at one place, or an error that does not come again: how often it is tried. */
const maxTries = 3;

/**
 * A broken topology leaves its state half changed: the task is restored and reads again, one item at a time until the
 * one that breaks it is met; then it is restored once more and that item goes to the dead letters. Where the error does
 * not come again it was none of a record's.
 */
export class PoisonHunt<A> {
  /** Items that are left out, by offset, with the error. */
  private readonly found = new Map<number, Error>();
  /** Below this offset items are handled one by one. */
  private suspect = -1;
  private tries = 0;

  constructor(private readonly options: PoisonOptions<A>) {}

  /** Whether it is worth restoring the task and reading again. */
  takes({ cause, at }: BrokenTopology): boolean {
    if (this.options.isOutside?.(cause)) return false;
    const items = at.items as readonly A[];
    const offsets = items.map((item) => this.options.offsetOf(item)).filter((offset) => offset !== undefined);
    if (items.length === 1 && offsets.length === 1) {
      this.found.set(offsets[0]!, cause);
      this.suspect = -1;
      this.tries = 0;
      return true;
    }
    if (offsets.length === 0 || ++this.tries > maxTries) return false;
    this.suspect = Math.max(this.suspect, at.position!.offset);
    return true;
  }

  /** The batch without what is left out, cut into single items where one of them is suspected. */
  prepared(batch: Batch<A>): readonly Batch<A>[] {
    const { offsetOf } = this.options;
    const { position } = batch;
    if (!position || (this.found.size === 0 && this.suspect < 0)) return [batch];
    const rejected: Rejected[] = [...batch.rejected];
    const items = batch.items.filter((item) => {
      const error = this.found.get(offsetOf(item) ?? -1);
      if (error) rejected.push(this.deadLetter(item, error));
      return !error;
    });
    const isSuspect = items.some((item) => (offsetOf(item) ?? Infinity) < this.suspect);
    if (!isSuspect || items.length < 2) return [{ ...batch, items, rejected }];
    return items.map((item, i): Batch<A> => {
      const next = i + 1 < items.length ? (offsetOf(item) ?? position.offset - 1) + 1 : position.offset;
      return { items: [item], rejected: i === 0 ? rejected : [], position: { ...position, offset: next } };
    });
  }

  private deadLetter(item: A, { name, message }: Error): Rejected {
    return { ...this.options.deadLetter(item), reason: 'poison', detail: `${name}: ${message}` };
  }
}

/** Separates errors of the topology from errors of the consumer of its outputs. */
export async function* blaming<B>(outputs: AsyncIterable<B>, batch: Batch<unknown>): AsyncGenerator<B> {
  const each = outputs[Symbol.asyncIterator]();
  for (;;) {
    let next: IteratorResult<B>;
    try {
      next = await each.next();
    } catch (cause) {
      throw new BrokenTopology(cause instanceof Error ? cause : new Error(String(cause)), batch);
    }
    if (next.done) return;
    yield next.value;
  }
}
