/** Members of consumer groups on a real broker, each a process's worth of tasks, and what they handled. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CompressionTypes, type Admin, type Kafka } from 'kafkajs';
import { kafkaClient, type KafkaLogLevel } from '../../../connectors/kafka/client.js';
import type { Lost } from '../../../connectors/kafka/partition-stream.js';
import { KafkaGroup, type KafkaGroupOptions } from '../../../connectors/kafka/consumer-group.js';
import { kafkaSource, type KafkaRecordsOptions } from '../../../connectors/kafka/source.js';
import type { Rejected } from '../../../records/batch.js';
import { writtenItem, type SourceItem } from '../../../records/raw.js';
import { FencedError } from '../../../runtime/backend.js';
import { MemoryBackend } from '../../../runtime/memory-backend.js';
import type { Sink } from '../../../runtime/source.js';
import { Task } from '../../../runtime/task.js';
import { freePort } from './free-port.js';
import { startKafka, type KafkaService } from './kafka.js';
import { startProxy, type Proxy } from './proxy.js';

/** Partitions of a topic where nothing else is said. */
export const partitions = 4;

/** What was handled: by whom, of which partition, and in which life of its task. */
export interface Handled {
  readonly member: string;
  readonly source: string;
  readonly epoch: number;
  readonly offset: number;
  readonly line: string;
}

export interface MemberOptions extends KafkaRecordsOptions {
  readonly slow?: (source: string) => number;
  readonly group?: Partial<KafkaGroupOptions>;
  readonly checkpointMs?: number;
}

/** A process's worth of consumer: a group member with a task for each of its partitions. */
export class Member {
  readonly tasks = new Map<string, Task<SourceItem, SourceItem>>();
  readonly lost: Lost[] = [];
  readonly fatal: Error[] = [];
  readonly rejected: Rejected[] = [];
  readonly controls: { source: string; item: SourceItem }[] = [];
  readonly group: KafkaGroup;

  constructor(
    private readonly name: string,
    groupId: string,
    topicNames: readonly string[],
    private readonly scene: GroupScene,
    private readonly options: MemberOptions = {},
  ) {
    const { backend } = scene;
    this.group = new KafkaGroup({
      kafka: scene.kafka,
      groupId,
      topics: topicNames,
      log: scene.log,
      heartbeatMs: 200,
      sessionTimeoutMs: 6000,
      onLost: (lost) => void this.lost.push(lost),
      onFatal: (error) => void this.fatal.push(error),
      onAssigned: async (feed) => {
        const task = new Task<SourceItem, SourceItem>({
          name: feed.name,
          topology: () => (input) => input,
          source: kafkaSource(feed, options),
          sink: this.sink(feed.name),
          deadLetters: { write: (items) => void this.rejected.push(...items), flush: () => Promise.resolve() },
          backend,
          journal: writtenItem,
          checkpointMs: options.checkpointMs ?? 100,
          hooks: { checkpoint: ({ position }) => this.group.commit(feed, position.offset) },
        });
        this.tasks.set(feed.name, task);
        task.done.catch(async (cause: unknown) => {
          const error = cause as Error;
          // The member that gets a partition may claim its state before the one that had it learns of the move.
          if (error.cause instanceof FencedError) await sleep(1000);
          if (this.tasks.get(feed.name) === task) this.fatal.push(error);
        });
        await task.start();
      },
      onRevoked: async ({ name: source }, reason) => {
        if (reason === 'moved') this.tasks.get(source)?.close();
        else await this.tasks.get(source)?.stop(5000);
        this.tasks.delete(source);
      },
      ...options.group,
    });
  }

  get sources(): string[] {
    return [...this.tasks.keys()].sort();
  }

  private sink(source: string): Sink<SourceItem> {
    return {
      write: async (items, { epoch }) => {
        const ms = this.options.slow?.(source) ?? 0;
        if (ms > 0) await sleep(ms);
        for (const item of items) {
          if (item.type !== undefined) this.controls.push({ source, item });
          else {
            const line = Buffer.from(item.bytes.subarray(item.start, item.end)).toString();
            this.scene.handled.push({ member: this.name, source, epoch, offset: item.offset, line });
          }
        }
      },
      flush: () => Promise.resolve(),
    };
  }
}

/** One broker for all tests of a file; what was handled and who is a member is of the test that runs. */
export class GroupScene {
  handled: Handled[] = [];
  backend = new MemoryBackend();
  readonly complaints: string[] = [];
  private members: Member[] = [];
  private topics = 0;
  readonly kafka: Kafka;
  readonly admin: Admin;

  private constructor(
    readonly service: KafkaService,
    /** The network between every client and the broker. */
    readonly proxy: Proxy,
  ) {
    this.kafka = kafkaClient({ brokers: service.bootstrap.split(','), client_id: 'test', tls: false }, this.log);
    this.admin = this.kafka.admin();
  }

  static async open(): Promise<GroupScene> {
    const port = await freePort();
    const service = await startKafka({ advertise: [port] });
    const scene = new GroupScene(service, await startProxy(service.ports[0]!, { port }));
    await scene.admin.connect();
    return scene;
  }

  readonly log = (level: KafkaLogLevel, message: string): void => {
    if (level === 'error') this.complaints.push(message);
  };

  /** Before each test. */
  begin(): void {
    this.handled = [];
    this.members = [];
    this.backend = new MemoryBackend();
    this.complaints.length = 0;
  }

  /** After each test. */
  async end(): Promise<void> {
    this.proxy.behave({});
    for (const member of this.members) await member.group.stop();
  }

  async close(): Promise<void> {
    await this.admin.disconnect();
    await this.proxy.stop();
    await this.service.stop();
  }

  async newTopic(numPartitions = partitions, settings: Readonly<Record<string, string>> = {}): Promise<string> {
    const topic = `logs-${this.topics++}`;
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    await this.admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions, configEntries }] });
    return topic;
  }

  /** Line `i` goes to partition `i mod 4`. */
  async produce(topic: string, from: number, to: number, parts = partitions, packed = CompressionTypes.GZIP) {
    const producer = this.kafka.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    const messages = Array.from({ length: to - from }, (_, i) => ({
      value: `line ${from + i}`,
      partition: (from + i) % parts,
    }));
    for (let at = 0; at < messages.length; at += 1000)
      await producer.send({ topic, acks: -1, compression: packed, messages: messages.slice(at, at + 1000) });
    await producer.disconnect();
  }

  async join(name: string, on: readonly string[], options: MemberOptions = {}): Promise<Member> {
    const member = new Member(name, `readers of ${on.join()}`, on, this, options);
    this.members.push(member);
    await member.group.start();
    return member;
  }

  async leave(member: Member): Promise<void> {
    this.members = this.members.filter((each) => each !== member);
    await member.group.stop();
  }

  async until(what: string, condition: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> {
    for (const began = performance.now(); performance.now() - began < ms;) {
      if (await condition()) return;
      await sleep(20);
    }
    throw new Error(`not within ${ms} ms: ${what}; complaints: ${this.complaints.slice(-5).join(' | ')}`);
  }
}

export const distinct = (handled: readonly Handled[]): Set<string> => new Set(handled.map(({ line }) => line));
export const lines = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `line ${from + i}`);

/** Within each life of a task offsets ascend without a gap; what is repeated is what a later life did again. */
export function expectInOrder(handled: readonly Handled[]): void {
  const last = new Map<string, number>();
  for (const { source, epoch, offset } of handled) {
    const life = `${source} ${epoch}`;
    const before = last.get(life);
    if (before !== undefined) expect([life, offset]).toEqual([life, before + 1]);
    last.set(life, offset);
  }
}
