/** A real Kafka is started, used through kafkajs, killed and started again. */
import { CompressionTypes } from 'kafkajs';
import { type KafkaService, startKafka } from './services/kafka.js';

/** Produces records numbered from `first` with gzip, spread over the partitions by key. */
async function produce(kafka: KafkaService, topic: string, count: number, first = 0): Promise<void> {
  const producer = kafka.client().producer();
  await producer.connect();
  await producer.send({
    topic,
    compression: CompressionTypes.GZIP,
    acks: -1,
    messages: Array.from({ length: count }, (_, i) => ({ key: `${first + i}`, value: `line ${first + i}` })),
  });
  await producer.disconnect();
}

/** The distinct values that a new group reads from the beginning, until there are `count`: a send that was retried may be there twice. */
async function consume(kafka: KafkaService, topic: string, groupId: string, count: number): Promise<string[]> {
  const consumer = kafka
    .client()
    .consumer({ groupId, maxWaitTimeInMs: 100, sessionTimeout: 6000, heartbeatInterval: 500 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const values = new Set<string>();
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: async ({ message }) => {
          values.add(String(message.value));
          if (values.size === count) resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return [...values].sort();
}

async function createTopic(kafka: KafkaService, topic: string, numPartitions: number): Promise<void> {
  const admin = kafka.client().admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions }] });
  await admin.disconnect();
}

const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i}`).sort();

describe('kafka, one broker', () => {
  let kafka: KafkaService;
  beforeAll(async () => {
    kafka = await startKafka();
  });
  afterAll(() => kafka?.stop());

  it('gives gzipped records of four partitions to a consumer group', async () => {
    await createTopic(kafka, 'logs', 4);
    await produce(kafka, 'logs', 1000);
    expect(await consume(kafka, 'logs', 'readers', 1000)).toEqual(lines(1000));
  });

  it('has every acknowledged record after kill -9', async () => {
    await createTopic(kafka, 'kept', 1);
    await produce(kafka, 'kept', 100);
    const before = kafka.pid();
    kafka.kill9();
    await kafka.startAgain();
    expect(kafka.pid()).not.toBe(before);
    expect(await consume(kafka, 'kept', 'after the crash', 100)).toEqual(lines(100));
  });
});

describe('kafka, three brokers', () => {
  it('takes and gives records while one broker is dead', async () => {
    const kafka = await startKafka({ brokers: 3 });
    try {
      await createTopic(kafka, 'logs', 3);
      await produce(kafka, 'logs', 50);
      kafka.kill9(2);
      await produce(kafka, 'logs', 50, 50);
      expect(await consume(kafka, 'logs', 'readers', 100)).toEqual(lines(100));
    } finally {
      await kafka.stop();
    }
  });
});
