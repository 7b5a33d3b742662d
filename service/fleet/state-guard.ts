/** Compares the state of a task with what its group has committed: what is behind was lost, or lies elsewhere. */
import type { Admin, Kafka } from 'kafkajs';
import { untilAnswered } from '../../connectors/kafka/retry.js';
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
  const at = name!.lastIndexOf('/');
  const [partition, incarnation = 0] = name!
    .slice(at + 1)
    .split('@')
    .map(Number);
  return {
    groupId: group,
    topic: name!.slice(0, at),
    partition: partition!,
    ...(incarnation > 0 ? { incarnation } : {}),
  };
}

interface Names {
  readonly group: string;
  readonly prefix: string;
}

/** The same backend; what it says of a task is looked at before it counts. */
const lookedAt = (
  backend: StateBackend,
  look: (task: string, checkpoint: Checkpoint) => Promise<void>,
): StateBackend => ({
  async claim(task, now, dependentTask, paged): Promise<Checkpoint> {
    const checkpoint = await backend.claim(task, now, dependentTask, paged);
    await look(task, checkpoint);
    return checkpoint;
  },
  write: (...what) => backend.write(...what),
  close: () => backend.close(),
});

/**
 * A shared backend that looks, where it has no checkpoint of a task, whether there was one: positions are committed to
 * the group only after they were checkpointed.
 */
export const refuseLostState = (backend: StateBackend, kafka: Kafka, names: Names): StateBackend =>
  lookedAt(backend, async (task, { position }) => {
    const where = position ? undefined : committedBy(task, names);
    const offset = where && (await committedOffset(kafka, where));
    if (!where || offset === undefined) return;
    const { groupId, topic, partition } = where;
    throw new StateLostError(
      `task ${task} has no state, and its group ${groupId} has committed offset ${offset} of ${topic}/${partition}: ` +
        'it had some',
    );
  });

/**
 * A backend of one member alone. Where the group of a task has committed more than this member has, another one has
 * carried it on, and has its state: that is noted, with the offset that was committed.
 *
 * @param told - called once for each
 */
export const noteStateElsewhere = (
  backend: StateBackend,
  kafka: Kafka,
  names: Names,
  elsewhere: Map<string, number>,
  told: (task: string, committed: number) => void,
): StateBackend =>
  lookedAt(backend, async (task, { position }) => {
    const where = committedBy(task, names);
    const offset = where && (await committedOffset(kafka, where));
    elsewhere.delete(task);
    if (offset === undefined || offset <= (position?.offset ?? -1)) return;
    elsewhere.set(task, offset);
    told(task, offset);
  });

/** Whether a group has committed the end of every partition of a topic. */
export async function isReadToItsEnd(admin: Admin, groupId: string, topic: string): Promise<boolean> {
  const ofTopics = await admin.fetchOffsets({ groupId, topics: [topic] });
  const partitions = ofTopics.flatMap((one) => one.partitions);
  const committed = new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)]));
  const ends = await admin.fetchTopicOffsets(topic);
  return ends.every(({ partition, high }) => Number(high) === 0 || (committed.get(partition) ?? -1) >= Number(high));
}

/** Asked by a connection of its own: one that has lived for minutes may not know a partition that was added since. */
async function committedOffset(
  kafka: Kafka,
  { groupId, topic, partition, incarnation = 0 }: Committed,
): Promise<number | undefined> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const ofTopics = await untilAnswered(() => admin.fetchOffsets({ groupId, topics: [topic] }));
    const partitions = ofTopics.flatMap((one) => one.partitions);
    const found = partitions.find((each) => each.partition === partition);
    if (incarnation > 0 && decodeProgress(found?.metadata ?? null)?.incarnation !== incarnation) return undefined;
    const offset = Number(found?.offset ?? -1);
    return offset < 0 ? undefined : offset;
  } finally {
    await admin.disconnect();
  }
}
