/** What a shard knows of its sources: what it has had from each, and up to where each is complete. */
import { bool, list, struct, text, uint } from '../../records/codec.js';
import type { StateStores, Store } from '../../records/store.js';
import type { Mark, SourceSet, Tag } from '../../records/windows.js';

interface SourceState {
  incarnation: number;
  epoch: number;
  /** The last (offset, n) taken. */
  offset: number;
  n: number;
  /** ms; 0 before the first mark. */
  watermark: number;
  marked: boolean;
  ended: boolean;
  stalled: boolean;
}

const sourceState = struct<SourceState>({
  incarnation: uint,
  epoch: uint,
  offset: uint,
  n: uint,
  watermark: uint,
  marked: bool,
  ended: bool,
  stalled: bool,
});

interface Listed {
  version: number;
  sources: readonly string[];
}

/** Why a record is ignored. */
export type Ignored = 'repeat' | 'zombie';

export class Sources {
  private readonly states: Store<SourceState>;
  private readonly listed: Store<Listed>;

  constructor(stores: StateStores) {
    this.states = stores.open('sources', sourceState);
    this.listed = stores.open('source-set', struct<Listed>({ version: uint, sources: list(text) }));
  }

  /**
   * Judges a record by its tag and remembers it. A higher incarnation starts its source anew; a repeat may come under
   * a higher epoch, since a task that restarts writes again what its checkpoint did not cover.
   */
  take({ source, incarnation, epoch, offset, n }: Tag): Ignored | undefined {
    const known = this.states.get(source);
    if (!known || incarnation > known.incarnation) {
      const fresh = {
        incarnation,
        epoch,
        offset,
        n,
        watermark: known?.watermark ?? 0,
        marked: false,
        ended: false,
        stalled: false,
      };
      this.states.put(source, fresh);
      return undefined;
    }
    if (incarnation < known.incarnation || epoch < known.epoch) return 'zombie';
    if (epoch > known.epoch) {
      known.epoch = epoch;
      this.states.put(source, known);
    }
    if (offset < known.offset || (offset === known.offset && n <= known.n)) return 'repeat';
    known.offset = offset;
    known.n = n;
    this.states.put(source, known);
    return undefined;
  }

  /** Raises the watermark of a mark's source; it never sinks. */
  mark({ tag, kind, watermark }: Mark): void {
    const state = this.states.get(tag.source)!;
    state.marked = true;
    state.ended = kind === 'end';
    state.stalled = kind === 'stalled';
    if (kind !== 'stalled') state.watermark = Math.max(state.watermark, watermark);
    this.states.put(tag.source, state);
  }

  /** A higher version replaces what was listed; sources that are gone no longer hold anything back. */
  list({ version, sources }: Pick<SourceSet, 'version' | 'sources'>): void {
    const known = this.listed.get('');
    if (!known || version > known.version) this.listed.put('', { version, sources: [...sources].sort() });
  }

  /**
   * Up to where everything is complete, ms: the least watermark of those that are listed and neither at their end nor
   * stalled; where all have ended, the greatest. Undefined before a source set, or while a listed source has no mark.
   */
  complete(): { readonly upTo: number; readonly ended: boolean; readonly stalled: boolean } | undefined {
    const names = this.listed.get('')?.sources;
    if (!names || names.length === 0) return undefined;
    const states = names.map((name) => this.states.get(name));
    if (!states.every((state) => state?.marked)) return undefined;
    const known = states as SourceState[];
    const stalled = known.some((state) => state.stalled);
    const running = known.filter((state) => !state.ended && !state.stalled);
    if (running.length > 0)
      return { upTo: Math.min(...running.map(({ watermark }) => watermark)), ended: false, stalled };
    if (stalled) return undefined;
    return { upTo: Math.max(...known.map(({ watermark }) => watermark)), ended: true, stalled };
  }

  get count(): number {
    return this.listed.get('')?.sources.length ?? 0;
  }
}
