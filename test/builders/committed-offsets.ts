/** The offsets that groups have committed and the ends of topics, as an admin client of Kafka answers them. */
import type { Admin, Kafka } from 'kafkajs';

export interface CommittedOffsets {
  /** By group and `topic/partition`: the offset, and what a member wrote beside it. */
  readonly committed: Readonly<Record<string, Readonly<Record<string, readonly [number, string?]>>>>;
  /** By topic: the end of each partition. */
  readonly ends?: Readonly<Record<string, readonly number[]>>;
}

/** An admin client that knows these offsets and nothing else; it counts its connections. */
export function adminOf({ committed, ends = {} }: CommittedOffsets): { admin: Admin; open: () => number } {
  let open = 0;
  const offsetsOf = (group: string, topic: string) =>
    Object.entries(committed[group] ?? {}).flatMap(([at, [offset, metadata = null]]) => {
      const [name, partition] = [at.slice(0, at.lastIndexOf('/')), Number(at.slice(at.lastIndexOf('/') + 1))];
      return name === topic ? [{ partition, offset: String(offset), metadata }] : [];
    });
  const admin = {
    connect: async () => {
      open++;
    },
    disconnect: async () => {
      open--;
    },
    fetchOffsets: async ({ groupId, topics = [] }: { groupId: string; topics?: string[] }) =>
      topics.map((topic) => ({ topic, partitions: offsetsOf(groupId, topic) })),
    fetchTopicOffsets: async (topic: string) =>
      (ends[topic] ?? []).map((high, partition) => ({ partition, offset: String(high), high: String(high), low: '0' })),
  };
  return { admin: admin as unknown as Admin, open: () => open };
}

/** A client whose admin that is. */
export function kafkaOf(offsets: CommittedOffsets): { kafka: Kafka; open: () => number } {
  const { admin, open } = adminOf(offsets);
  return { kafka: { admin: () => admin } as unknown as Kafka, open };
}
