/** Log topics of a cluster in memory, with the group that reads them: what intake needs of Kafka, without a broker. */
import type { Admin } from 'kafkajs';
import type { LogFeed, LogGroup } from '../../service/intake/intake.js';
import type { TopicOffsets } from '../../connectors/kafka/offsets.js';

interface MemoryPartition {
  /** Offset of the first record that is left. */
  readonly low: number;
  /** Broker time stamps of the records from there on, ms, ascending. */
  readonly times: readonly number[];
}

/** A member of the group: it is assigned all partitions of its topics, as they are when it starts. */
export class MemoryGroup implements LogGroup {
  private feeds: readonly MemoryFeed[] = [];
  isStarted = false;

  constructor(
    private readonly cluster: MemoryCluster,
    readonly topics: readonly string[],
    private readonly onEnd: (name: string) => void,
  ) {}

  assigned(): readonly MemoryFeed[] {
    return this.feeds;
  }

  async start(): Promise<void> {
    const counts = await this.cluster.offsets.partitions(this.topics);
    this.feeds = [...counts].flatMap(([topic, numbers]) =>
      numbers.map((partition) => new MemoryFeed(topic, `${topic}/${partition}`, this.onEnd)),
    );
    this.isStarted = true;
  }

  stop(): void {
    for (const feed of this.feeds) feed.isOpen = false;
    this.isStarted = false;
  }
}

class MemoryFeed implements LogFeed {
  isOpen = true;

  constructor(
    readonly topic: string,
    readonly name: string,
    private readonly onEnd: (name: string) => void,
  ) {}

  end(): void {
    this.isOpen = false;
    this.onEnd(this.name);
  }
}

/** The topics; tests create, grow and delete them as people do. */
export class MemoryCluster {
  readonly topics = new Map<string, readonly MemoryPartition[]>();
  /** Brokers that do not answer. */
  isAway = false;

  create(topic: string, partitions: number, part: MemoryPartition = { low: 0, times: [] }): void {
    this.topics.set(
      topic,
      Array.from({ length: partitions }, () => part),
    );
  }

  readonly admin: Pick<Admin, 'listTopics'> = {
    listTopics: async () => {
      if (this.isAway) throw new Error('no broker answers');
      return [...this.topics.keys()];
    },
  };

  readonly offsets: Pick<TopicOffsets, 'partitions' | 'range' | 'at'> = {
    partitions: async (topics) => {
      const missing = topics.filter((topic) => !this.topics.has(topic));
      if (missing.length > 0) throw new Error(`Kafka has no topic ${missing.join(', ')}`);
      return new Map(topics.map((topic) => [topic, (this.topics.get(topic) ?? []).map((_, number) => number)]));
    },
    range: async (topic, partition) => {
      const { low, times } = this.partition(topic, partition);
      return { low, high: low + times.length };
    },
    at: async (topic, partition, time) => {
      const { low, times } = this.partition(topic, partition);
      const found = times.findIndex((each) => each >= time);
      return low + (found < 0 ? times.length : found);
    },
  };

  private partition(topic: string, partition: number): MemoryPartition {
    const found = this.topics.get(topic)?.[partition];
    if (!found) throw new Error(`Kafka topic ${topic} has no partition ${partition}`);
    return found;
  }
}
