/** A Kafka topic as a channel: a shard is a partition. */
import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CompressionTypes, Partitioners, type Kafka, type Message, type Producer } from 'kafkajs';
import type { ChannelReader, ChannelRecord, ChannelWriter } from '../../records/store.js';
import type { KafkaLog } from './client.js';
import type { PartitionStream } from './partition-stream.js';
import { KafkaGroup } from './consumer-group.js';
import { TopicOffsets } from './offsets.js';

/** Which topic is the channel. */
export interface KafkaChannelOptions {
  readonly kafka: Kafka;
  readonly topic: string;
  /** Partitions that the topic has to have. */
  readonly shards: number;
  readonly log?: KafkaLog;
}

/** What one request carries, before compression, bytes. A broker refuses batches of more than 1 MiB. */
const requestBytes = 900_000;
const recordOverhead = 40;

async function checkShards(kafka: Kafka, topic: string, shards: number): Promise<void> {
  const offsets = new TopicOffsets(kafka);
  await offsets.connect();
  try {
    const there = (await offsets.partitions([topic])).get(topic)!.length;
    if (there !== shards) {
      throw new Error(
        `topic ${topic} has ${there} partitions and ${shards} were expected: ` +
          `set channels.shards to ${there}, and change it with \`tocsin reshard\``,
      );
    }
  } finally {
    await offsets.close();
  }
}

/**
 * Writes each shard in order, with one request of it in flight, acknowledged by all in-sync replicas. A request may be sent
 * again that was done although no answer came, so that records can be there twice: readers recognise repeats by their tags.
 */
export class KafkaChannelWriter implements ChannelWriter {
  private waiting: Message[][];
  private last: Promise<void> = Promise.resolve();
  private failure: Error | undefined;
  private isClosed = false;

  private constructor(
    private readonly producer: Producer,
    private readonly topic: string,
    private readonly shards: number,
  ) {
    this.waiting = this.empty();
  }

  /** @throws Error where the topic does not exist or has another number of partitions */
  static async open({ kafka, topic, shards }: KafkaChannelOptions): Promise<KafkaChannelWriter> {
    await checkShards(kafka, topic, shards);
    const producer = kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    return new KafkaChannelWriter(producer, topic, shards);
  }

  append(shard: number, key: string, value: Uint8Array): void {
    this.check();
    const waiting = this.waiting.at(shard);
    if (shard < 0 || !waiting) throw new RangeError(`${this.topic} has no shard ${shard}: it has ${this.shards}`);
    waiting.push({
      key: key === '' ? null : key,
      value: Buffer.from(value),
      partition: shard,
      // Wall clock, not event time: a backfill would be deleted at once.
      timestamp: String(Date.now()),
    });
  }

  flush(): Promise<void> {
    // Calls that come while a request is under way share the next one.
    this.last = this.last.then(() => this.send());
    this.last.catch(() => undefined);
    return this.last;
  }

  /** Flushes and disconnects. Where a flush failed before, only disconnects. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    try {
      if (!this.failure) await this.flush();
    } finally {
      this.isClosed = true;
      await this.last.catch(() => undefined);
      await this.producer.disconnect();
    }
  }

  private async send(): Promise<void> {
    this.check();
    const { waiting } = this;
    this.waiting = this.empty();
    // Each shard by requests of its own: of one that goes to several brokers, kafkajs forgets the part whose leader
    // moves to a broker that has already answered for another part, and says that all was written.
    const shards = await Promise.allSettled(waiting.map((records) => this.sendShard(records)));
    const failed = shards.find((each) => each.status === 'rejected');
    if (!failed) return;
    const error = failed.reason as Error;
    this.failure = new Error(
      `topic ${this.topic} cannot be written: ${String(error)}. Repair the cluster, then start again: nothing that was acknowledged is lost.`,
      { cause: error },
    );
    throw this.failure;
  }

  private async sendShard(records: readonly Message[]): Promise<void> {
    for (let at = 0; at < records.length;) {
      const messages: Message[] = [];
      for (let bytes = 0; at < records.length; at++) {
        bytes += (records[at]!.value?.length ?? 0) + recordOverhead;
        if (messages.length > 0 && bytes > requestBytes) break;
        messages.push(records[at]!);
      }
      await this.producer.send({ topic: this.topic, acks: -1, compression: CompressionTypes.GZIP, messages });
    }
  }

  private empty(): Message[][] {
    return Array.from({ length: this.shards }, () => []);
  }

  private check(): void {
    if (this.failure) throw this.failure;
    if (this.isClosed) throw new Error(`the writer of topic ${this.topic} is closed`);
  }
}

/**
 * Reads shards from any offset, in a consumer group of its own that is deleted when it is closed. For replay, training and
 * tools; a task that shares its shards with others reads by a `KafkaGroup`.
 */
export class KafkaChannelReader implements ChannelReader {
  /** Those that have been read from. */
  private readonly open = new Set<PartitionStream>();
  private isClosed = false;

  private constructor(
    private readonly options: KafkaChannelOptions,
    private readonly group: KafkaGroup,
    private readonly feeds: readonly PartitionStream[],
    private readonly groupId: string,
  ) {}

  /** @throws Error where the topic does not exist or has another number of partitions */
  static async open(options: KafkaChannelOptions): Promise<KafkaChannelReader> {
    const { kafka, topic, shards, log } = options;
    await checkShards(kafka, topic, shards);
    const groupId = `${topic}.reader-${randomBytes(8).toString('hex')}`;
    const feeds: PartitionStream[] = [];
    let assigned = 0;
    const group = await new Promise<KafkaGroup>((resolve, reject) => {
      const member: KafkaGroup = new KafkaGroup({
        kafka,
        groupId,
        topics: [topic],
        ...(log ? { log } : {}),
        onAssigned: (feed) => {
          feeds[feed.partition] = feed;
          if (++assigned === shards) resolve(member);
        },
        onRevoked: () => undefined,
        // A reader refuses what retention has deleted where it is asked for it.
        onLost: () => undefined,
        onFatal: reject,
      });
      member.start().catch(reject);
    });
    return new KafkaChannelReader(options, group, feeds, groupId);
  }

  async read(shard: number, offset: number, max: number): Promise<readonly ChannelRecord[]> {
    const feed = await this.at(shard, offset);
    const slice = feed.take(max, Infinity);
    const first = Number(slice?.messages[0]!.offset);
    if (slice?.gap !== undefined && (await feed.hasLost(slice.gap, first)))
      throw new RangeError(
        `${feed.name} was being read at offset ${slice.gap} when retention deleted it up to ${first}`,
      );
    // Who asks again and again for what is not there yet must not keep the fetch from bringing it.
    if (!slice) await nextTurn();
    return (slice?.messages ?? []).map(({ offset: at, value }) => ({
      offset: Number(at),
      value: value ?? Buffer.alloc(0),
    }));
  }

  async wait(shard: number, offset: number, timeoutMs: number): Promise<boolean> {
    const feed = await this.at(shard, offset);
    await feed.wait(timeoutMs);
    return !feed.isEmpty;
  }

  /** First offset that is left, and the one after the last: a reader up to now ends there. */
  async range(shard: number): Promise<{ first: number; next: number }> {
    const { low, high } = await this.feed(shard).range();
    return { first: low, next: high };
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.group.stop();
    const offsets = new TopicOffsets(this.options.kafka);
    await offsets.connect();
    await offsets.forget(this.groupId);
    await offsets.close();
  }

  /** The feed of a shard, standing at `offset`. */
  private async at(shard: number, offset: number): Promise<PartitionStream> {
    const feed = this.feed(shard);
    if (this.open.has(feed) && feed.position === offset) return feed;
    const { low } = await feed.range();
    if (offset < low && offset > 0) {
      throw new RangeError(
        `${feed.name} begins at offset ${low} and ${offset} was asked for: retention has deleted it; read from the beginning instead`,
      );
    }
    // Offset 0 is from the beginning: the same read again must not seek again.
    if (this.open.has(feed) && offset === 0 && feed.position === low) return feed;
    await feed.open(offset);
    this.open.add(feed);
    return feed;
  }

  private feed(shard: number): PartitionStream {
    const { topic, shards } = this.options;
    if (this.isClosed) throw new Error(`the reader of topic ${topic} is closed`);
    const feed = this.feeds.at(shard);
    if (shard < 0 || !feed) throw new RangeError(`${topic} has no shard ${shard}: it has ${shards}`);
    return feed;
  }
}
