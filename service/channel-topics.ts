/** The topics between the parts: how many shards they have, and their creation where that is wanted. */
import type { Admin } from 'kafkajs';
import type { Config } from '../config/schema.js';
import { kafkaClient, type KafkaLog } from '../connectors/kafka/client.js';
import { channelTopic, channelTopics, createTopics } from '../connectors/kafka/topics.js';
import { StartError } from '../runtime/start-error.js';
import { kafkaUnavailable } from './kafka-unavailable.js';
import { readConfig } from './configuration.js';

/** Shards of topics that are created where the configuration names no number. */
export const usualShards = 3;

/** Partitions of the topic of windows, or undefined where it does not exist. */
async function partitionsOf(admin: Admin, topic: string): Promise<number | undefined> {
  if (!(await admin.listTopics()).includes(topic)) return undefined;
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  return topics[0]!.partitions.length;
}

/** Runs with a connected admin client. @throws StartError where the brokers do not answer */
async function withAdmin<T>(config: Config, work: (admin: Admin) => Promise<T>, log?: KafkaLog): Promise<T> {
  const { kafka } = config;
  if (!kafka) throw new StartError('channels.backend: kafka needs kafka.brokers');
  const admin = kafkaClient(kafka, log).admin();
  try {
    await admin.connect();
    return await work(admin);
  } catch (error) {
    throw error instanceof StartError ? error : kafkaUnavailable(kafka, error);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

const settled = (config: Config, shards: number): Config => ({
  ...config,
  channels: { ...config.channels, shards },
});

/** `channels.shards: 0` becomes the number of partitions that the topic of windows has, or would be created with. */
export async function withShards(config: Config): Promise<Config> {
  const { backend, shards, prefix } = config.channels;
  if (backend !== 'kafka' || shards !== 0) return config;
  const topic = channelTopic(prefix, 'windows');
  return settled(config, (await withAdmin(config, (admin) => partitionsOf(admin, topic))) ?? usualShards);
}

/** As `readConfig`, with the number of shards that the topics have where the configuration names none. */
export const readSettledConfig = (file: string): Promise<Config> => withShards(readConfig(file));

/**
 * Sees to it that the topics of a fleet exist.
 *
 * @param mayCreate asked with the names of those that are missing
 * @returns the configuration with its number of shards, and what was created
 * @throws StartError where topics are missing and must not be created
 */
export function settleTopics(
  config: Config,
  mayCreate: (missing: readonly string[]) => Promise<boolean>,
  log?: KafkaLog,
): Promise<{ readonly config: Config; readonly created: readonly string[] }> {
  return withAdmin(
    config,
    async (admin) => {
      const { prefix, replication, retention } = config.channels;
      const found = await partitionsOf(admin, channelTopic(prefix, 'windows'));
      const shards = config.channels.shards === 0 ? (found ?? usualShards) : config.channels.shards;
      const topics = channelTopics({ prefix, shards, replication, retention });
      const there = new Set(await admin.listTopics());
      const missing = topics.map(({ name }) => name).filter((name) => !there.has(name));
      if (missing.length === 0) return { config: settled(config, shards), created: [] };
      if (!(await mayCreate(missing)))
        throw new StartError(
          `${missing.length === topics.length ? 'the topics between the parts do' : `${missing.length} of the topics between the parts do`} not exist (${missing.join(', ')}): ` +
            'start with --create-topics, or create them with `tocsin topics --create`',
        );
      return { config: settled(config, shards), created: await createTopics(admin, topics) };
    },
    log,
  );
}
