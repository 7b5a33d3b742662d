/** How many windows the `windows` log can hold at most: counted as it grows, so that a training that must find too little is not begun. */
import type { WindowLengths } from '../../operators/merge/open-windows.js';
import { decodeWithin, noPanes, type WindowsRecord } from '../../records/windows.js';
import { readableBy } from '../../records/wire/codec.js';
import type { TailReader } from '../flow/controls-log.js';

const day = 86_400_000;
const pageRecords = 1000;
/** How long a record that is known to be there may take, ms. */
const waitMs = 30_000;

/** The last stretch of event time in which a service has windows, ms: from a line to its silence. */
interface Covered {
  from: number;
  to: number;
}

/** Reads each record once: the next count goes on where the last one ended. */
export class MostWindows {
  /** Offset from which nothing is counted yet, by shard. */
  private readonly next = new Map<number, number>();
  private readonly covered = new Map<string, Covered>();
  /** Windows that begin on a day, by its number since 1970. */
  private readonly byDay = new Map<number, number>();
  /** Somebody has set event time back: windows of the same time may come again. */
  private wasReset = false;

  constructor(
    private readonly shards: number,
    private readonly lengths: Pick<WindowLengths, 'pane' | 'windowPanes' | 'silentFor'>,
  ) {}

  /**
   * Whether there can be `enough` windows that end after `from` and up to `to`, ms. False is certain, whatever of the log is
   * read; true is not. Reading ends as soon as it is true.
   */
  async canReach(enough: number, reader: TailReader, from: number, to: number): Promise<boolean> {
    for (let shard = 0; shard < this.shards; shard++) {
      const { first, next } = await reader.range(shard);
      for (let at = Math.max(first, this.next.get(shard) ?? first); at < next;) {
        if (this.wasReset || this.between(from, to) >= enough) return true;
        const records = await reader.read(shard, at, pageRecords);
        if (records.length === 0 && !(await reader.wait(shard, at, waitMs))) return true;
        for (const { offset, value } of records) {
          const record = readableBy((bytes) => decodeWithin(bytes, noPanes), value);
          if (record) this.count(record);
          at = offset + 1;
        }
        this.next.set(shard, at);
      }
    }
    return this.wasReset || this.between(from, to) >= enough;
  }

  private between(from: number, to: number): number {
    const first = Math.floor((from - this.length) / day);
    const last = Math.floor(to / day);
    let windows = 0;
    for (const [number, count] of this.byDay) if (number >= first && number <= last) windows += count;
    return windows;
  }

  private get length(): number {
    return this.lengths.pane * this.lengths.windowPanes;
  }

  private count(record: WindowsRecord): void {
    if (record.type === 'mark' && record.kind === 'reset') this.wasReset = true;
    if (record.type === 'series') this.add(record.pane, 1);
    if (record.type !== 'log') return;
    const { length } = this;
    const from = Math.floor(record.pane / length) * length;
    // The window in which it has been silent for long enough is its last one.
    const to = Math.ceil((record.pane + this.lengths.pane + this.lengths.silentFor) / length + 1) * length;
    const covered = this.covered.get(record.entity);
    if (!covered || from > covered.to) {
      this.covered.set(record.entity, { from, to });
      this.cover(from, to);
      return;
    }
    // What lies before the stretch may be counted twice, which only makes it more.
    if (from < covered.from) this.cover(from, covered.from);
    this.cover(covered.to, to);
    covered.from = Math.min(covered.from, from);
    covered.to = Math.max(covered.to, to);
  }

  private cover(from: number, to: number): void {
    for (let start = from; start < to;) {
      const end = Math.min(to, (Math.floor(start / day) + 1) * day);
      this.add(start, Math.ceil((end - start) / this.length));
      start = end;
    }
  }

  private add(start: number, windows: number): void {
    const number = Math.floor(start / day);
    this.byDay.set(number, (this.byDay.get(number) ?? 0) + windows);
  }
}
