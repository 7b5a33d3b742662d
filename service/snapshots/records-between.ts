/** Records of the `windows` log between two offsets of a shard, read beside the task that has gone past them. */
import { decodeWindowsRecord, type WindowsRecord } from '../../records/windows.js';
import { readableBy } from '../../records/wire/codec.js';
import type { ChannelItem } from '../../runtime/channel-source.js';
import type { TailReader } from '../flow/controls-log.js';

/** Opens a log between topologies for reading. */
export type LogOpener = () => Promise<{ readonly reader: TailReader; readonly close: () => Promise<void> }>;

const pageSize = 1000;
/** A log that gives nothing for so long, although there is something, does not answer, ms. */
const patienceMs = 30_000;

/** @throws Error where retention has deleted some of them, or the log does not answer */
export async function* recordsBetween(
  open: LogOpener,
  shard: number,
  from: number,
  to: number,
): AsyncGenerator<ChannelItem<WindowsRecord>> {
  const { reader, close } = await open();
  try {
    const { first } = await reader.range(shard);
    if (from < first && from < to)
      throw new Error(
        `shard ${shard} of the windows log begins at offset ${first}, and what came after the snapshot at ${from} is needed: ` +
          'it is older than channels.retention',
      );
    for (let at = from; at < to;) {
      const records = await reader.read(shard, at, pageSize);
      if (records.length === 0 && !(await reader.wait(shard, at, patienceMs)))
        throw new Error(
          `nothing came for ${patienceMs / 1000} s after offset ${at} of shard ${shard} of the windows log`,
        );
      for (const { offset, value } of records) {
        at = offset + 1;
        if (offset >= to) return;
        // What cannot be read is a dead letter of detect, and nothing here.
        const record = readableBy(decodeWindowsRecord, value);
        if (record) yield { offset, record };
      }
    }
  } finally {
    await close();
  }
}
