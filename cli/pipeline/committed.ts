/** Refuses to begin a task anew whose group has committed positions: it had state, and the state is gone. */
import type { Admin, Kafka } from 'kafkajs';
import { channelTopic } from '../../connectors/kafka/topics.js';
import { decodeProgress } from './peers.js';
import { StateLostError, type Checkpoint, type StateBackend } from '../../runtime/backend.js';

/** Where the position of a task is committed. */
interface Committed {
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
  /** Positions in a topic of the same name that was there before say nothing. */
  readonly incarnation?: number;
}

/** @param names group and prefix of the channels */
export function committedBy(task: string, { group, prefix }: { group: string; prefix: string }): Committed | undefined {
  const [, topology, name] = /^(ingest|detect|respond)\/(.+)$/.exec(task) ?? [];
  if (topology === 'detect')
    return { groupId: `${group}-detect`, topic: channelTopic(prefix, 'windows'), partition: Number(name) };
  if (topology === 'respond' && name === '0')
    return { groupId: `${group}-respond`, topic: channelTopic(prefix, 'alerts'), partition: 0 };
  if (topology !== 'ingest') return undefined;
  const at = name.lastIndexOf('/');
  const [partition, incarnation = 0] = name
    .slice(at + 1)
    .split('@')
    .map(Number);
  return { groupId: group, topic: name.slice(0, at), partition, ...(incarnation > 0 ? { incarnation } : {}) };
}

/**
 * A shared backend that looks, where it has no checkpoint of a task, whether there was one: positions are committed to
 * the group only after they were checkpointed.
 */
export function refuseLostState(
  backend: StateBackend,
  kafka: Kafka,
  names: { readonly group: string; readonly prefix: string },
): StateBackend {
  return {
    async claim(task, now): Promise<Checkpoint> {
      const checkpoint = await backend.claim(task, now);
      const where = checkpoint.position === undefined ? committedBy(task, names) : undefined;
      if (!where) return checkpoint;
      const offset = await committedOffset(kafka, where);
      if (offset === undefined) return checkpoint;
      throw new StateLostError(
        `task ${task} has no state, and its group ${where.groupId} has committed offset ${offset} of ` +
          `${where.topic}/${where.partition}: it had some`,
      );
    },
    write: (...what) => backend.write(...what),
    close: () => backend.close(),
  };
}

/** Whether a group has committed the end of every partition of a topic. */
export async function isReadToItsEnd(admin: Admin, groupId: string, topic: string): Promise<boolean> {
  const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [topic] });
  const committed = new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)]));
  const ends = await admin.fetchTopicOffsets(topic);
  return ends.every(({ partition, high }) => Number(high) === 0 || (committed.get(partition) ?? -1) >= Number(high));
}

async function committedOffset(
  kafka: Kafka,
  { groupId, topic, partition, incarnation = 0 }: Committed,
): Promise<number | undefined> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [topic] });
    const found = partitions.find((each) => each.partition === partition);
    if (incarnation > 0 && decodeProgress(found?.metadata ?? null)?.incarnation !== incarnation) return undefined;
    const offset = Number(found?.offset ?? -1);
    return offset < 0 ? undefined : offset;
  } finally {
    await admin.disconnect();
  }
}
