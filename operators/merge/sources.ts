/** What a shard knows of its sources: what it has had from each, and up to where each is complete. */
import { bool, list, struct, text, uint, type Codec } from '../../records/wire/codec.js';
import type { StateStores, Store } from '../../records/store.js';
import type { Mark, SourceSet, Tag } from '../../records/windows.js';

/** What a shard knows of one source. */
export interface MergedSource {
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

/** The last that a shard has had of a source. */
export const sourceState: Codec<MergedSource> = struct<MergedSource>({
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

/** How often a source has said in a row that it is idle. */
interface Quiet {
  idle: number;
}

/** Event time in which lines of a source are missing, ms: `[from, to)`. */
interface Loss {
  from: number;
  to: number;
}

/** Event time that no source was read in, ms: behind the last line of all to the first one of the next run; 0 while it is open. */
interface Unread {
  from: number;
  to: number;
}

/** Losses of a source that are further apart are kept apart, ms of event time. */
const day = 86_400_000;

/** So much of a window may be unread: what is missing by it is within chance. */
const little = { part: 0.05, ms: 15_000 } as const;

/** What people should know of the input: one source is left out or is back, all of it is silent or is back. */
export type InputChange =
  | { readonly what: 'stalled' | 'joined' | 'misdated' | 'dated'; readonly source: string }
  | { readonly what: 'lost' | 'found'; readonly sources: number };

/** Why a record is ignored. */
export type Ignored = 'repeat' | 'zombie';

/** Up to where everything is complete, ms. */
interface Complete {
  readonly upTo: number;
  readonly ended: boolean;
  readonly stalled: boolean;
}

/**
 * What follows from the states of all sources, kept while a mark cannot change it: with thousands of sources, each would
 * otherwise look at all.
 */
interface CachedCompleteness {
  readonly complete: Complete | undefined;
  /** Sources that hold `upTo` back: it rises when the last of them has moved on. 0 where none does. */
  holding: number;
}

/** The sources of a shard, and up to where all of them are complete. */
export class Sources {
  private kept: CachedCompleteness | undefined;
  /** Those that are listed, as the store has them. */
  private names: ReadonlySet<string> | undefined;
  /** A listed source that was not silent when it was last looked at. */
  private loud = '';
  private readonly states: Store<MergedSource>;
  private readonly listed: Store<Listed>;
  private readonly losses: Store<Loss>;
  private readonly quiet: Store<Quiet>;
  /** Time of the last line of a source that has ended, ms. */
  private readonly lastLines: Store<number>;
  /** By the empty key. */
  private readonly unread: Store<Unread>;
  /** Whether the input is lost, by the empty key. */
  private readonly lost: Store<boolean>;

  /** @param lostAfter - idle marks in a row of every source after which the input is lost */
  constructor(
    stores: StateStores,
    private readonly lostAfter = Number.POSITIVE_INFINITY,
  ) {
    this.states = stores.open('sources', sourceState);
    this.listed = stores.open('source-set', struct<Listed>({ version: uint, sources: list(text) }));
    this.losses = stores.open('source-losses', struct<Loss>({ from: uint, to: uint }));
    this.quiet = stores.open('quiet-sources', struct<Quiet>({ idle: uint }));
    this.lost = stores.open('input-lost', bool);
    this.lastLines = stores.open('source-last-lines', uint);
    this.unread = stores.open('input-unread', struct<Unread>({ from: uint, to: uint }));
  }

  /**
   * Judges a record by its tag and remembers it. A higher incarnation starts its source again; a repeat may come under
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
      this.kept = undefined;
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

  /**
   * Raises the watermark of a mark's source; it never sinks. A source that was stalled holds the others back again only
   * once it has caught up with what is closed: before, its windows are late whatever anybody waits for.
   *
   * @param closed - the last boundary that was closed, ms
   */
  mark({ tag, kind, watermark }: Mark, closed: number): readonly InputChange[] {
    const { source } = tag;
    const state = this.states.get(source)!;
    if (kind === 'live' || kind === 'behind') return [];
    if (kind === 'misdated' || kind === 'dated') return [{ what: kind, source }];
    if (kind === 'last') {
      this.lastLines.put(source, watermark);
      return [];
    }
    if (kind === 'reset') {
      this.states.put(source, { ...state, watermark, marked: true });
      this.kept = undefined;
      return [];
    }
    const was = state.stalled;
    const before = { ...state };
    if (kind === 'lost') this.lose(source, Math.min(state.watermark, watermark), watermark);
    state.marked = true;
    state.ended = kind === 'end';
    if (kind !== 'stalled') state.watermark = Math.max(state.watermark, watermark);
    state.stalled = kind === 'stalled' || (was && kind !== 'end' && state.watermark < closed);
    this.states.put(source, state);
    this.moved(source, before, state);
    if (kind === 'idle') this.quiet.put(source, { idle: (this.quiet.get(source)?.idle ?? 0) + 1 });
    else if (kind !== 'stalled' && kind !== 'lost') this.heard(source);
    const changes: InputChange[] = [];
    if (state.stalled !== was) changes.push({ what: was ? 'joined' : 'stalled', source });
    return [...changes, ...this.judgeInput()];
  }

  /** A mark has changed the state of a source: what is kept of all holds, or is worked out again when it is asked for. */
  private moved(source: string, before: MergedSource, after: MergedSource): void {
    const { kept } = this;
    if (!kept?.complete || !this.listedNames().has(source)) {
      if (kept && !kept.complete) this.kept = undefined;
      return;
    }
    const isAlike = before.marked && after.marked && before.ended === after.ended && before.stalled === after.stalled;
    if (!isAlike) this.kept = undefined;
    else if (after.watermark === before.watermark || after.stalled) return;
    else if (after.ended) this.kept = undefined;
    else if (before.watermark === kept.complete.upTo && --kept.holding === 0) this.kept = undefined;
  }

  private listedNames(): ReadonlySet<string> {
    return (this.names ??= new Set(this.listed.get('')?.sources));
  }

  /**
   * Lines of a source are missing. A task that starts again from its checkpoint, where its records are deleted by now, records
   * so by a tag that was there before: the loss counts all the same.
   */
  lose(source: string, from: number, to: number): void {
    const known = this.losses.get(source);
    const loss = known && from <= known.to + day ? known : { from, to };
    this.losses.put(source, { from: Math.min(loss.from, from), to: Math.max(loss.to, to) });
  }

  /** Whether lines of any source are missing in `[start, end)`. */
  hasLostWithin(start: number, end: number): boolean {
    for (const source of this.losses.keys()) {
      const { from, to } = this.losses.get(source)!;
      if (start < to && end > from) return true;
    }
    return false;
  }

  /** All sources have ended. What is behind their last line was not read: nothing that is missing there is known to be. */
  end(): void {
    const last = Math.max(0, ...(this.listed.get('')?.sources ?? []).map((name) => this.lastLines.get(name) ?? 0));
    const known = this.unread.get('');
    if (last > 0 && known?.from !== last) this.unread.put('', { from: last, to: 0 });
  }

  /** A source goes on, or another one begins, behind the end of all, ms: whichever is first. */
  goOn(time: number): void {
    const known = this.unread.get('');
    if (known && time > known.from && (known.to === 0 || time < known.to)) this.unread.put('', { ...known, to: time });
  }

  /** Whether more than a small part of `[start, end)` was not read. */
  hasUnreadWithin(start: number, end: number): boolean {
    const { from, to } = this.unread.get('') ?? { from: 0, to: 0 };
    if (from === 0) return false;
    const unread = Math.min(end, to === 0 ? end : to) - Math.max(start, from);
    return unread > Math.min(little.ms, (end - start) * little.part);
  }

  /** Records of a source have come: it is not idle. */
  heard(source: string): void {
    if (this.quiet.get(source)) this.quiet.delete(source);
  }

  /** The input is lost when everything that has not ended is silent for so long, and is found with the first line. */
  private judgeInput(): readonly InputChange[] {
    const names = this.listed.get('')?.sources ?? [];
    const runs = (name: string): boolean => !this.states.get(name)?.ended;
    const loud = (name: string): boolean =>
      runs(name) && this.states.get(name)?.stalled !== true && (this.quiet.get(name)?.idle ?? 0) < this.lostAfter;
    // Mostly it is the one that was loud before.
    if (!this.listedNames().has(this.loud) || !loud(this.loud)) this.loud = names.find(loud) ?? '';
    const isLost = this.loud === '' && names.some(runs);
    if (isLost === (this.lost.get('') === true)) return [];
    this.lost.put('', isLost);
    const running = names.filter(runs);
    return [{ what: isLost ? 'lost' : 'found', sources: running.length }];
  }

  /** A higher version replaces what was listed; sources that were removed no longer hold anything back. */
  list({ version, sources }: Pick<SourceSet, 'version' | 'sources'>): void {
    const known = this.listed.get('');
    if (known && version <= known.version) return;
    this.listed.put('', { version, sources: [...sources].sort() });
    this.kept = this.names = undefined;
    this.loud = '';
  }

  /**
   * Up to where everything is complete, ms: the least watermark of those that are listed and neither at their end nor
   * stalled; where all have ended, the greatest. Undefined before a source set, or while a listed source has no mark.
   */
  complete(): Complete | undefined {
    return (this.kept ??= this.workOut()).complete;
  }

  private workOut(): CachedCompleteness {
    const known: MergedSource[] = [];
    for (const name of this.listed.get('')?.sources ?? []) {
      const state = this.states.get(name);
      if (!state?.marked) return { complete: undefined, holding: 0 };
      known.push(state);
    }
    const stalled = known.some((state) => state.stalled);
    const running = known.filter((state) => !state.ended && !state.stalled);
    if (running.length > 0) {
      const upTo = running.reduce((least, { watermark }) => Math.min(least, watermark), Infinity);
      const holding = running.filter(({ watermark }) => watermark === upTo).length;
      return { complete: { upTo, ended: false, stalled }, holding };
    }
    if (stalled || known.length === 0) return { complete: undefined, holding: 0 };
    const upTo = known.reduce((greatest, { watermark }) => Math.max(greatest, watermark), 0);
    return { complete: { upTo, ended: true, stalled }, holding: 0 };
  }

  get count(): number {
    return this.listed.get('')?.sources.length ?? 0;
  }
}
