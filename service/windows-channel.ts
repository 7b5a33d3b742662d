/** How records get into the `windows` channel: each to the shard of its entity, or to every shard. */
import { shardOf } from '../records/entity.js';
import type { ChannelWriter } from '../records/store.js';
import { encodeWindowsRecord, isBroadcast, type IngestRecord, type WindowsRecord } from '../records/windows.js';
import { channelSink } from '../runtime/channel-sink.js';
import type { Sink } from '../runtime/source.js';

/** Where what `ingest` makes goes. */
export const windowsSink = (writer: ChannelWriter, shards: number): Sink<IngestRecord> =>
  channelSink<IngestRecord>({
    writer,
    shards,
    key: (record) => (isBroadcast(record) || !('entity' in record) ? undefined : record.entity),
    shardOf,
    encode: encodeWindowsRecord,
  });

/** Writes a record to every shard, and waits until it is there. */
export async function broadcast(writer: ChannelWriter, shards: number, record: WindowsRecord): Promise<void> {
  const value = encodeWindowsRecord(record);
  for (let shard = 0; shard < shards; shard++) writer.append(shard, '', value);
  await writer.flush();
}
