/** How fast a bare kafkajs consumer reads a topic: the most that any pipeline behind it could do. */
import type { Kafka } from 'kafkajs';

export interface BareRun {
  readonly lines: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Reads `lines` records of a topic with a handler that only counts; the clock runs from the first batch on. */
export const kafkaBare = (kafka: Kafka, topic: string, partitions: number, lines: number): Promise<BareRun> =>
  consumeAll(kafka, topic, partitions, lines);

/** @param each - called with the value of each record; without it, no value is read */
export async function consumeAll(
  kafka: Kafka,
  topic: string,
  partitions: number,
  lines: number,
  each?: (value: Buffer) => void,
): Promise<BareRun> {
  const consumer = kafka.consumer({ groupId: `bare-${Date.now()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let read = 0;
  let done = (): void => undefined;
  const all = new Promise<void>((resolve) => (done = resolve));
  const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: partitions,
    eachBatch: ({ batch }) => {
      if (each) for (const { value } of batch.messages) if (value) each(value);
      read += batch.messages.length;
      if (read >= lines) done();
      return Promise.resolve();
    },
  });
  await joined;
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  await all;
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { user, system } = process.cpuUsage(cpu);
  await consumer.disconnect();
  return { lines: read, seconds, cpuSeconds: (user + system) / 1e6 };
}
