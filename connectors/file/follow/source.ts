/**
 * A log file that is followed as it grows, through rotation: renamed and created again, copied and cut, packed. What its
 * contents held is one stream of bytes whose offsets never go back.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, Position } from '../../../records/batch.js';
import { endOfSource, type SourceCommand, type SourceItem } from '../../../records/raw.js';
import type { Source } from '../../../runtime/source.js';
import type { IdleOptions } from '../../idle.js';
import type { ReaderClock } from '../../reader-clock.js';
import { Followed } from './followed.js';
import { FollowedPath } from './path.js';
import type { FollowJournal } from './journal.js';

/** What is followed. */
export interface FollowOptions {
  readonly path: string;
  /** Name of the source. */
  readonly source: string;
  /** What the relabel rules see as `topic`. */
  readonly topic: string;
  readonly journal: () => Promise<FollowJournal>;
  readonly clock: ReaderClock;
  readonly idle: IdleOptions;
  /** Ends at what is the end now. */
  readonly bounded?: boolean;
  /** Ends, with the end mark, once the file was deleted and all of it was read; asked then. Default: never. */
  readonly mayEnd?: () => boolean;
  readonly warn: (message: string) => void;
  /** Between two looks at the file, ms. */
  readonly pollMs?: number;
  /** A renamed file to which nothing was written for this time is over, ms: the writer has closed it by then. */
  readonly quietMs?: number;
  /** Bytes of a slice, about. */
  readonly slice?: number;
}

const idleLook = { afterMs: 10_000, factor: 4 } as const;

/**
 * Batches of lines as of a file that is read once. A line counts once its line break is there, or its file is over: it was
 * renamed or cut, and nothing was written to it for a minute. Lines that are written to a renamed file are read behind those of
 * the new one that were read before. Where a file was deleted, or cut without a copy beside it, while some of it may not have
 * been read, a `lost` control says so.
 */
export function followSource(options: FollowOptions): Source<SourceItem> {
  return {
    open: (position, { stop, drain }) => new Following(options, stop, drain).read(position),
  };
}

class Following {
  /** Offset of the stream after all that was handed on. */
  private at = 0;
  private current: Followed | undefined;
  private quietSince = performance.now();
  private readonly pollMs: number;
  private readonly quietMs: number;
  private readonly slice: number;

  constructor(
    private readonly options: FollowOptions,
    private readonly stop: AbortSignal,
    private readonly drain: AbortSignal,
  ) {
    this.pollMs = options.pollMs ?? 250;
    this.quietMs = options.quietMs ?? 60_000;
    this.slice = options.slice ?? 131_072;
  }

  async *read(position: Position | undefined): AsyncGenerator<Batch<SourceItem>> {
    const { path: name, warn } = this.options;
    const journal = await this.options.journal();
    const path = new FollowedPath(name, journal, warn);
    try {
      this.at = position?.offset ?? 0;
      if (position) await journal.forget(position.offset);
      await path.open();
      if (!position) yield { items: [], rejected: [], position: this.position };
      yield* this.repeat(path, journal);
      yield* this.live(path, journal);
    } finally {
      await path.close();
      await journal.close();
    }
  }

  /** What was read before a crash behind the checkpoint comes in the same order again. */
  private async *repeat(path: FollowedPath, journal: FollowJournal): AsyncGenerator<Batch<SourceItem>> {
    for (const { base, generation: id, from, end } of [...journal.runs]) {
      const generation = journal.generations.get(id);
      const followed = path.of(id);
      const over = end ?? (generation?.end === undefined ? undefined : base + generation.end - from);
      this.at = Math.max(this.at, base);
      if (over !== undefined && over <= this.at) continue;
      if (!followed) {
        yield this.control({ type: 'lost', watermark: 0 });
        this.at = over ?? this.at + lostGap;
        continue;
      }
      followed.read = from + this.at - base;
      followed.begin();
      if (over === undefined) {
        this.current = followed;
        continue;
      }
      const to = from + over - base;
      while (this.at < over && !this.stop.aborted) {
        const batch = (await followed.next(this.at, this.slice, this.names, to)) ?? followed.finish();
        if (!batch) break;
        if (batch.position && batch.position.offset > this.at) yield this.handed(batch);
      }
      if (this.stop.aborted) return;
      followed.begin();
      this.at = over;
    }
  }

  private async *live(path: FollowedPath, journal: FollowJournal): AsyncGenerator<Batch<SourceItem>> {
    const { clock, bounded = false, idle } = this.options;
    // What was read before of the last content, and is not checkpointed, has its offsets: it is read to its end first.
    let only = this.current;
    let lookAt = 0;
    while (!this.stop.aborted) {
      const isLast = bounded || this.drain.aborted;
      if (performance.now() >= lookAt || path.isReplaced) {
        await path.look();
        lookAt = performance.now() + this.wait;
        if (path.takeLoss()) yield await this.lose(path, journal);
      }
      const found = await this.next(path, only);
      if (path.isReplaced) continue;
      if (found) {
        const { followed, batch } = found;
        await this.running(followed, path, journal);
        const time = clock.control(followed.isAtEnd);
        if (time) yield this.control(time);
        yield this.handed(batch);
        continue;
      }
      only = undefined;
      const over = path.contents.find((one) => this.isOver(one, isLast));
      if (over) {
        yield* this.finish(over, path, journal, isLast && over.isLive);
        continue;
      }
      if (isLast || path.isDeleted(this.quietMs, this.options.mayEnd)) {
        yield this.control(endOfSource);
        return;
      }
      if (performance.now() - this.quietSince >= idle.afterMs) {
        const watermark = idle.watermark();
        await path.look();
        const more = path.isReplaced ? undefined : await this.next(path, undefined);
        this.quietSince = performance.now();
        if (more) {
          await this.running(more.followed, path, journal);
          yield this.handed(more.batch);
        } else if (!path.isReplaced && !this.stop.aborted) yield this.control({ type: 'idle', watermark });
        continue;
      }
      await sleep(this.wait, undefined, { signal: this.stop }).catch(() => undefined);
    }
  }

  /** A file that is quiet is looked at less often. */
  private get wait(): number {
    const isQuiet = performance.now() - this.quietSince >= idleLook.afterMs;
    return isQuiet ? this.pollMs * idleLook.factor : this.pollMs;
  }

  private get names(): { source: string; topic: string } {
    return { source: this.options.source, topic: this.options.topic };
  }

  private get position(): Position {
    return { source: this.options.source, offset: this.at };
  }

  private control(item: SourceCommand): Batch<SourceItem> {
    return { items: [item], rejected: [], position: this.position, unrepeatable: true };
  }

  private handed(batch: Batch<SourceItem>): Batch<SourceItem> {
    this.at = batch.position?.offset ?? this.at;
    this.quietSince = performance.now();
    return batch;
  }

  /** The next lines of the first content that has some. */
  private async next(
    path: FollowedPath,
    only: Followed | undefined,
  ): Promise<{ readonly followed: Followed; readonly batch: Batch<SourceItem> } | undefined> {
    for (const followed of [...path.contents]) {
      if (only && followed !== only) continue;
      for (;;) {
        const batch = await path.guarded(followed, () => followed.next(this.at, this.slice, this.names));
        if (path.isReplaced) return undefined;
        if (!batch || this.stop.aborted) break;
        if (batch.items.length + batch.rejected.length > 0) return { followed, batch };
      }
    }
    return undefined;
  }

  /** Writes down that the stream goes on with this content. */
  private async running(followed: Followed, path: FollowedPath, journal: FollowJournal): Promise<void> {
    // Offsets of unfinished lines of others were those that these lines have now.
    for (const other of path.contents) if (other !== followed) other.rewind();
    if (followed.knowsMore) await path.know(followed);
    if (this.current === followed) return;
    await journal.run(followed.generation, this.at, this.at);
    this.current = followed;
  }

  private isOver(followed: Followed, isLast: boolean): boolean {
    if (!followed.isAtEnd) return false;
    if (followed.isLive) return isLast && followed.unfinished > 0;
    return isLast || followed.content.isFixed || performance.now() - followed.grewAt >= this.quietMs;
  }

  private async *finish(
    followed: Followed,
    path: FollowedPath,
    journal: FollowJournal,
    staysOpen: boolean,
  ): AsyncGenerator<Batch<SourceItem>> {
    const { unfinished } = followed;
    if (unfinished > 0) await this.running(followed, path, journal);
    if (!staysOpen) await path.end(followed, followed.read + unfinished);
    const batch = followed.finish();
    if (batch) yield this.handed(batch);
    if (!staysOpen) await path.drop(followed);
    if (!staysOpen && this.current === followed) this.current = undefined;
  }

  /** Passes over the offsets of the last content's unread rest, which is lost: some may have been handed on before. */
  private async lose(path: FollowedPath, journal: FollowJournal): Promise<Batch<SourceItem>> {
    const before = this.at;
    this.at += lostGap;
    const next = path.contents.at(-1);
    if (next) {
      await journal.run(next.generation, this.at, before);
      this.current = next;
    }
    return this.control({ type: 'lost', watermark: 0 });
  }
}

/** More than any content has, bytes. */
const lostGap = 2 ** 36;
