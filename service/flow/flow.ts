/** The flow of a process: marks of its sources, boundaries of its shards, and which source waits for which. */
import { EventEmitter } from 'node:events';
import type { Mark } from '../../records/windows.js';
import type { Progressed } from '../fleet/peers.js';

/** Windows that a source may be ahead of the slowest: more would only fill the open windows. */
export const maxAheadWindows = 100;

export interface FlowOptions {
  readonly sources: readonly string[];
  readonly shards: number;
  /** How far a source may be ahead of the slowest, ms of event time (it would only fill the open windows). */
  readonly maxAhead: number;
  /** Whether marks wait at the event time of the next training, which `hold` names. Default false. */
  readonly holds?: boolean;
}

export class Flow {
  readonly watermarks = new Map<string, number>();
  /** Sources that other members of a fleet read, as last published. */
  private peers: ReadonlyMap<string, Progressed> = new Map();
  readonly boundaries = new Map<number, number>();
  private readonly ended = new Set<string>();
  /** Sources that no other waits for. */
  private readonly stalled = new Set<string>();
  /** Sources of which it is known where their event time begins, ms: undefined where one has nothing to say so far. */
  private readonly begun = new Map<string, number | undefined>();
  /** The first pane of sources that have written no mark behind it yet, ms: more panes may precede the mark. */
  private readonly beginning = new Map<string, number>();
  /** Marks that wait for a training, by source, ms. */
  private readonly held = new Map<string, number>();
  /** What other members read now: a slice that was under way when it moved may still write a mark here. */
  private readonly left = new Set<string>();
  /** Shards that have decided the last boundary of a bounded run. */
  readonly finished = new Set<number>();
  private readonly moved = new EventEmitter().setMaxListeners(0);
  /** Event time up to which marks may be written, ms: undefined while that is not known. */
  private limit: number | undefined;
  private fixed: number | undefined;
  private sources: readonly string[];

  constructor(private readonly options: FlowOptions) {
    this.limit = options.holds === true ? undefined : Number.POSITIVE_INFINITY;
    this.sources = options.sources;
  }

  /** From now on there are these sources. */
  list(sources: readonly string[]): void {
    this.sources = sources;
    this.moved.emit('moved');
  }

  /** A partial of `source` was written. */
  began(source: string, pane: number): void {
    if (this.begun.get(source) !== undefined) return;
    this.beginning.set(source, Math.min(pane, this.beginning.get(source) ?? pane));
  }

  /**
   * Where a source begins is known at the first mark behind its first pane: a mark may precede that pane by hours. A
   * source that is at its end, idle or stalled may have nothing to say, and no source waits for its first pane.
   */
  private settleBeginning(source: string, kind: Mark['kind']): void {
    const pane = this.beginning.get(source);
    if (pane !== undefined) {
      this.beginning.delete(source);
      this.begun.set(source, pane);
    } else if (kind !== 'data' && kind !== 'lost' && !this.begun.has(source)) this.begun.set(source, undefined);
  }

  mark(source: string, watermark: number, kind: Mark['kind']): void {
    if (this.left.has(source)) return;
    this.watermarks.set(source, watermark);
    this.settleBeginning(source, kind);
    if (kind === 'end') this.ended.add(source);
    if (kind === 'stalled') this.stalled.add(source);
    else this.stalled.delete(source);
    this.moved.emit('moved');
  }

  /** This member reads it now. */
  take(source: string): void {
    this.left.delete(source);
  }

  /** Another member reads it now. Its mark here would never move again, and others would wait for it. */
  leave(source: string): void {
    this.left.add(source);
    this.watermarks.delete(source);
    this.ended.delete(source);
    this.stalled.delete(source);
  }

  hasEnded(source: string): boolean {
    return this.ended.has(source);
  }

  /** What is known of the sources of other members; those of this one are known better. */
  tell(peers: ReadonlyMap<string, Progressed>): void {
    this.peers = peers;
    this.moved.emit('moved');
  }

  /** The last mark of a source of this member, for the others. */
  progressOf(source: string): Progressed | undefined {
    const watermark = this.watermarks.get(source);
    if (watermark === undefined) return undefined;
    const kind = this.ended.has(source) ? 'end' : this.stalled.has(source) ? 'stalled' : 'data';
    return { watermark, kind };
  }

  /** The greatest watermark of any source, ms; 0 before the first mark. */
  get front(): number {
    return Math.max(0, ...this.sources.map((name) => this.known(name)?.watermark ?? 0));
  }

  /** Whether every source, also of other members, has written its end mark. */
  get everyoneEnded(): boolean {
    return this.sources.length > 0 && this.sources.every((name) => this.known(name)?.kind === 'end');
  }

  private known(source: string): Progressed | undefined {
    return this.progressOf(source) ?? this.peers.get(source);
  }

  boundary(shard: number, end: number): void {
    this.boundaries.set(shard, end);
    this.moved.emit('moved');
  }

  /** The last boundary of a bounded run was decided. */
  finish(shard: number): void {
    this.finished.add(shard);
    this.moved.emit('moved');
  }

  /** Up to where every shard has decided, ms, or undefined before the first boundary. */
  decided(): number | undefined {
    if (this.boundaries.size < this.options.shards) return undefined;
    return Math.min(...this.boundaries.values());
  }

  /**
   * Event time of the first pane of any source, ms: undefined before every source has begun, and fixed from then on. What
   * follows from it (when a training is due) must not depend on which source came first.
   */
  get first(): number | undefined {
    if (this.fixed === undefined && this.everyoneBegan) {
      const panes = [...this.begun.values()].filter((pane) => pane !== undefined);
      if (panes.length > 0) this.fixed = Math.min(...panes);
    }
    return this.fixed;
  }

  /** What an earlier run has found to be the first pane, ms. */
  fixFirst(pane: number): void {
    this.fixed = pane;
  }

  /** From now on marks up to `time` (ms) may be written, and those beyond it wait. */
  hold(time: number): void {
    this.limit = time;
    this.moved.emit('moved');
  }

  /**
   * Whether all that `hold` lets pass has been written: every source that is neither at its end nor stalled holds a mark
   * beyond it, so that what is trained on is all there.
   */
  get isHeld(): boolean {
    const { limit } = this;
    if (limit === undefined) return false;
    const running = this.sources.filter((name) => !this.ended.has(name) && !this.stalled.has(name));
    return running.length > 0 && running.every((name) => (this.held.get(name) ?? 0) > limit);
  }

  private get everyoneBegan(): boolean {
    return this.sources.length > 0 && this.sources.every((name) => this.begun.has(name));
  }

  /**
   * Whether `source` may write a mark up to `watermark` now. Nothing may be closed beyond a training that is due: which
   * window is the first that new models score is then a property of the data, not of who read how far when they came.
   * Before every source has begun that time is unknown. A source before its first pane may write its marks: they
   * close nothing, since those that have begun hold theirs.
   */
  mayMarkNow(source: string, watermark: number): boolean {
    if (this.limit !== undefined) return watermark <= this.limit;
    return this.begun.get(source) === undefined && !this.beginning.has(source);
  }

  /** Resolves when the mark may be written; to false where it was stopped while it waited. */
  async mayMark(source: string, watermark: number, kind: Mark['kind'], signal: AbortSignal): Promise<boolean> {
    this.settleBeginning(source, kind);
    this.held.set(source, watermark);
    this.moved.emit('moved');
    while (!this.mayMarkNow(source, watermark) && !signal.aborted) await this.change(signal);
    this.held.delete(source);
    return !signal.aborted;
  }

  /** Resolves when `source` may read on: it is not too far ahead. */
  async mayRead(source: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.mustWait(source)) await this.change(signal);
  }

  /** Resolves at the next move, or after a moment. */
  async change(signal: AbortSignal, ms = 250): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.moved.off('moved', done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.moved.on('moved', done);
      signal.addEventListener('abort', done);
    });
  }

  /** Whether another source is ahead of `source` by more than `ms` of event time. */
  isBehind(source: string, ms: number): boolean {
    const own = this.watermarks.get(source) ?? 0;
    if (this.ended.has(source)) return false;
    return this.front > own + ms;
  }

  /** Up to where others wait for a source, ms: before its first mark nowhere, and without end where none waits for it. */
  private waitedFor(source: string): number {
    const known = this.known(source);
    if (known === undefined) return Number.NEGATIVE_INFINITY;
    if (known.kind !== 'data' && known.kind !== 'idle') return Number.POSITIVE_INFINITY;
    // A mark that waits for a training waits for those behind it: it must not keep them there.
    return this.held.get(source) ?? known.watermark;
  }

  /** Whether `source` has to wait now. */
  mustWait(source: string): boolean {
    // Also before its first mark: that is the one that is held until every source has begun.
    if (this.held.has(source)) return true;
    const own = this.watermarks.get(source);
    if (own === undefined) return false;
    // The others hold their marks until its first pane is known.
    if (this.limit === undefined && !this.begun.has(source)) return false;
    const others = this.sources.filter((name) => name !== source);
    const slowest = Math.min(...others.map((name) => this.waitedFor(name)));
    // A source without a mark has not begun: it may have nothing to say for hours.
    return Number.isFinite(slowest) && own > slowest + this.options.maxAhead;
  }
}
