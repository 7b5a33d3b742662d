/** What a cluster says about the offsets of its topics, remembered for a moment. */
import type { Admin, Kafka } from 'kafkajs';

/** What is there of a partition: `[low, high)`. */
export interface OffsetRange {
  /** Offset of the first record that is left. */
  readonly low: number;
  /** Offset of the next record that will be written. */
  readonly high: number;
}

interface RangeRequest {
  readonly at: number;
  readonly ranges: Promise<ReadonlyMap<number, OffsetRange>>;
}

/** One question a topic answers all its partitions. */
export class TopicOffsets {
  private readonly admin: Admin;
  private readonly asked = new Map<string, RangeRequest>();

  constructor(kafka: Kafka) {
    this.admin = kafka.admin();
  }

  connect(): Promise<void> {
    return this.admin.connect();
  }

  close(): Promise<void> {
    return this.admin.disconnect();
  }

  /** Partition numbers of each topic. @throws Error which names a topic that does not exist */
  async partitions(topics: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>> {
    const there = new Set(await this.admin.listTopics());
    const missing = topics.filter((topic) => !there.has(topic));
    if (missing.length > 0) {
      throw new Error(
        `Kafka has no topic ${missing.join(', ')}: create it (\`tocsin topics --create\` makes those of tocsin), or correct its name in the configuration`,
      );
    }
    const { topics: described } = await this.admin.fetchTopicMetadata({ topics: [...topics] });
    return new Map(
      described.map(({ name, partitions }) => [
        name,
        partitions.map(({ partitionId }) => partitionId).sort((a, b) => a - b),
      ]),
    );
  }

  /** Who is in a consumer group now: ids, and what they said when they joined. */
  async members(groupId: string): Promise<readonly { readonly memberId: string; readonly memberMetadata: Buffer }[]> {
    const { groups } = await this.admin.describeGroups([groupId]);
    return groups.flatMap(({ members }) => members);
  }

  /** @param maxAgeMs an answer of at most this age will do; 0 asks again */
  async range(topic: string, partition: number, maxAgeMs = 0): Promise<OffsetRange> {
    let asked = this.asked.get(topic);
    // An answer that is under way was asked for before now: it may be older than what the caller wants to know.
    if (!asked || maxAgeMs <= 0 || performance.now() - asked.at > maxAgeMs) {
      const ranges = this.admin
        .fetchTopicOffsets(topic)
        .then(
          (offsets) =>
            new Map(offsets.map((each) => [each.partition, { low: Number(each.low), high: Number(each.high) }])),
        );
      asked = { at: performance.now(), ranges };
      this.asked.set(topic, asked);
      ranges.catch(() => this.asked.delete(topic));
    }
    const range = (await asked.ranges).get(partition);
    if (!range) throw new Error(`Kafka topic ${topic} has no partition ${partition}`);
    return range;
  }

  /** Offset of the first record whose broker time stamp is at or after `time`, ms; the end where there is none. */
  async at(topic: string, partition: number, time: number): Promise<number> {
    const offsets = await this.admin.fetchTopicOffsetsByTimestamp(topic, time);
    const found = offsets.find((each) => each.partition === partition);
    if (!found) throw new Error(`Kafka topic ${topic} has no partition ${partition}`);
    return Number(found.offset);
  }

  /** Removes a consumer group that is no longer needed; the broker does so by itself in time. */
  async forget(groupId: string): Promise<void> {
    await this.admin.deleteGroups([groupId]).catch(() => undefined);
  }
}
