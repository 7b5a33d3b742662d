/** Reads a whole channel, beside a run or after it: of a segment log or of a Kafka topic. */
import type { Config } from '../../config/schema.js';
import { KafkaChannelReader } from '../../connectors/kafka/channel.js';
import { kafkaClient } from '../../connectors/kafka/client.js';
import { channelTopic } from '../../connectors/kafka/topics.js';
import { SegmentLogReader } from '../../connectors/segment-log/reader.js';
import type { ChannelRecord } from '../../records/store.js';
import type { WorkProgress } from '../../runtime/work-progress.js';
import { StartError } from '../../runtime/start-error.js';
import { channelFolder, shardsOf, type ChannelName } from '../../service/channels.js';

const maxAtOnce = 1000;
/** A broker that gives nothing for so long, ms, although there is something, does not answer. */
const patience = 30_000;

export interface OpenedChannel {
  readonly shards: number;
  /**
   * The records of a shard, from the first that retention has left, or from an offset, to the last that was there when it
   * was asked. An offset that is beyond the end belongs to another log: it is read from its beginning.
   */
  records(shard: number, from?: number): AsyncGenerator<ChannelRecord>;
  /** Offset of a shard's first record: above 0 where retention has removed what was before it. */
  first(shard: number): Promise<number>;
  close(): Promise<void>;
}

/** Who is told how far the reading is. */
export interface Watched {
  readonly progress: WorkProgress;
  /** How often all of it is read. */
  readonly passes: number;
}

/** @throws StartError where there is no such channel yet, or where Kafka does not answer */
export async function openChannel(config: Config, name: ChannelName, watched?: Watched): Promise<OpenedChannel> {
  const shards = shardsOf(config, name);
  const reader = await openReader(config, name, shards);
  if (watched)
    for (let shard = 0; shard < shards; shard++) {
      const { first, next } = await reader.range(shard);
      watched.progress.expect(watched.passes * (next - first));
    }
  return {
    shards,
    async *records(shard, from = 0) {
      const { first, next: end } = await reader.range(shard);
      let next = from > end ? first : Math.max(first, from);
      while (next < end) {
        const records = await reader.read(shard, next, maxAtOnce);
        const last = records.at(-1);
        if (!last) {
          if (await reader.wait(shard, next, patience)) continue;
          throw new StartError(
            `${name}: nothing came for ${patience / 1000} s after offset ${next} of shard ${shard}, which ends at ${end}`,
            'unavailable',
          );
        }
        for (const record of records) if (record.offset < end) yield record;
        watched?.progress.step(Math.min(end, last.offset + 1) - next);
        next = last.offset + 1;
      }
    },
    first: async (shard) => (await reader.range(shard)).first,
    close: () => reader.close(),
  };
}

/** A reader of one's own of a channel. Throws a StartError where there is none, or where Kafka does not answer. */
export async function openReader(
  config: Config,
  name: ChannelName,
  shards: number,
): Promise<SegmentLogReader | KafkaChannelReader> {
  const { channels, kafka } = config;
  try {
    if (channels.backend === 'segment-log')
      return await SegmentLogReader.open({ folder: channelFolder(config, name), shards });
    return await KafkaChannelReader.open({
      kafka: kafkaClient(kafka!),
      topic: channelTopic(channels.prefix, name),
      shards,
    });
  } catch (error) {
    const kind = channels.backend === 'kafka' ? 'unavailable' : 'failed';
    throw new StartError((error as Error).message, kind);
  }
}
