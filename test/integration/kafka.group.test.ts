/** Members of a consumer group on a real broker: assignment, starts, moves, crashes, losses. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CompressionTypes, type Admin, type Kafka } from 'kafkajs';
import { kafkaClient, type KafkaLogLevel } from '../../connectors/kafka/client.js';
import type { Lost, Start } from '../../connectors/kafka/feed.js';
import { KafkaGroup, type KafkaGroupOptions } from '../../connectors/kafka/group.js';
import { kafkaSource, type KafkaRecordsOptions } from '../../connectors/kafka/source.js';
import type { Rejected } from '../../records/batch.js';
import { sourceControl, type SourceItem } from '../../records/raw.js';
import { MemoryBackend } from '../../runtime/memory-backend.js';
import type { Sink } from '../../runtime/source.js';
import { Task } from '../../runtime/task.js';
import { startKafka, type KafkaService } from './services/kafka.js';

const partitions = 4;
let service: KafkaService;
let kafka: Kafka;
let admin: Admin;
let topics = 0;
const complaints: string[] = [];
const log = (level: KafkaLogLevel, message: string): void => {
  if (level === 'error') complaints.push(message);
};

beforeAll(async () => {
  service = await startKafka();
  kafka = kafkaClient({ brokers: service.bootstrap.split(','), client_id: 'test', tls: false }, log);
  admin = kafka.admin();
  await admin.connect();
});
afterAll(async () => {
  await admin?.disconnect();
  await service?.stop();
});

async function newTopic(numPartitions = partitions): Promise<string> {
  const topic = `logs-${topics++}`;
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions }] });
  return topic;
}

/** Line `i` goes to partition `i mod 4`. */
async function produce(topic: string, from: number, to: number, parts = partitions): Promise<void> {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const messages = Array.from({ length: to - from }, (_, i) => ({
    value: `line ${from + i}`,
    partition: (from + i) % parts,
  }));
  for (let at = 0; at < messages.length; at += 1000) {
    await producer.send({
      topic,
      acks: -1,
      compression: CompressionTypes.GZIP,
      messages: messages.slice(at, at + 1000),
    });
  }
  await producer.disconnect();
}

/** What was handled: by whom, of which partition, and in which life of its task. */
interface Handled {
  readonly member: string;
  readonly source: string;
  readonly epoch: number;
  readonly offset: number;
  readonly line: string;
}

interface MemberOptions extends KafkaRecordsOptions {
  readonly slow?: (source: string) => number;
  readonly group?: Partial<KafkaGroupOptions>;
  readonly checkpointMs?: number;
}

/** A process's worth of consumer: a group member with a task for each of its partitions. */
class Member {
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
    private readonly backend: MemoryBackend,
    private readonly handled: Handled[],
    private readonly options: MemberOptions = {},
  ) {
    this.group = new KafkaGroup({
      kafka,
      groupId,
      topics: topicNames,
      log,
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
          backend: this.backend,
          journal: sourceControl,
          checkpointMs: options.checkpointMs ?? 100,
          hooks: { checkpoint: ({ position }) => this.group.commit(feed, position.offset) },
        });
        this.tasks.set(feed.name, task);
        task.done.catch((error: unknown) => void this.fatal.push(error as Error));
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
            this.handled.push({ member: this.name, source, epoch, offset: item.offset, line });
          }
        }
      },
      flush: () => Promise.resolve(),
    };
  }
}

async function until(what: string, condition: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> {
  for (const began = performance.now(); performance.now() - began < ms;) {
    if (await condition()) return;
    await sleep(20);
  }
  throw new Error(`not within ${ms} ms: ${what}; complaints: ${complaints.slice(-5).join(' | ')}`);
}

const distinct = (handled: readonly Handled[]): Set<string> => new Set(handled.map(({ line }) => line));
const lines = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `line ${from + i}`);

/** Within each life of a task offsets ascend without a gap; what is repeated is what a later life did again. */
function expectInOrder(handled: readonly Handled[]): void {
  const last = new Map<string, number>();
  for (const { source, epoch, offset } of handled) {
    const life = `${source} ${epoch}`;
    const before = last.get(life);
    if (before !== undefined) expect([life, offset]).toEqual([life, before + 1]);
    last.set(life, offset);
  }
}

describe('a consumer group', () => {
  let handled: Handled[];
  let members: Member[];
  let backend: MemoryBackend;
  beforeEach(() => {
    handled = [];
    members = [];
    backend = new MemoryBackend();
    complaints.length = 0;
  });
  afterEach(async () => {
    for (const member of members) await member.group.stop();
  });

  const join = async (name: string, on: readonly string[], options: MemberOptions = {}): Promise<Member> => {
    const member = new Member(name, `readers of ${on.join()}`, on, backend, handled, options);
    members.push(member);
    await member.group.start();
    return member;
  };
  const leave = async (member: Member): Promise<void> => {
    members = members.filter((each) => each !== member);
    await member.group.stop();
  };

  test('reads several topics from the beginning, each partition in order, and shows its lag', async () => {
    const [first, second] = [await newTopic(), await newTopic(1)];
    await produce(first, 0, 4000);
    await produce(second, 4000, 5000, 1);
    const member = await join('a', [first, second], { start: 'earliest', group: { commitMs: 100 } });
    await until('all lines', () => handled.length >= 5000);
    expect(handled).toHaveLength(5000);
    expect(distinct(handled)).toEqual(new Set(lines(0, 5000)));
    expectInOrder(handled);
    const committed = async (): Promise<number> => {
      const offsets = await admin.fetchOffsets({ groupId: `readers of ${first},${second}`, topics: [first] });
      return offsets[0].partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
    };
    await until('committed', async () => (await committed()) === 4000, 10_000);
    expect(member.fatal).toEqual([]);
  });

  test.each<[string, (middle: number) => Start, number]>([
    ['latest', () => 'latest', 200],
    ['a time', (middle) => ({ time: middle }), 100],
    ['earliest', () => 'earliest', 0],
  ])('begins at %s where it has no position, and stays there over a restart', async (_, start, from) => {
    const topic = await newTopic();
    await produce(topic, 0, 100);
    await sleep(20);
    const middle = Date.now();
    await sleep(20);
    await produce(topic, 100, 200);
    const options = { start: start(middle), checkpointMs: 20 };
    const member = await join('a', [topic], options);
    const expected = 200 - from;
    await until(
      'positions',
      () =>
        [...member.tasks.values()].length === 4 &&
        [...member.tasks.values()].every(
          (task) => task.progress().checkpoint !== undefined && handled.length === expected,
        ),
    );
    await leave(member);
    // Written while nobody reads: a restart begins where the first run stood, not at another `latest`.
    await produce(topic, 200, 300);
    await join('b', [topic], options);
    await until('all lines', () => handled.length >= 300 - from);
    expect(distinct(handled)).toEqual(new Set(lines(from, 300)));
    expect(handled).toHaveLength(300 - from);
  });

  test('partitions move when a member joins and when it leaves; nothing is lost, and only as many move as have to', async () => {
    const topic = await newTopic();
    await produce(topic, 0, 2000);
    const options: MemberOptions = { maxRecords: 10, slow: () => 20 };
    const a = await join('a', [topic], options);
    await until('a reads', () => handled.length > 100);
    const keptBefore = a.sources;
    expect(keptBefore).toHaveLength(4);
    const b = await join('b', [topic], options);
    await until('shared', () => a.sources.length === 2 && b.sources.length === 2);
    const bHad = b.sources;
    await produce(topic, 2000, 3000);
    await until('both read', () => handled.some(({ member }) => member === 'b'));
    await leave(b);
    await until('a has all again', () => a.sources.length === 4);
    const c = await join('c', [topic], {
      ...options,
      group: { previous: () => bHad.map((name) => ({ topic, partition: Number(name.split('/')[1]) })) },
    });
    await until('shared again', () => a.sources.length === 2 && c.sources.length === 2);
    expect(c.sources).toEqual(bHad);
    await produce(topic, 3000, 4000);
    await until('all lines', () => distinct(handled).size === 4000);
    expect(distinct(handled)).toEqual(new Set(lines(0, 4000)));
    expectInOrder(handled);
    // Those that never left `a` were never read by another one, nor given up in between.
    for (const source of a.sources) {
      const lives = handled.filter((each) => each.source === source).map(({ member, epoch }) => `${member} ${epoch}`);
      expect(new Set(lives).size).toBe(1);
    }
    expect([...a.fatal, ...b.fatal, ...c.fatal]).toEqual([]);
  });

  test('a slow partition does not stop the others, and is paused', async () => {
    const topic = await newTopic();
    await produce(topic, 0, 4000);
    const member = await join('a', [topic], {
      maxRecords: 10,
      slow: (source) => (source === `${topic}/0` ? 300 : 0),
      group: { bufferBytes: 1000 },
    });
    const of = (part: number): number => handled.filter(({ source }) => source === `${topic}/${part}`).length;
    await until('the others', () => of(1) === 1000 && of(2) === 1000 && of(3) === 1000, 20_000);
    expect(of(0)).toBeLessThan(1000);
    const slowBefore = of(0);
    await produce(topic, 4000, 4400);
    await until('the others go on', () => of(1) === 1100, 5000);
    await until('the slow one too', () => of(0) > slowBefore);
    expect(member.fatal).toEqual([]);
  });

  test('kill -9 of the broker and a restart lose nothing', async () => {
    const topic = await newTopic();
    await produce(topic, 0, 1000);
    const member = await join('a', [topic], { maxRecords: 50, slow: () => 2 });
    await until('some lines', () => handled.length > 100);
    service.kill9();
    await sleep(500);
    await service.startAgain();
    await produce(topic, 1000, 2000);
    await until('all lines', () => distinct(handled).size === 2000);
    expectInOrder(handled);
    expect(member.fatal).toEqual([]);
  });

  test('records deleted under a reader are reported, and reading goes on behind them', async () => {
    const topic = await newTopic(1);
    await produce(topic, 0, 3000, 1);
    await admin.fetchTopicOffsets(topic);
    const member = await join('a', [topic], { maxRecords: 5, slow: () => 100, group: { bufferBytes: 1000 } });
    await until('some lines', () => handled.length > 0);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2900' }] });
    await leave(member);
    const stood = handled.at(-1)!.offset + 1;
    const other = await join('b', [topic], { checkpointMs: 10 });
    await until('the rest', () => handled.some(({ line }) => line === 'line 2999'));
    expect(other.lost).toEqual([expect.objectContaining({ source: `${topic}/0`, from: stood, to: 2900 })]);
    expect(complaints).toContainEqual(expect.stringMatching(/deleted before they were read/));
    expect(distinct(handled.filter(({ member: name }) => name === 'b'))).toEqual(new Set(lines(2900, 3000)));
  });

  test('an offset out of range while it runs is reported, and reading goes on', async () => {
    const topic = await newTopic(1);
    await produce(topic, 0, 1000, 1);
    await admin.fetchTopicOffsets(topic);
    let held = true;
    const member = await join('a', [topic], {
      maxRecords: 10,
      slow: () => (held ? 200 : 0),
      group: { bufferBytes: 2000 },
    });
    await until('paused', () => handled.length > 0);
    // All of the first batch is in the buffer; what comes next is gone when it is fetched.
    await produce(topic, 1000, 2000, 1);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '1900' }] });
    held = false;
    await until('the rest', () => handled.some(({ line }) => line === 'line 1999'));
    expect(member.lost).toEqual([expect.objectContaining({ from: 1000, to: 1900 })]);
    expect(member.fatal).toEqual([]);
  });

  test('bad records are rejected with their coordinates, and idle is said at the end only', async () => {
    const topic = await newTopic(2);
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({
      topic,
      compression: CompressionTypes.GZIP,
      messages: [
        { value: 'good', partition: 0 },
        { value: null, partition: 0 },
        { value: Buffer.alloc(1_048_577, 'x'), partition: 0 },
        { value: 'good too', partition: 0 },
      ],
    });
    await producer.disconnect();
    const began = Date.now();
    const member = await join('a', [topic], {
      maxRecords: 1,
      slow: (source) => (source === `${topic}/0` ? 300 : 0),
      idle: { afterMs: 200, watermark: () => Date.now() },
    });
    await until('idle', () => new Set(member.controls.map(({ source }) => source)).size === 2);
    expect(member.rejected.map(({ reason, source, offset }) => [reason, source, offset])).toEqual([
      ['empty', `${topic}/0`, 1],
      ['too-long', `${topic}/0`, 2],
    ]);
    expect(handled.map(({ line }) => line)).toEqual(['good', 'good too']);
    for (const { item } of member.controls) {
      expect(item.type).toBe('idle');
      expect((item as { watermark: number }).watermark).toBeGreaterThanOrEqual(began);
    }
    expect(member.tasks.get(`${topic}/0`)?.progress().position?.offset).toBe(4);
  });

  test('a bounded source ends at the end that was there, also behind a transaction marker', async () => {
    const topic = await newTopic(1);
    await produce(topic, 0, 10, 1);
    const producer = kafka.producer({ transactionalId: 'markers', idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const committed = await producer.transaction();
    await committed.send({ topic, messages: [{ value: 'line 10', partition: 0 }] });
    await committed.commit();
    const aborted = await producer.transaction();
    await aborted.send({ topic, messages: [{ value: 'never', partition: 0 }] });
    await aborted.abort();
    await producer.disconnect();
    const member = await join('a', [topic], { bounded: true });
    await until('assigned', () => member.tasks.size === 1);
    await member.tasks.get(`${topic}/0`)!.done;
    expect(handled.map(({ line }) => line)).toEqual(lines(0, 11));
    expect(member.lost).toEqual([]);
  });

  test('a topic that does not exist is refused by name', async () => {
    const member = new Member('a', 'nobody', ['nowhere'], backend, handled);
    await expect(member.group.start()).rejects.toThrow(/no topic nowhere/);
    await member.group.stop();
  });

  test('a position beyond the end of a topic that was made anew fails its task with what to do', async () => {
    const topic = await newTopic(1);
    await produce(topic, 0, 100, 1);
    const member = await join('a', [topic]);
    await until('all lines', () => handled.length === 100);
    await leave(member);
    await admin.deleteTopics({ topics: [topic] });
    await until('made anew', () =>
      admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true }).catch(() => false),
    );
    await produce(topic, 0, 5, 1);
    const other = await join('b', [topic]);
    await until('refused', () => other.fatal.length > 0);
    expect(other.fatal[0].message).toMatch(/ends at offset 5 and the stored position is 100: the topic was made anew/);
  });
});
