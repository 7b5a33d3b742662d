/**
 * Writes log lines to a topic at a rate, in a process of its own: `load.js BROKERS TOPIC PARTITIONS RATE ENTITIES SEED`.
 * Tells its parent once a second how many it has written; ends when it is told anything.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CompressionTypes, Kafka, logLevel, type Message } from 'kafkajs';
import { Lines } from './lines.js';

const tickMs = 100;
const tellMs = 1000;
/** Event times of a line of each service before the rest, ms ago: entities are warm after half a day. */
const history = [13, 6.5].map((hours) => hours * 3_600_000);

const [brokers, topic, ...numbers] = process.argv.slice(2);
const [partitions, rate, entities, seed] = numbers.map(Number) as [number, number, number, number];
const lines = new Lines(seed, entities);
const producer = new Kafka({
  clientId: 'soak-load',
  brokers: brokers!.split(','),
  logLevel: logLevel.NOTHING,
}).producer();

let written = 0;
let notifiedAt = 0;
const tell = (): void => {
  if (performance.now() - notifiedAt < tellMs) return;
  notifiedAt = performance.now();
  process.send?.({ written });
};

/** A line of each of some services, in order. */
async function send(from: number, count: number, at: number): Promise<void> {
  const perPartition = Array.from({ length: partitions }, (): Message[] => []);
  for (let n = from; n < from + count; n++) {
    const entity = n % entities;
    perPartition[entity % partitions]!.push({ value: lines.of(entity, at) });
  }
  await Promise.all(
    perPartition.map((messages, partition) =>
      producer.send({
        topic: topic!,
        compression: CompressionTypes.GZIP,
        messages: messages.map((message) => ({ ...message, partition })),
      }),
    ),
  );
  written += count;
  tell();
}

let isOver = false;
process.on('message', () => (isOver = true)).on('disconnect', () => (isOver = true));
await producer.connect();
const now = Date.now();
for (const ago of history)
  for (let from = 0; from < entities; from += 2000) await send(from, Math.min(2000, entities - from), now - ago);
const before = written;
const began = performance.now();
while (!isOver) {
  const due = Math.floor(((performance.now() - began) / 1000) * rate) - (written - before);
  // What is missed is caught up with, a second's worth at most in one go.
  if (due > 0) await send(written - before, Math.min(due, rate), Date.now());
  await sleep(tickMs);
}
await producer.disconnect();
process.send?.({ written, over: true });
process.disconnect?.();
