/** What kafkajs 2.2.4 is known to do, and that it does no harm here. docs/reliability.md has the list. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { KafkaChannelReader, KafkaChannelWriter } from '../../connectors/kafka/channel.js';
import type { PartitionStream } from '../../connectors/kafka/partition-stream.js';
import { KafkaGroup, type KafkaGroupOptions } from '../../connectors/kafka/consumer-group.js';
import { distinct, expectInOrder, GroupScene, lines } from './services/group-scene.js';

let scene: GroupScene;
beforeAll(async () => {
  scene = await GroupScene.open();
});
afterAll(() => scene?.close());
beforeEach(() => scene.begin());
afterEach(() => scene.end());

test.each(['snappy', 'lz4', 'zstd'])('what was packed with %s is read', async (packed) => {
  // The broker packs anew: by the Java libraries that most producers have.
  const topic = await scene.newTopic(1, { 'compression.type': packed });
  await scene.produce(topic, 0, 3000, 1, CompressionTypes.None);
  const { handled } = scene;
  const member = await scene.join('a', [topic]);
  await scene.until('all lines', () => handled.length === 3000);
  expect(handled.map(({ line }) => line)).toEqual(lines(0, 3000));
  expect(member.fatal).toEqual([]);
});

test('a packed batch that was spoilt on its way is not read, and comes again', async () => {
  const topic = await scene.newTopic(1);
  await scene.produce(topic, 0, 500, 1);
  // The head of gzip: its checksum is the only one that is looked at.
  scene.proxy.behave({ spoil: Buffer.from([0x1f, 0x8b, 0x08]) });
  const member = await scene.join('a', [topic]);
  await scene.until('assigned', () => member.tasks.size === 1);
  await sleep(1500);
  expect(scene.handled).toEqual([]);
  scene.proxy.behave({});
  await scene.until('all lines', () => scene.handled.length === 500);
  expect(scene.handled.map(({ line }) => line)).toEqual(lines(0, 500));
  expect(member.fatal).toEqual([]);
});

test('a request that was done without an answer is sent again: all is there, in order, some of it twice', async () => {
  const topic = await scene.newTopic(2);
  const writer = await KafkaChannelWriter.open({ kafka: scene.kafka, topic, shards: 2 });
  writer.append(1, 'k', Buffer.from('-1'));
  await writer.flush();
  for (let i = 0; i < 100; i++) writer.append(i % 2, 'k', Buffer.from(`${i}`));
  scene.proxy.behave({ swallow: ['answers'] });
  const flushed = writer.flush();
  await sleep(1000);
  scene.proxy.behave({});
  scene.proxy.cut();
  await flushed;
  await writer.close();
  const reader = await KafkaChannelReader.open({ kafka: scene.kafka, topic, shards: 2 });
  const { next } = await reader.range(1);
  const read: number[] = [];
  for (let at = 0; at < next;) {
    await reader.wait(1, at, 5000);
    for (const { offset, value } of await reader.read(1, at, 100)) {
      read.push(Number(Buffer.from(value).toString()));
      at = offset + 1;
    }
  }
  await reader.close();
  const sent = Array.from({ length: 50 }, (_, i) => 2 * i + 1);
  expect(read).toEqual([-1, ...sent, ...sent]);
});

test('a TypeError in a handler ends in an error that says so: kafkajs would go on and read nothing', async () => {
  const topic = await scene.newTopic(1);
  await scene.produce(topic, 0, 10, 1);
  const fatal: Error[] = [];
  let feed: PartitionStream | undefined;
  const options: KafkaGroupOptions = {
    kafka: scene.kafka,
    groupId: 'broken',
    topics: [topic],
    onAssigned: async (assigned) => {
      feed = assigned;
      await assigned.open('earliest');
    },
    onRevoked: () => undefined,
    onLost: () => undefined,
    onFatal: (error) => void fatal.push(error),
    get bufferBytes(): number {
      throw new TypeError('broken');
    },
  };
  const group = new KafkaGroup(options);
  await group.start();
  await scene.until('fatal', () => fatal.length > 0);
  expect(fatal[0]!.message).toMatch(/broke down and will not start again: broken/);
  expect(() => feed?.take(1, 1)).toThrow(/will not start again/);
  await group.stop();
});

test('brokers that are gone: kafkajs starts again for ever, and meanwhile the group says that it reads nothing', async () => {
  const topic = await scene.newTopic(1);
  await scene.produce(topic, 0, 10, 1);
  const kafka = new Kafka({
    brokers: scene.service.bootstrap.split(','),
    logLevel: logLevel.NOTHING,
    connectionTimeout: 500,
    retry: { retries: 1, initialRetryTime: 50 },
  });
  const member = await scene.join('a', [topic], { group: { kafka } });
  await scene.until('the lines', () => scene.handled.length === 10);
  expect(member.group.trouble).toBeUndefined();
  scene.proxy.behave({ refuse: true });
  await scene.until('trouble', () => member.group.trouble !== undefined);
  expect(member.group.trouble).toMatch(/reads nothing and starts again and again/);
  scene.proxy.behave({});
  await scene.produce(topic, 10, 20, 1);
  await scene.until('the rest', () => distinct(scene.handled).size === 20);
  expect(member.group.trouble).toBeUndefined();
  expect(member.fatal).toEqual([]);
});

test('who takes nothing holds nobody up: another member gets its share while all handlers wait', async () => {
  const topic = await scene.newTopic();
  await scene.produce(topic, 0, 2000);
  let held = true;
  const options = { maxRecords: 10, slow: () => (held ? 500 : 0), group: { bufferBytes: 400 } };
  const a = await scene.join('a', [topic], options);
  await scene.until('a reads', () => scene.handled.length > 0);
  const b = await scene.join('b', [topic], options);
  await scene.until('shared', () => a.sources.length === 2 && b.sources.length === 2, 20_000);
  held = false;
  await scene.until('all lines', () => distinct(scene.handled).size === 2000);
  expectInOrder(scene.handled);
  expect([...a.fatal, ...b.fatal]).toEqual([]);
});

test('a partition that was paused when it moved away is read when it comes back', async () => {
  const topic = await scene.newTopic();
  await scene.produce(topic, 0, 2000);
  let held = true;
  const options = { maxRecords: 10, slow: () => (held ? 300 : 0), group: { bufferBytes: 400 } };
  const a = await scene.join('a', [topic], options);
  await scene.until('paused', () => new Set(scene.handled.map(({ source }) => source)).size === 4);
  const b = await scene.join('b', [topic], options);
  await scene.until('shared', () => a.sources.length === 2 && b.sources.length === 2);
  await scene.leave(b);
  await scene.until('a has all again', () => a.sources.length === 4);
  held = false;
  await scene.until('all lines', () => distinct(scene.handled).size === 2000);
  expectInOrder(scene.handled);
  expect([...a.fatal, ...b.fatal]).toEqual([]);
});

test('a join from within a fetch, while handlers of the last one are busy, changes no order', async () => {
  const topic = await scene.newTopic();
  await scene.produce(topic, 0, 4000);
  const member = await scene.join('a', [topic], {
    maxRecords: 20,
    slow: () => 10,
    group: { metadataMs: 300, bufferBytes: 4000 },
  });
  await scene.until('some lines', () => scene.handled.length > 200);
  const before = member.group.joins;
  // What is known of the topic is stale: kafkajs joins anew where it notices, in the middle of a fetch.
  await scene.admin.createPartitions({ topicPartitions: [{ topic, count: 5 }] });
  await scene.until('joined', () => member.group.joins > before);
  await scene.until('the new partition', () => member.sources.includes(`${topic}/4`));
  await scene.produce(topic, 4000, 4500, 5);
  await scene.until('all lines', () => distinct(scene.handled).size === 4500);
  expectInOrder(scene.handled);
  // Nothing was given up by it, and nothing was read twice.
  expect(scene.handled).toHaveLength(4500);
  expect(member.fatal).toEqual([]);
});

test('a fetch that finds nothing to ask for does not sleep for seconds', async () => {
  const consumer = jest.spyOn(scene.kafka, 'consumer');
  const topic = await scene.newTopic(1);
  await scene.join('a', [topic]);
  expect(consumer.mock.calls.at(-1)?.[0].maxWaitTimeInMs).toBeLessThanOrEqual(250);
  consumer.mockRestore();
});

test('a pattern is a name like any other: which topics there are is asked by name at every start', async () => {
  await scene.newTopic(1);
  await expect(scene.join('a', ['logs-.*'])).rejects.toThrow(/no topic logs-\.\*/);
});
