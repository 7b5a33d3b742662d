/**
 * What a shard of `windows` knew at a time. A training, a gate or a backtest of that time must not see what came later: partials
 * that were late, definitions, answers. A window is known from the boundary on at which it was decided, which is the
 * `known_time` of the feature store, too.
 */
import type { WindowLengths } from '../operators/merge/open-windows.js';
import { Sources } from '../operators/merge/sources.js';
import { isClock, type PaneRange, type WindowsRecord } from '../records/windows.js';
import type { ChannelItem } from '../runtime/channel-source.js';
import { MemoryBackend } from '../runtime/memory-backend.js';
import { TaskState } from '../runtime/state.js';
import type { ShardRecords } from './run-records.js';

/** How windows are cut, in ms and panes. */
type Lengths = Pick<WindowLengths, 'pane' | 'windowPanes'>;

/**
 * The records of a shard up to the one with which the boundary at `time` closed, that one included; all where it is still open.
 * What is read is the same whenever it is read, however far the log has grown since.
 *
 * @param time - event time, ms; infinite for what is known now
 */
export function knownAt(records: ShardRecords, time: number, lengths: Lengths): ShardRecords {
  if (time === Number.POSITIVE_INFINITY) return records;
  /** Offset of the last record: it is looked for in the first pass. */
  let last: number | undefined;
  async function* known(panes?: PaneRange): AsyncGenerator<ChannelItem<WindowsRecord>> {
    if (last === undefined) yield* search(panes);
    else
      for await (const item of records(panes)) {
        if (item.offset > last) return;
        yield item;
      }
  }
  async function* search(panes?: PaneRange): AsyncGenerator<ChannelItem<WindowsRecord>> {
    const boundaries = await Boundaries.begin(lengths);
    try {
      for await (const item of records(panes)) {
        const isLast = boundaries.after(item.record) >= time;
        if (isLast) last = item.offset;
        yield item;
        if (isLast) return;
      }
    } finally {
      boundaries.close();
    }
  }
  return known;
}

/** Up to where a shard closes windows, record by record, as `merge` does. */
class Boundaries {
  private readonly sources: Sources;
  private closed = 0;

  private constructor(
    private readonly state: TaskState,
    private readonly lengths: Lengths,
  ) {
    this.sources = new Sources(state);
  }

  static async begin(lengths: Lengths): Promise<Boundaries> {
    return new Boundaries(await TaskState.restore(new MemoryBackend(), 'known', 0), lengths);
  }

  /** The last boundary that is closed once this record was taken, ms. */
  after(record: WindowsRecord): number {
    if (record.type === 'sources') this.sources.list(record);
    else if (!('tag' in record) || this.sources.take(record.tag) || record.type !== 'mark' || isClock(record))
      return this.closed;
    else this.sources.mark(record, this.closed);
    const complete = this.sources.complete();
    if (!complete) return this.closed;
    const { pane, windowPanes } = this.lengths;
    const length = pane * windowPanes;
    const { upTo, ended } = complete;
    // The end of all sources closes their last windows, although they may be cut.
    const now = ended ? Math.ceil(upTo / length) * length : Math.floor(upTo / pane) * pane;
    return (this.closed = Math.max(this.closed, now));
  }

  close(): void {
    this.state.close();
  }
}
