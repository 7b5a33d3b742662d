/** Where event time begins: the first pane in the `windows` log of a fleet. */
import { decodeWindowsRecord } from '../../records/windows.js';
import type { TailReader } from '../flow/controls-log.js';

/** Records of a shard that are read in one look. */
const lookRecords = 20_000;
const pageRecords = 500;
/** How long a record that is known to be there may take, ms. */
const waitMs = 30_000;

/** Each look goes on where the one before ended: a quiet fleet writes marks alone for days. */
export class FirstPane {
  /** Offset from which no look has read yet, by shard. */
  private readonly next = new Map<number, number>();

  constructor(private readonly shards: number) {}

  /** The earliest of the first panes of all shards, ms of event time; undefined where there is none so far. */
  async look(reader: TailReader): Promise<number | undefined> {
    const panes: number[] = [];
    for (let shard = 0; shard < this.shards; shard++) {
      const pane = await this.lookAt(reader, shard);
      if (pane !== undefined) panes.push(pane);
    }
    return panes.length > 0 ? Math.min(...panes) : undefined;
  }

  private async lookAt(reader: TailReader, shard: number): Promise<number | undefined> {
    const { first, next } = await reader.range(shard);
    let at = Math.max(first, this.next.get(shard) ?? first);
    for (const end = Math.min(next, at + lookRecords); at < end;) {
      const records = await reader.read(shard, at, pageRecords);
      if (records.length === 0 && !(await reader.wait(shard, at, waitMs))) break;
      for (const { offset, value } of records) {
        const record = decodeWindowsRecord(value);
        if ('pane' in record) {
          // Another shard may have an earlier one in the next look, and this one has to be in it.
          this.next.set(shard, offset);
          return record.pane;
        }
        at = offset + 1;
      }
    }
    this.next.set(shard, at);
    return undefined;
  }
}
