/** The channel suite against topics of a real broker, and what is Kafka's own about them. */
import { ConfigResourceTypes, type Admin, type Kafka } from 'kafkajs';
import { KafkaChannelReader, KafkaChannelWriter } from '../../connectors/kafka/channel.js';
import { kafkaClient } from '../../connectors/kafka/client.js';
import { channelTopics, checkTopics, createTopics, topicRisks } from '../../connectors/kafka/topics.js';
import { channelConformance } from '../conformance/channel.js';
import { startKafka, type KafkaService } from './services/kafka.js';

let service: KafkaService;
let kafka: Kafka;
let admin: Admin;
let topics = 0;
beforeAll(async () => {
  service = await startKafka();
  kafka = kafkaClient({ brokers: service.bootstrap.split(','), client_id: 'test', tls: false });
  admin = kafka.admin();
  await admin.connect();
});
afterAll(async () => {
  await admin?.disconnect();
  await service?.stop();
});

async function newTopic(numPartitions: number): Promise<string> {
  const topic = `channel-${topics++}`;
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions }] });
  return topic;
}

channelConformance('kafka', {
  patienceMs: 10_000,
  async create(shards) {
    const topic = await newTopic(shards);
    return {
      shards,
      writer: () => KafkaChannelWriter.open({ kafka, topic, shards }),
      reader: () => KafkaChannelReader.open({ kafka, topic, shards }),
      destroy: () => admin.deleteTopics({ topics: [topic] }),
    };
  },
});

describe('a channel topic', () => {
  test('another number of partitions than expected is refused with what to do', async () => {
    const topic = await newTopic(2);
    await expect(KafkaChannelWriter.open({ kafka, topic, shards: 3 })).rejects.toThrow(/set channels.shards to 2/);
    await expect(KafkaChannelReader.open({ kafka, topic, shards: 3 })).rejects.toThrow(/set channels.shards to 2/);
    await expect(KafkaChannelWriter.open({ kafka, topic: 'nowhere', shards: 3 })).rejects.toThrow(/no topic nowhere/);
  });

  test('a flush of several requests keeps order, and reading ends at the range that it has', async () => {
    const topic = await newTopic(2);
    const writer = await KafkaChannelWriter.open({ kafka, topic, shards: 2 });
    const count = 60;
    for (let i = 0; i < count; i++) writer.append(i % 2, 'k', Buffer.from(`${i}.`.padEnd(100_000, '-')));
    await writer.flush();
    await writer.close();
    const reader = await KafkaChannelReader.open({ kafka, topic, shards: 2 });
    const { first, next } = await reader.range(1);
    expect([first, next]).toEqual([0, count / 2]);
    const read: string[] = [];
    for (let at = first; at < next;) {
      await reader.wait(1, at, 5000);
      for (const { offset, value } of await reader.read(1, at, 7)) {
        read.push(Buffer.from(value).toString().split('.')[0]!);
        at = offset + 1;
      }
    }
    expect(read).toEqual(Array.from({ length: count / 2 }, (_, i) => String(2 * i + 1)));
    await reader.close();
    expect((await admin.listGroups()).groups.map(({ groupId }) => groupId)).not.toContainEqual(
      expect.stringContaining(topic),
    );
  });

  test('a record that the broker refuses stops the writer for good', async () => {
    const topic = await newTopic(1);
    const writer = await KafkaChannelWriter.open({ kafka, topic, shards: 1 });
    const noise = Buffer.alloc(3_000_000);
    for (let i = 0, state = 1; i < noise.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      noise[i] = state >>> 24;
    }
    writer.append(0, '', noise);
    await expect(writer.flush()).rejects.toThrow(/cannot be written/);
    expect(() => writer.append(0, '', Buffer.from('more'))).toThrow(/cannot be written/);
    await writer.close();
  });

  test('a read of what retention has deleted is refused, from the beginning it begins at what is left', async () => {
    const topic = await newTopic(1);
    const writer = await KafkaChannelWriter.open({ kafka, topic, shards: 1 });
    for (let i = 0; i < 10; i++) writer.append(0, '', Buffer.from(`${i}`));
    await writer.close();
    // kafkajs finds the leader only of a topic that it was asked about before.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '6' }] });
    const reader = await KafkaChannelReader.open({ kafka, topic, shards: 1 });
    await expect(reader.read(0, 3, 10)).rejects.toThrow(/retention has deleted/);
    expect(await reader.wait(0, 0, 5000)).toBe(true);
    expect((await reader.read(0, 0, 1)).map(({ offset }) => offset)).toEqual([6]);
    await reader.close();
  });
});

describe('the topics of tocsin', () => {
  test('are created once, with their settings, and a wrong number of shards is found', async () => {
    const wanted = channelTopics({ prefix: 'fleet', shards: 3, replication: 1, retention: 3_600_000 });
    expect(await checkTopics(admin, wanted)).toHaveLength(9);
    expect(await createTopics(admin, wanted)).toEqual([
      'fleet.windows',
      'fleet.decisions',
      'fleet.alerts',
      'fleet.shadows',
      'fleet.dead-letters',
      'fleet.redrive',
      'fleet.controls',
      'fleet.healing',
      'fleet.models',
    ]);
    expect(await createTopics(admin, wanted)).toEqual([]);
    expect(await checkTopics(admin, wanted)).toEqual([]);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [
        { type: ConfigResourceTypes.TOPIC, name: 'fleet.windows', configNames: Object.keys(wanted[0]!.settings) },
      ],
    });
    const settings = resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]);
    expect(Object.fromEntries(settings)).toEqual(wanted[0]!.settings);
    const other = channelTopics({ prefix: 'fleet', shards: 4, replication: 1, retention: 3_600_000 });
    expect(await checkTopics(admin, other)).toEqual([
      expect.stringContaining('topic fleet.windows has 3 partitions and channels.shards is 4'),
      expect.stringContaining('fleet.decisions'),
    ]);
  });

  test('settings under which acknowledged records may go are found, each with what to set', async () => {
    const wanted = channelTopics({ prefix: 'risky', shards: 1, replication: 1, retention: 3_600_000 });
    expect(await topicRisks(admin, wanted)).toEqual([]);
    await createTopics(admin, wanted);
    expect(await topicRisks(admin, wanted)).toEqual([]);
    const entries = {
      'cleanup.policy': 'compact,delete',
      'unclean.leader.election.enable': 'true',
      'retention.ms': '60000',
    };
    await admin.alterConfigs({
      validateOnly: false,
      resources: ['risky.windows', 'risky.controls'].map((name) => ({
        type: ConfigResourceTypes.TOPIC,
        name,
        configEntries: Object.entries(entries).map(([key, value]) => ({ name: key, value })),
      })),
    });
    const found = [
      /cleanup.policy=compact,delete .* set cleanup.policy=delete/,
      /set unclean.leader.election.enable=false/,
      /deleted after 60000 ms: set retention.ms=/,
    ];
    const more = channelTopics({ prefix: 'risky', shards: 1, replication: 3, retention: 3_600_000 });
    const risks = await topicRisks(admin, more);
    const of = (topic: string): string[] => risks.filter((risk) => risk.startsWith(`topic ${topic}: `));
    expect(of('risky.windows')).toEqual(
      [found[0], /set min.insync.replicas=2/, found[1], /1 replicas, and channels.replication is 3/, found[2]].map(
        (pattern) => expect.stringMatching(pattern!) as string,
      ),
    );
    expect(of('risky.controls')).toHaveLength(5);
    expect(of('risky.alerts')).toHaveLength(2);
  });
});
