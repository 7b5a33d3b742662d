/** One member of a consumer group: hands each partition that it is assigned to its handler, as a partition stream. */
import type { Consumer, ConsumerCrashEvent, ConsumerGroupJoinEvent, EachBatchPayload, Kafka } from 'kafkajs';
import type { KafkaLog } from './client.js';
import { PartitionStream, type PartitionPort, type Lost } from './partition-stream.js';
import { TopicOffsets } from './offsets.js';
import { strangerIn, stickyAssigner, type Stranger, type TopicPartition } from './sticky-assigner.js';

/** Which group and topics a member reads. */
export interface KafkaGroupOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Of whom this member is: a group that has members of others is not joined, and those that come get nothing. */
  readonly owner?: string;
  /**
   * A partition was assigned. It is paused until its source is opened (`kafkaSource(feed, ...)`): restore first. What
   * it rejects with is fatal.
   */
  readonly onAssigned: (feed: PartitionStream) => void | Promise<void>;
  /**
   * A partition was revoked. `moved`: another member has it already; discard the work and the state (`task.close()`) before
   * anything is awaited. `stopping`: it is still ours until this resolves; stop in good order (`task.stop(limit)`). The
   * same partition is not assigned again before this has resolved.
   */
  readonly onRevoked: (feed: PartitionStream, reason: 'moved' | 'stopping') => void | Promise<void>;
  /** Records were deleted before they were read. Reading goes on behind them. */
  readonly onLost: (lost: Lost) => void;
  /** Nothing will be read any more: exit. */
  readonly onFatal: (error: Error) => void;
  readonly log?: KafkaLog;
  /** Partitions whose state is here from an earlier life: asked for at the first join. */
  readonly previous?: () => readonly TopicPartition[];
  /** A member that is silent for this long counts as dead, ms. 30 s by default. */
  readonly sessionTimeoutMs?: number;
  /** 1 s by default: how soon members learn that another one has come or left. */
  readonly heartbeatMs?: number;
  /** Values that are fetched and not yet taken, of all partitions, bytes. 64 MiB by default. */
  readonly bufferBytes?: number;
  /** How old what is known of topics may be, ms: how soon new partitions are read. kafkajs's 5 min by default. */
  readonly metadataMs?: number;
  /** How often positions are committed to the group, for tools that show lag, ms. 5 s by default. */
  readonly commitMs?: number;
}

/** A fetch that finds nothing returns after this long; so long can a partition wait that has just been resumed. */
const maxWaitMs = 100;
/** Tries of a request of the consumer, before it starts again. */
const consumerRetries = 5;
/**
 * What one fetch brings of a partition, packed, about. kafkajs makes objects of all of it at once: with its own 1 MiB
 * they outlive the young generation, and collecting them costs more than asking more often.
 */
const fetchBytes = 262_144;
/** A handler waits for room this long before it pauses its partition: heartbeats and other partitions go on. */
const holdMs = 100;

const strangersIn = (groupId: string, strangers: readonly Stranger[], owner = ''): string =>
  `the consumer group ${groupId} has members that are not of this fleet (${owner}): ` +
  `${strangers.map((each) => `${each.member} of ${each.owner}`).join(', ')}; give each fleet a kafka.group of its own`;

/**
 * Checkpoints own positions: nothing is read from the group's committed offsets, they are written for lag only.
 *
 * @example
 * const group = new KafkaGroup({
 *   kafka, groupId: 'tocsin', topics: ['logs'], onLost, onFatal,
 *   onAssigned: async (feed) => {
 *     const task = new Task({ name: `ingest/${feed.name}`, source: kafkaSource(feed, { start: 'latest' }), ... });
 *     tasks.set(feed.name, task);
 *     await task.start();
 *   },
 *   onRevoked: async ({ name }, reason) => {
 *     if (reason === 'moved') tasks.get(name)?.close();
 *     else await tasks.get(name)?.stop(20_000);
 *   },
 * });
 * await group.start();
 */
export class KafkaGroup {
  private readonly consumer: Consumer;
  private readonly offsets: TopicOffsets;
  private readonly feeds = new Map<string, PartitionStream>();
  /** Last thing under way for a partition: a revocation ends before its next assignment begins. */
  private readonly turns = new Map<string, Promise<void>>();
  private readonly uncommitted = new Map<
    string,
    { topic: string; partition: number; offset: string; metadata?: string }
  >();
  private commitTimer: NodeJS.Timeout | undefined;
  private joined = 0;
  private joinedAt = Date.now();
  private brokenDown: string | undefined;
  private isStopping = false;
  private hasLeft = false;
  private stopped: Promise<void> | undefined;

  constructor(private readonly options: KafkaGroupOptions) {
    const { kafka, groupId, sessionTimeoutMs = 30_000, heartbeatMs = 1000, metadataMs = 300_000, previous } = options;
    this.offsets = new TopicOffsets(kafka);
    this.consumer = kafka.consumer({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: heartbeatMs,
      maxWaitTimeInMs: maxWaitMs,
      metadataMaxAge: metadataMs,
      maxBytesPerPartition: fetchBytes,
      allowAutoTopicCreation: false,
      // A crash that is under way while this stops must not start it again: no task would read what it is assigned.
      retry: { retries: consumerRetries, restartOnFailure: () => Promise.resolve(!this.isStopping) },
      partitionAssigners: [
        stickyAssigner({
          ...(options.owner === undefined ? {} : { owner: options.owner }),
          onStrangers: (strangers) => this.log('error', strangersIn(groupId, strangers, options.owner), {}),
          owned: () => [...this.feeds.values()].map(({ topic, partition }) => ({ topic, partition })),
          previous: () => (this.joined === 0 ? (previous?.() ?? []) : []),
          since: () => this.joinedAt,
        }),
      ],
    });
  }

  /** How often this member has joined. */
  get joins(): number {
    return this.joined;
  }

  /** Why nothing is read now, while kafkajs tries to start again: it does so for ever. */
  get trouble(): string | undefined {
    return this.brokenDown;
  }

  /** What is assigned now. */
  assigned(): readonly PartitionStream[] {
    return [...this.feeds.values()];
  }

  /** Connects and joins. @throws Error where a topic does not exist, no broker can be reached, or the group is another's */
  async start(): Promise<void> {
    const { groupId, topics, owner, commitMs = 5000 } = this.options;
    await this.offsets.connect();
    const strangers = (await this.offsets.members(groupId)).flatMap(
      ({ memberId, memberMetadata }) => strangerIn(memberId, memberMetadata, owner) ?? [],
    );
    if (strangers.length > 0) throw new Error(strangersIn(groupId, strangers, owner));
    const partitions = await this.offsets.partitions(topics);
    await this.consumer.connect();
    // kafkajs goes to where a subscription begins whenever an offset is out of range: never skip what is left.
    await this.consumer.subscribe({ topics: [...topics], fromBeginning: true });
    const { GROUP_JOIN, CRASH, END_BATCH_PROCESS } = this.consumer.events;
    this.consumer.on(GROUP_JOIN, (event) => {
      if (this.hasLeft) this.leaveAgain();
      else this.guard(() => this.onJoin(event));
    });
    this.consumer.on(CRASH, (event) => this.onCrash(event));
    // Batches without a record that consumers see never reach the handler, but the position has passed them.
    this.consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      if (payload.batchSize === 0) this.feed(payload.topic, payload.partition)?.advance(Number(payload.lastOffset) + 1);
    });
    this.commitTimer = setInterval(() => void this.commitNow(), commitMs).unref();
    await this.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: [...partitions.values()].reduce((sum, each) => sum + each.length, 0),
      eachBatch: (payload) => this.onBatch(payload),
    });
  }

  /**
   * Says up to where a partition is checkpointed; written to the group now and then, for lag only.
   *
   * @param metadata - a short text for other members
   */
  commit(feed: PartitionStream, offset: number, metadata?: string): void {
    const { topic, partition, name } = feed;
    if (this.feeds.get(name) === feed) {
      const what = { topic, partition, offset: String(offset), ...(metadata === undefined ? {} : { metadata }) };
      this.uncommitted.set(name, what);
    }
  }

  /** Revokes what is assigned, in good order, and leaves the group. */
  stop(): Promise<void> {
    this.stopped ??= this.leave();
    return this.stopped;
  }

  private async leave(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.commitTimer);
    const feeds = [...this.feeds.values()];
    await Promise.all(feeds.map((feed) => this.turn(feed.name, () => this.options.onRevoked(feed, 'stopping'))));
    for (const feed of feeds) feed.revoke();
    await this.commitNow();
    this.feeds.clear();
    this.hasLeft = true;
    await this.consumer.disconnect();
    await this.offsets.close();
  }

  /** A consumer of kafkajs that was just starting again when it was asked to stop joins after the stop, and stays. */
  private leaveAgain(): void {
    setTimeout(() => {
      this.consumer.disconnect().catch((error: unknown) => {
        this.log('warn', 'the consumer did not leave in good order', { error: String(error) });
      });
    }, 0);
  }

  /** Runs inside the join, before the first fetch after it: whatever has to be so by then is done at once. */
  private onJoin({ payload }: ConsumerGroupJoinEvent): void {
    this.joined++;
    this.brokenDown = undefined;
    this.joinedAt = Date.now();
    const names = new Set<string>();
    const gone = new Map(this.feeds);
    for (const [topic, partitions] of Object.entries(payload.memberAssignment)) {
      for (const partition of partitions) {
        const name = `${topic}/${partition}`;
        names.add(name);
        gone.delete(name);
      }
    }
    for (const [name, feed] of gone) {
      this.feeds.delete(name);
      this.uncommitted.delete(name);
      if (!this.isStopping) this.revokeMoved(feed);
      feed.revoke();
    }
    let added = 0;
    for (const name of names) {
      const kept = this.feeds.get(name);
      if (kept) {
        kept.rejoin();
        continue;
      }
      const at = name.lastIndexOf('/');
      const feed = new PartitionStream(name.slice(0, at), Number(name.slice(at + 1)), this.port);
      feed.rejoin();
      this.feeds.set(name, feed);
      added++;
      if (this.isStopping) continue;
      void this.turn(name, async () => {
        if (!feed.revoked) await this.options.onAssigned(feed);
      });
    }
    this.log('info', 'joined the consumer group', {
      group: this.options.groupId,
      joins: this.joined,
      assigned: names.size,
      added,
      revoked: gone.size,
    });
  }

  /** The synchronous part of the callback runs before the feed ends, so that a task is closed and does not fail. */
  private revokeMoved(feed: PartitionStream): void {
    const before = this.turns.get(feed.name);
    const revoked = this.attempt(() => this.options.onRevoked(feed, 'moved'));
    this.turns.set(
      feed.name,
      Promise.all([before, revoked]).then(() => undefined),
    );
  }

  private async onBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const feed = this.feed(batch.topic, batch.partition);
    // A fetch from before a join or a seek: what it holds comes again if it is wanted.
    if (!feed?.isOpen || payload.isStale() || !payload.isRunning()) return;
    const last = batch.lastOffset();
    try {
      payload.resolveOffset(last);
    } catch {
      // kafkajs has a new assignment and its join event is on its way; a seek follows.
      return;
    }
    feed.push(batch.messages, Number(last) + 1, Number(batch.highWatermark));
    await feed.makeRoom(holdMs);
  }

  private onCrash({ payload }: ConsumerCrashEvent): void {
    const { error, restart, groupId } = payload;
    if (this.isStopping) return;
    if (restart) {
      this.brokenDown = `the consumer of group ${groupId} reads nothing and starts again and again: ${error.message}`;
      this.log('error', `the consumer broke down and starts again: ${error.message}`, { group: groupId });
      return;
    }
    this.fatal(
      new Error(`the consumer of group ${groupId} broke down and will not start again: ${error.message}`, {
        cause: error,
      }),
    );
  }

  private async commitNow(): Promise<void> {
    const offsets = [...this.uncommitted.values()];
    if (offsets.length === 0) return;
    this.uncommitted.clear();
    try {
      await this.consumer.commitOffsets(offsets);
    } catch (error) {
      this.log('debug', 'positions were not committed to the group; lag tools see them later', {
        error: String(error),
      });
    }
  }

  /** Does one thing after another for a partition. */
  private turn(name: string, work: () => void | Promise<void>): Promise<void> {
    const turn = (this.turns.get(name) ?? Promise.resolve()).then(() => this.attempt(work));
    this.turns.set(name, turn);
    return turn;
  }

  private async attempt(work: () => void | Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.fatal(error);
    }
  }

  private guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fatal(error);
    }
  }

  private fatal(error: unknown): void {
    for (const feed of this.feeds.values()) feed.fail(error instanceof Error ? error : new Error(String(error)));
    this.options.onFatal(error instanceof Error ? error : new Error(String(error)));
  }

  private feed(topic: string, partition: number): PartitionStream | undefined {
    return this.feeds.get(`${topic}/${partition}`);
  }

  private log(level: 'debug' | 'info' | 'warn' | 'error', message: string, details: Record<string, unknown>): void {
    this.options.log?.(level, message, details);
  }

  private readonly port: PartitionPort = {
    seek: (topic, partition, offset) =>
      this.ifRunning(() => this.consumer.seek({ topic, partition, offset: String(offset) })),
    pause: (topic, partition) => this.ifRunning(() => this.consumer.pause([{ topic, partitions: [partition] }])),
    resume: (topic, partition) => this.ifRunning(() => this.consumer.resume([{ topic, partitions: [partition] }])),
    range: (topic, partition, maxAgeMs) => this.offsets.range(topic, partition, maxAgeMs),
    at: (topic, partition, time) => this.offsets.at(topic, partition, time),
    lost: (lost) => {
      this.log('error', lost.message, { source: lost.source, from: lost.from, to: lost.to });
      this.options.onLost(lost);
    },
    limit: () => (this.options.bufferBytes ?? 64 * 1024 * 1024) / Math.max(1, this.feeds.size),
  };

  /** Between a breakdown and the next join kafkajs emits nothing; the join sets all of it again. */
  private ifRunning(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.log('debug', 'the consumer is not running', { error: String(error) });
    }
  }
}
