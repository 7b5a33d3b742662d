/** Where the member before stood in a source, by what it wrote: its state is its own, and lost to this one. */
import type { ChannelReader } from '../../records/store.js';
import type { SourceCommand } from '../../records/raw.js';
import { decodeWindowsRecord, isProgress } from '../../records/windows.js';

/** A reader of the `windows` channel that knows where its shards begin and end. */
export type WindowsLog = Pick<ChannelReader, 'read' | 'wait'> & {
  range(shard: number): Promise<{ first: number; next: number }>;
};

interface SourceStanding {
  /** The last mark: up to where the source is complete, ms, and the offset that caused it. */
  readonly mark?: { readonly watermark: number; readonly offset: number };
  /** The last offset by which anything was tagged. */
  readonly last: number;
}

/** How long what is below the end is waited for, ms. */
const longestWaitMs = 10_000;

/** Records that are looked through first, from the end; twice as many each time that is too few. */
const first = 8192;

/**
 * The control that carries a source on without its state: panes before `watermark` are written, and no tag up to `last`
 * is given again. A mark goes to every shard; where a shard lacks the last ones, what it lacks is made again.
 *
 * @returns undefined where nothing was written of the source
 */
export async function takenOver(
  log: WindowsLog,
  shards: number,
  source: string,
  incarnation: number,
): Promise<SourceCommand | undefined> {
  const standings: SourceStanding[] = [];
  for (let shard = 0; shard < shards; shard++) {
    const standing = await standingIn(log, shard, source, incarnation);
    if (!standing?.mark) return undefined;
    standings.push(standing);
  }
  const marks = standings.map(({ mark }) => mark!);
  const { watermark, offset } = marks.reduce((a, b) => (b.watermark < a.watermark ? b : a));
  return { type: 'resumed', watermark, counted: offset, last: Math.max(...standings.map(({ last }) => last)) };
}

async function standingIn(
  log: WindowsLog,
  shard: number,
  source: string,
  incarnation: number,
): Promise<SourceStanding | undefined> {
  const range = await log.range(shard);
  for (let size = first; ; size *= 2) {
    const from = Math.max(range.first, range.next - size);
    const standing = await readStanding(log, shard, from, range.next, source, incarnation);
    if (standing?.mark || from === range.first) return standing;
  }
}

async function readStanding(
  log: WindowsLog,
  shard: number,
  from: number,
  to: number,
  source: string,
  incarnation: number,
): Promise<SourceStanding | undefined> {
  let mark: SourceStanding['mark'];
  let last: number | undefined;
  for (let at = from; at < to;) {
    const records = await log.read(shard, at, 4096);
    // The end of a topic may be of records that are not shown.
    if (records.length === 0 && !(await log.wait(shard, at, longestWaitMs))) break;
    for (const { offset, value } of records) {
      at = offset + 1;
      if (offset >= to || value.length === 0) continue;
      const record = decodeWindowsRecord(value);
      if (!('tag' in record) || record.tag.source !== source || record.tag.incarnation !== incarnation) continue;
      last = Math.max(last ?? 0, record.tag.offset);
      if (record.type !== 'mark' || !isProgress(record)) continue;
      if (!mark || record.watermark >= mark.watermark)
        mark = { watermark: record.watermark, offset: record.tag.offset };
    }
  }
  return last === undefined ? undefined : { last, ...(mark ? { mark } : {}) };
}
