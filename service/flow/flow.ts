/** Where the flow of a process stands: marks of its sources, boundaries of its shards, and who has to wait for whom. */
import { EventEmitter } from 'node:events';
import type { Mark } from '../../records/windows.js';
import type { Progressed } from '../fleet/peers.js';

/** A source may be so many windows ahead of the slowest: more would only fill the open windows. */
export const maxAheadWindows = 100;

export interface FlowOptions {
  readonly sources: readonly string[];
  readonly shards: number;
  /** How far a source may be ahead of the slowest, ms of event time (it would only fill the open windows). */
  readonly maxAhead: number;
  /** Event time before the first models, ms. */
  readonly warmup: number;
  /** Whether there are models already. */
  readonly promoted: boolean;
}

export class Flow {
  readonly watermarks = new Map<string, number>();
  /** Sources that other members of a fleet read, as they were last told of. */
  private peers: ReadonlyMap<string, Progressed> = new Map();
  readonly boundaries = new Map<number, number>();
  private readonly ended = new Set<string>();
  /** Sources that nobody waits for. */
  private readonly stalled = new Set<string>();
  /** Sources that have said where their event time begins. */
  private readonly begun = new Set<string>();
  /** Marks that wait for the end of the warm-up, by source, ms. */
  private readonly held = new Map<string, number>();
  /** What other members read now: a slice that was under way when it moved may still write a mark here. */
  private readonly left = new Set<string>();
  /** Shards that have decided the last boundary of a bounded run. */
  readonly finished = new Set<number>();
  private readonly moved = new EventEmitter().setMaxListeners(0);
  /** Event time at which the first pane began, ms. */
  first: number | undefined;
  promoted: boolean;
  private sources: readonly string[];

  constructor(private readonly options: FlowOptions) {
    this.promoted = options.promoted;
    this.sources = options.sources;
  }

  /** From now on there are these sources. */
  list(sources: readonly string[]): void {
    this.sources = sources;
    this.moved.emit('moved');
  }

  began(source: string, pane: number): void {
    this.begun.add(source);
    if (this.first === undefined || pane < this.first) this.first = pane;
  }

  mark(source: string, watermark: number, kind: Mark['kind']): void {
    if (this.left.has(source)) return;
    this.watermarks.set(source, watermark);
    this.begun.add(source);
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

  promote(): void {
    this.promoted = true;
    this.moved.emit('moved');
  }

  /** Up to where every shard has decided, ms, or undefined before the first boundary. */
  decided(): number | undefined {
    if (this.boundaries.size < this.options.shards) return undefined;
    return Math.min(...this.boundaries.values());
  }

  /** The event time from which on models are due, or undefined before the first pane. */
  get warmupEnd(): number | undefined {
    return this.first === undefined ? undefined : this.first + this.options.warmup;
  }

  /**
   * Whether the warm-up is over and nothing has been trained: every source that is neither at its end nor stalled
   * holds a mark beyond it, so that what is trained on is all there.
   */
  get trainingIsDue(): boolean {
    const { warmupEnd } = this;
    if (this.promoted || warmupEnd === undefined || !this.everyoneBegan) return false;
    const running = this.sources.filter((name) => !this.ended.has(name) && !this.stalled.has(name));
    return running.length > 0 && running.every((name) => (this.held.get(name) ?? 0) > warmupEnd);
  }

  private get everyoneBegan(): boolean {
    return this.sources.every((name) => this.begun.has(name));
  }

  /**
   * Whether `source` may write a mark up to `watermark` now. Without models nothing may be closed beyond the warm-up:
   * which window is the first that they score is then a property of the data, not of who read how far when they came.
   * Before every source has begun nobody knows when the warm-up is over; nothing could be closed then, either.
   */
  mayMarkNow(source: string, watermark: number): boolean {
    this.begun.add(source);
    if (this.promoted) return true;
    return this.everyoneBegan && (this.warmupEnd === undefined || watermark <= this.warmupEnd);
  }

  /** Resolves when the mark may be written; to false where it was stopped while it waited. */
  async mayMark(source: string, watermark: number, signal: AbortSignal): Promise<boolean> {
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

  /** Up to where others wait for a source, ms: before its first mark nowhere, and without end where nobody waits for it. */
  private waitedFor(source: string): number {
    const known = this.known(source);
    if (known === undefined) return Number.NEGATIVE_INFINITY;
    if (known.kind !== 'data' && known.kind !== 'idle') return Number.POSITIVE_INFINITY;
    // A mark that waits for the end of the warm-up waits for those behind it: it must not keep them there.
    return this.held.get(source) ?? known.watermark;
  }

  /** Whether `source` has to wait now. */
  mustWait(source: string): boolean {
    // Also before its first mark: that is the one that is held until every source has begun.
    if (this.held.has(source)) return true;
    const own = this.watermarks.get(source);
    if (own === undefined) return false;
    const others = this.sources.filter((name) => name !== source);
    const slowest = Math.min(...others.map((name) => this.waitedFor(name)));
    // A source without a mark has not begun: it may have nothing to say for hours.
    return Number.isFinite(slowest) && own > slowest + this.options.maxAhead;
  }
}
