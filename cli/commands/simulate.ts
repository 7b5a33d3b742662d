/** Writes the simulated fleet's lines somewhere: the demo's input for whoever wants to run it through a real job. */
import { Command } from 'commander';
import { examples, number } from '../command-line.js';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Writable } from 'node:stream';
import { Kafka, CompressionTypes, logLevel } from 'kafkajs';
import { StartError } from '../../runtime/start-error.js';
import { simulateFleet } from '../../lab/simulate/fleet.js';

interface SimulateOptions {
  readonly seed: number;
  readonly lines: number;
  readonly days: number;
  readonly out?: string;
  readonly topic?: string;
  readonly brokers?: string;
  readonly rate?: number;
}

/** Takes one source's complete lines. */
interface Destination {
  write(source: string, lines: Buffer): Promise<void>;
  close(): Promise<void>;
}

export async function simulate(options: SimulateOptions): Promise<void> {
  const fleet = simulateFleet(options);
  const destination = options.topic
    ? await kafka(options.topic, options.brokers)
    : options.out
      ? folder(options.out)
      : stdout();
  if (options.out) writeFileSync(join(options.out, 'truth.json'), JSON.stringify(fleet.incidents, null, 2));
  let written = 0;
  const began = performance.now();
  try {
    for (const { source, bytes } of fleet.chunks()) {
      if (options.rate === undefined) {
        await destination.write(source, bytes);
        continue;
      }
      for (const part of pieces(bytes, Math.max(1, Math.floor(options.rate / 10)))) {
        await destination.write(source, part.bytes);
        written += part.lines;
        const ahead = (written / options.rate) * 1000 - (performance.now() - began);
        if (ahead > 5) await sleep(ahead);
      }
    }
  } finally {
    await destination.close();
  }
}

/** Cuts bytes into pieces of at most `most` whole lines. */
function* pieces(bytes: Buffer, most: number): Generator<{ bytes: Buffer; lines: number }> {
  let start = 0;
  let lines = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
    if (++lines < most) continue;
    yield { bytes: bytes.subarray(start, at + 1), lines };
    start = at + 1;
    lines = 0;
  }
  if (start < bytes.length) yield { bytes: bytes.subarray(start), lines };
}

async function push(stream: Writable, bytes: Buffer): Promise<void> {
  if (!stream.write(bytes)) await once(stream, 'drain');
}

function folder(path: string): Destination {
  mkdirSync(path, { recursive: true });
  const files = new Map<string, Writable>();
  return {
    write(source, lines) {
      let file = files.get(source);
      if (!file) files.set(source, (file = createWriteStream(join(path, `${source}.log`))));
      return push(file, lines);
    },
    async close() {
      for (const file of files.values()) {
        file.end();
        await once(file, 'finish');
      }
    },
  };
}

function stdout(): Destination {
  // A reader that has seen enough closes the pipe: that is no error.
  process.stdout.on('error', () => process.exit(0));
  return { write: (_source, lines) => push(process.stdout, lines), close: async () => undefined };
}

async function kafka(topic: string, brokers: string | undefined): Promise<Destination> {
  if (!brokers) throw new StartError('--topic needs --brokers host:port');
  const client = new Kafka({ clientId: 'tocsin-simulate', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const producer = client.producer();
  await producer.connect();
  return {
    async write(source, lines) {
      const messages = lines
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((value) => ({ key: source, value }));
      // By the key a source stays in one partition, in order.
      for (let at = 0; at < messages.length; at += 2000) {
        await producer.send({ topic, compression: CompressionTypes.GZIP, messages: messages.slice(at, at + 2000) });
      }
    },
    close: () => producer.disconnect(),
  };
}

export const command = new Command('simulate')
  .description("write the demo's log lines to a folder, standard output or a Kafka topic")
  .option('--seed <n>', 'seed', number, 1)
  .option('--lines <n>', 'log lines, about', number, 3_200_000)
  .option('--days <n>', 'days of event time', number, 24)
  .option('--out <folder>', 'a file a source, and truth.json')
  .option('--topic <name>', 'a Kafka topic, with --brokers')
  .option('--brokers <list>', 'host:port, comma-separated')
  .option('--rate <n>', 'lines a second; as fast as possible without', number)
  .addHelpText(
    'after',
    examples(
      'tocsin simulate --lines 100000 --out /tmp/fleet',
      'tocsin simulate --topic logs --brokers localhost:9092 --rate 2000',
    ),
  )
  .action(simulate);
