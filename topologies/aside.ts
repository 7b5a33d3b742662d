/**
 * What the stream would decide, asked beside it: the operators of `detect` over copies of its state. A question waits
 * until the shard is between two boundaries, so that its copy is the state from which the next window is decided.
 */
import { finalize, from, lastValueFrom, tap, toArray, type Observable } from 'rxjs';
import { artefactInForce, setInForce, type LoadedArtefacts } from '../operators/artefact.js';
import { copiedStores } from '../operators/aside/copied-stores.js';
import { explain } from '../operators/explain.js';
import { BASELINE_VERSION, logBaselineCodec, seriesBaselineCodec } from '../operators/features/baseline.js';
import type { Explanation } from '../records/alert.js';
import type { Batch, Operator } from '../records/batch.js';
import type { Decided } from '../records/decided.js';
import { entityFromKey } from '../records/entity.js';
import type { Featured, FeatureRow } from '../records/row.js';
import type { StateStores } from '../records/store.js';
import type { Closed } from '../records/window.js';

/** The shard went to another process, or its task starts again. */
export class AsideClosed extends Error {
  override readonly name = 'AsideClosed';
}

/** A decision that was not made, with what an alert would say. */
export interface AsideDecision {
  readonly decided: Decided;
  readonly explanation: Explanation;
  /** End of the last window of the entity that the state has learnt from, ms; 0 where it had none. */
  readonly asOf: number;
}

/** What the state has of an entity: ends of its first and its last window, ms; 0 where it had none. */
export interface KnownEntity {
  readonly first: number;
  readonly last: number;
}

/** What is asked of one entity: batches of one end each, ends ascending, made when the state is known. */
export type AsideQuestion =
  | { readonly entity: string; readonly windows: (known: KnownEntity) => readonly (readonly Closed[])[] }
  | { readonly entity: string; readonly rows: (known: KnownEntity) => readonly FeatureRow[] };

/** What an `Aside` is made of: the stores of a shard, the sets that are loaded, and the operators. */
export interface AsideParts {
  readonly stores: StateStores;
  readonly loaded: LoadedArtefacts;
  /** Builds the operators over stores. */
  readonly fromWindows: (stores: StateStores) => Operator<Closed, { readonly type: string }>;
  readonly fromRows: (stores: StateStores) => Operator<Featured, { readonly type: string }>;
}

/** Answers questions on copies of a shard's state: the state itself stays as it is. */
export class Aside {
  private inside = 0;
  private isClosed = false;
  private waiting: ((closed?: AsideClosed) => void)[] = [];

  constructor(private readonly parts: AsideParts) {}

  /** Whether the state is still that of the stream. */
  get isOpen(): boolean {
    return !this.isClosed;
  }

  /** Sees the boundaries that enter the operators of the stream and leave them. */
  around<A, B>(operator: Operator<A, B>): Operator<A, B> {
    return (input: Observable<Batch<A>>) =>
      input.pipe(
        tap(() => {
          this.inside++;
        }),
        operator,
        tap(({ position }) => {
          if (position && --this.inside === 0) for (const begin of this.waiting.splice(0)) begin();
        }),
        finalize(() => {
          this.isClosed = true;
          for (const begin of this.waiting.splice(0))
            begin(new AsideClosed('the shard is not at this process any more'));
        }),
      );
  }

  /**
   * Decisions of what is asked, in its order: each window is decided from what the one before has left.
   *
   * @throws AsideClosed where the state is not here any more, NotReady where its models cannot be loaded
   */
  async ask(question: AsideQuestion): Promise<AsideDecision[]> {
    const { decided, detectors, asOf } = await this.between(() => this.begin(question));
    return decided.map((one) => ({ decided: one, explanation: explain(one, detectors()), asOf }));
  }

  /** Runs `begin` when no boundary is inside. */
  private between<T>(begin: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const now = (closed?: AsideClosed): void => {
        try {
          if (closed) throw closed;
          resolve(begin());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      if (this.isClosed) now(new AsideClosed('the shard is not at this process any more'));
      else if (this.inside === 0) now();
      else this.waiting.push(now);
    });
  }

  /** Copies the state and subscribes before it gives control back: nothing of a later boundary is in the copy. */
  private begin(question: AsideQuestion) {
    const { stores, loaded, fromWindows, fromRows } = this.parts;
    const { entity } = question;
    const copies = copiedStores(stores, [entity]);
    const known = knownOf(copies, entity);
    const decided =
      'windows' in question
        ? run(batchesOf(question.windows(known)), fromWindows(copies))
        : run(batchesOf(question.rows(known).map((row) => [row])), fromRows(copies));
    const inForce = artefactInForce(copies);
    return decided.then((all) => ({
      decided: all,
      detectors: () => setInForce(inForce, loaded)?.detectors ?? [],
      asOf: known.last,
    }));
  }
}

function knownOf(stores: StateStores, entity: string): KnownEntity {
  const baseline =
    entityFromKey(entity).kind === 'series'
      ? stores.open('series-baselines', seriesBaselineCodec, BASELINE_VERSION).get(entity)
      : stores.open('log-baselines', logBaselineCodec, BASELINE_VERSION).get(entity);
  return { first: baseline?.first ?? 0, last: baseline?.last ?? 0 };
}

const batchesOf = <A>(lists: readonly (readonly A[])[]): Batch<A>[] =>
  lists.map((items, offset) => ({ items, rejected: [], position: { source: 'aside', offset } }));

async function run<A>(
  batches: readonly Batch<A>[],
  operator: Operator<A, { readonly type: string }>,
): Promise<Decided[]> {
  const left = await lastValueFrom(from(batches).pipe(operator, toArray()));
  return left.flatMap(({ items }) => items.filter((item): item is Decided => item.type === 'decided'));
}
