/** Where the members of a fleet find the models that one of them trained: in Redis, or else in a topic of their own. */
import type { Kafka } from 'kafkajs';
import type { Config } from '../../config/schema.js';
import { KafkaChannelReader, KafkaChannelWriter } from '../../connectors/kafka/channel.js';
import { kafkaClient } from '../../connectors/kafka/client.js';
import { channelTopic } from '../../connectors/kafka/topics.js';
import { ChannelBlobs } from '../../models/registry/channel-blobs.js';
import type { Blobs } from '../../models/registry/share.js';
import { Artefacts } from '../../training/artefacts.js';

export interface SharedModels {
  readonly blobs: Blobs;
  close(): Promise<void>;
}

/** The topic of models of a fleet; nothing is opened before it is used. */
export function modelsTopic(kafka: Kafka, { channels }: Pick<Config, 'channels'>): SharedModels {
  const opened: { close(): Promise<void> }[] = [];
  const topic = { kafka, topic: channelTopic(channels.prefix, 'models'), shards: 1 };
  return {
    blobs: new ChannelBlobs(async () => {
      const writer = await KafkaChannelWriter.open(topic);
      opened.push(writer);
      const reader = await KafkaChannelReader.open(topic);
      opened.push(reader);
      return { writer, reader };
    }),
    close: async () => {
      for (const one of opened.splice(0)) await one.close();
    },
  };
}

/** The sets that a configuration can load: those of its folder, and of a fleet those that any member trained. */
export function openArtefacts(config: Config): { readonly artefacts: Artefacts; readonly close: () => Promise<void> } {
  const { kafka, channels, state } = config;
  if (channels.backend !== 'kafka' || !kafka || state.backend === 'redis')
    return { artefacts: Artefacts.in(state.dir), close: async () => undefined };
  const shared = modelsTopic(kafkaClient(kafka), config);
  return { artefacts: Artefacts.in(state.dir, shared.blobs), close: () => shared.close() };
}
