/** Three brokers, replication 3, two in-sync replicas at least: the leader dies, stalls, or all restart one by one. */
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaChannelReader, KafkaChannelWriter } from '../../connectors/kafka/channel.js';
import { kafkaClient } from '../../connectors/kafka/client.js';
import type { Random } from '../../lab/simulate/random.js';
import { FleetScene } from './fleet-scene.js';
import { expectEqual, type Outcome } from './outcome.js';
import { seeded } from './settings.js';

let scene: FleetScene;
let expected: Outcome;
beforeAll(async () => {
  scene = await FleetScene.open({ brokers: 3 });
  expected = await scene.undisturbed();
}, 300_000);
afterAll(() => scene?.close());

/** The broker that leads a partition of a topic of the fleet, drawn at random. */
async function leader(fleet: string, random: Random): Promise<number> {
  const admin = scene.kafka.client().admin();
  await admin.connect();
  const { topics } = await admin.fetchTopicMetadata({ topics: [`${fleet}.windows`] });
  await admin.disconnect();
  return random.pick(topics[0]!.partitions).leader;
}

const faults: readonly (readonly [string, (broker: number, random: Random) => Promise<void>])[] = [
  [
    'killed',
    async (broker, random) => {
      scene.kafka.kill9(broker);
      await sleep(random.integer(3000, 8000));
      await scene.kafka.startAgain(broker);
    },
  ],
  [
    'stalled',
    async (broker) => {
      scene.kafka.pause(broker);
      // Its session with the controllers is 4 s.
      await sleep(8000);
      scene.kafka.resume(broker);
    },
  ],
  [
    'restarted',
    async (broker, random) => {
      for (let i = 0; i < 3; i++) {
        await scene.kafka.startAgain(1 + ((broker - 1 + i) % 3));
        await sleep(random.integer(2000, 5000));
      }
    },
  ],
];

test.each(faults)(
  'the leader is %s',
  async (name, strike) => {
    await seeded(`brokers/${name}`, async (random) => {
      const members = await scene.two(name);
      await scene.working(name, members, random.integer(2, 6));
      await strike(await leader(name, random), random);
      const failed = await scene.finish(name, members, expected);
      console.info(
        `${name}: ${failed.length} ends with an error${failed.map(({ err }) => `\n${err.slice(-300)}`).join('')}`,
      );
      expectEqual(await scene.outcome(name), expected);
    });
  },
  400_000,
);

test('what is acknowledged is there, in order, while the leaders of a topic move', async () => {
  await seeded('brokers/writer', async (random) => {
    const shards = 3;
    // As patient as tocsin is: a broker may take longer to come back than a test would wait.
    const kafka = kafkaClient({ brokers: scene.kafka.bootstrap.split(','), client_id: 'test', tls: false });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({
      topics: [{ topic: 'acknowledged', numPartitions: shards, replicationFactor: 3 }],
      waitForLeaders: true,
    });
    await admin.disconnect();
    const options = { kafka, topic: 'acknowledged', shards };
    const writer = await KafkaChannelWriter.open(options);
    let rounds = 0;
    let isOver = false;
    const write = async (): Promise<void> => {
      for (; !isOver; rounds++) {
        for (let shard = 0; shard < shards; shard++) writer.append(shard, 'k', Buffer.from(String(rounds)));
        await writer.flush();
      }
    };
    const strike = async (): Promise<void> => {
      for (let i = 0; i < 2 * shards; i++) {
        await sleep(random.integer(500, 3000));
        await scene.kafka.startAgain(1 + (i % 3));
      }
    };
    await Promise.all([write(), strike().finally(() => (isOver = true))]);
    await writer.close();
    const reader = await KafkaChannelReader.open(options);
    for (let shard = 0; shard < shards; shard++) {
      const { next } = await reader.range(shard);
      let count = 0;
      for (let at = 0; at < next;) {
        await reader.wait(shard, at, 5000);
        for (const { offset, value } of await reader.read(shard, at, 1000)) {
          const round = Number(Buffer.from(value).toString());
          // One that was there before is a repeat.
          if (round > count) throw new Error(`shard ${shard}: ${round} follows ${count - 1}`);
          if (round === count) count++;
          at = offset + 1;
        }
      }
      expect([shard, count]).toEqual([shard, rounds]);
    }
    await reader.close();
    console.info(`${rounds} rounds were written`);
  });
}, 400_000);
