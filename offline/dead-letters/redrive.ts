/** Puts the records of dead letters back, each attempt once. */
import type { Config } from '../../config/schema.js';
import { KafkaChannelWriter } from '../../connectors/kafka/channel.js';
import { kafkaClient } from '../../connectors/kafka/client.js';
import { channelTopic } from '../../connectors/kafka/topics.js';
import { SegmentLogWriter } from '../../connectors/segment-log/writer.js';
import { encode } from '../../records/wire/codec.js';
import { decodeRedriven, deadLetterId, isRedrivable, redriven } from '../../records/dead-letter.js';
import type { ChannelWriter } from '../../records/store.js';
import { StartError } from '../../runtime/start-error.js';
import { channelFolder } from '../../service/channels.js';
import { openChannel } from '../replay/channel-records.js';
import type { Letter } from './dead-letters.js';

export interface Redrove {
  readonly put: readonly Letter[];
  /** They were put back before: what came of it is in the windows, or in a letter of its own. */
  readonly before: readonly Letter[];
  /** Not all of their record is there, or they are no records. */
  readonly impossible: readonly Letter[];
}

/**
 * The channel itself is the ledger: what stands in it is not written again, and ingest ignores a second one with the
 * same name.
 */
export async function redriveLetters(config: Config, deadLetters: readonly Letter[]): Promise<Redrove> {
  const writer = await openWriter(config);
  try {
    const done = await redrivenBefore(config);
    const impossible = deadLetters.filter((deadLetter) => !isRedrivable(deadLetter));
    const possible = deadLetters.filter(isRedrivable);
    const before = possible.filter((deadLetter) => done.has(deadLetterId(deadLetter)));
    const put = possible.filter((deadLetter) => !done.has(deadLetterId(deadLetter)));
    for (const deadLetter of put) {
      const { source, offset, part, attempt = 0, bytes, whole, inputs } = deadLetter;
      const { topic, timestamp } = whole!;
      const id = deadLetterId(deadLetter);
      writer.append(
        0,
        source,
        encode(redriven, { id, source, offset, part, attempt, topic, timestamp, bytes: bytes!, inputs }),
      );
    }
    await writer.flush();
    return { put, before, impossible };
  } finally {
    await writer.close();
  }
}

async function redrivenBefore(config: Config): Promise<ReadonlySet<string>> {
  const channel = await openChannel(config, 'redrive');
  const done = new Set<string>();
  try {
    for await (const { value } of channel.records(0)) done.add(decodeRedriven(value).id);
  } finally {
    await channel.close();
  }
  return done;
}

/** Of an embedded run the log is not held by the run: it may go on meanwhile. */
async function openWriter(config: Config): Promise<ChannelWriter> {
  const { channels, kafka } = config;
  try {
    if (channels.backend === 'segment-log')
      return await SegmentLogWriter.open({ folder: channelFolder(config, 'redrive'), shards: 1 });
    const topic = channelTopic(channels.prefix, 'redrive');
    return await KafkaChannelWriter.open({ kafka: kafkaClient(kafka!), topic, shards: 1 });
  } catch (error) {
    throw new StartError((error as Error).message, channels.backend === 'kafka' ? 'unavailable' : 'failed');
  }
}
