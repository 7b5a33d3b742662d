/** The logs of `windows` and `decisions`, as resharding puts new ones in their place. */
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import type { Config } from '../../config/schema.js';
import { channelTopic, channelTopics, createTopics } from '../../connectors/kafka/topics.js';
import { createShards, readShards } from '../../connectors/segment-log/folder.js';
import { SegmentLogReader } from '../../connectors/segment-log/reader.js';
import { StartError } from '../../runtime/start-error.js';
import { channelFolder } from '../../service/channels.js';
import type { ShardedLogs } from './reshard.js';

const sharded = ['windows', 'decisions'] as const;
/** Brokers delete a topic when they come to it; so long is waited for that, ms. */
const patience = 30_000;

/** Segment logs: the old folders are kept beside the new ones. */
export function segmentLogs(config: Config): ShardedLogs {
  return {
    shards: () => readShards(channelFolder(config, 'windows')),
    async end(channel, shard) {
      const folder = channelFolder(config, channel);
      const shards = await readShards(folder);
      if (shards === undefined) return 0;
      const reader = await SegmentLogReader.open({ folder, shards });
      try {
        return (await reader.range(shard)).next;
      } finally {
        await reader.close();
      }
    },
    async beginAnew(shards) {
      const kept: string[] = [];
      for (const channel of sharded) {
        const folder = channelFolder(config, channel);
        const old = await readShards(folder);
        if (old === shards) continue;
        if (old !== undefined) {
          let archive = `${folder}.${old}-shards`;
          for (let n = 2; existsSync(archive); n++) archive = `${folder}.${old}-shards.${n}`;
          await rename(folder, archive);
          kept.push(archive);
        }
        await createShards(folder, shards);
      }
      return `the old logs are kept in ${kept.join(' and ')}: delete them when you like`;
    },
  };
}

/** Topics: the old ones are deleted. */
export function topicLogs(
  config: Config & { readonly kafka: NonNullable<Config['kafka']> },
  admin: Admin,
): ShardedLogs {
  const { prefix, replication, retention } = config.channels;
  const names = sharded.map((channel) => channelTopic(prefix, channel));
  const partitionsOf = async (topic: string): Promise<number | undefined> => {
    if (!(await admin.listTopics()).includes(topic)) return undefined;
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]!.partitions.length;
  };
  return {
    shards: () => partitionsOf(names[0]!),
    async end(channel, shard) {
      const offsets = await admin.fetchTopicOffsets(channelTopic(prefix, channel));
      return Number(offsets.find(({ partition }) => partition === shard)?.high ?? 0);
    },
    async beginAnew(shards) {
      const old: string[] = [];
      for (const name of names) if (((await partitionsOf(name)) ?? shards) !== shards) old.push(name);
      if (old.length > 0) await admin.deleteTopics({ topics: old });
      const began = performance.now();
      while ((await admin.listTopics()).some((name) => old.includes(name))) {
        if (performance.now() - began > patience)
          throw new StartError(`the brokers have not deleted ${old.join(' and ')} yet: run this again`);
        await sleep(200);
      }
      // Positions in the old topic say nothing of the new one.
      await admin.deleteGroups([`${config.kafka.group}-detect`]).catch(() => undefined);
      await createTopics(
        admin,
        channelTopics({ prefix, shards, replication, retention }).filter(({ name }) => names.includes(name)),
      );
      return `the topics ${names.join(' and ')} start empty`;
    },
  };
}

/** @throws StartError where a member of the fleet runs */
export async function refuseMembers(admin: Admin, group: string): Promise<void> {
  const { groups } = await admin.describeGroups([group, `${group}-detect`, `${group}-respond`, `${group}-redrive`]);
  const running = groups.filter(({ members }) => members.length > 0);
  if (running.length > 0)
    throw new StartError(
      `members are running (${running.map(({ groupId, members }) => `${members.length} in ${groupId}`).join(', ')}): stop all of them first`,
    );
}
