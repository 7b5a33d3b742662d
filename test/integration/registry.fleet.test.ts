/**
 * The example configuration on a real Kafka and a real registry, with writers of two versions of a schema: runs for which
 * the registry is away at the start, hangs, or is killed on the way, decide what an undisturbed one decides.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaChannelReader } from '../../connectors/kafka/channel.js';
import { decodeDecision } from '../../records/score.js';
import { decodeWindowsRecord } from '../../records/windows.js';
import { frame } from '../builders/frames.js';
import { startKafka, type KafkaService } from './services/kafka.js';
import { encode, register } from './services/registered.js';
import { startRegistry } from './services/registry.js';
import type { Service } from './services/service.js';

const start = Date.UTC(2026, 0, 5, 12);
const lines = 900;

const at = { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } };
const app = (fields: readonly object[]): object => ({ name: 'app', type: { type: 'record', name: 'App', fields } });
const name = { name: 'name', type: 'string' };
/** The older writer calls the message so, and knows no environment. */
const older = {
  type: 'record',
  name: 'Line',
  namespace: 'logs',
  fields: [at, { name: 'severity', type: 'string' }, { name: 'message', type: 'string' }, app([name])],
};
const newer = {
  ...older,
  fields: [
    { name: 'host', type: 'string' },
    at,
    { name: 'severity', type: 'string' },
    { name: 'text', type: 'string' },
    app([name, { name: 'environment', type: 'string' }]),
  ],
};
const unknown = 77_777;

let kafka: KafkaService;
let registry: Service;
let folder: string;
let values: readonly Buffer[];

/** Registers both versions; ids count up from the start of a registry, so that they are the same each time. */
async function registerBoth(): Promise<readonly [number, number]> {
  return [await register(registry.url, 'older', older), await register(registry.url, 'newer', newer)];
}

/** Lines of both versions in turns, the older one first, and among them what cannot be read. */
async function encoded(): Promise<readonly Buffer[]> {
  const [olderId, newerId] = await registerBoth();
  const values: Buffer[] = [];
  for (let i = 0; i < lines; i++) {
    const text = `Order ${i} took ${i % 90} ms`;
    const common = { at: start + i * 1000, severity: i % 50 === 0 ? 'ERROR' : 'INFO', app: { name: `shop-${i % 2}` } };
    values.push(
      i % 200 < 100
        ? await encode(registry.url, olderId, { ...common, message: text })
        : await encode(registry.url, newerId, {
            ...common,
            text,
            host: 'a',
            app: { ...common.app, environment: 'production' },
          }),
    );
  }
  values.splice(300, 0, frame(unknown, values[0]!.subarray(5)), Buffer.from('plain text'), values[0]!.subarray(0, 12));
  return values;
}

/** Puts the values `[from, to)` into two partitions. */
async function produce(topic: string, from = 0, to = values.length): Promise<void> {
  const admin = kafka.client().admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true });
  await admin.disconnect();
  const producer = kafka.client().producer();
  await producer.connect();
  const messages = values.map((value, i) => ({ value, partition: i % 2 })).slice(from, to);
  await producer.send({ topic, messages });
  await producer.disconnect();
}

interface Run {
  readonly code: number | null;
  readonly said: string;
}

interface Started {
  readonly ended: Promise<Run>;
  /** Resolves when it serves. */
  readonly url: Promise<string>;
  stop(): void;
}

/** Starts `tocsin` with the example file. */
function tocsin(prefix: string, args: readonly string[], topic = 'lines'): Started {
  const child = spawn(process.execPath, ['dist/cli/main.js', ...args, '--config', 'config/registry.yaml'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      KAFKA_BROKER: kafka.bootstrap,
      REGISTRY_URL: registry.url,
      LOG_TOPIC: topic,
      GROUP: prefix,
      PREFIX: prefix,
      STATE_DIR: join(folder, prefix),
      HTTP_PORT: '0',
    },
  });
  let said = '';
  let tell: (url: string) => void = () => undefined;
  const url = new Promise<string>((resolve) => (tell = resolve));
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      said += text.toString();
      const found = /"url":"(http[^"]+)"/.exec(said);
      if (found) tell(found[1]!);
    });
  }
  return {
    url,
    ended: new Promise((done) => child.on('close', (code) => done({ code, said }))),
    stop: () => child.kill('SIGTERM'),
  };
}

interface Outcome {
  /** Canonical bytes of each decision, in hex, sorted. */
  readonly decisions: readonly string[];
  readonly lines: number;
  readonly environments: ReadonlySet<string | undefined>;
  readonly reasons: readonly string[];
}

/** Everything in a channel. */
async function records(topic: string, shards: number): Promise<Buffer[]> {
  const reader = await KafkaChannelReader.open({ kafka: kafka.client(), topic, shards });
  const all: Buffer[] = [];
  for (let shard = 0; shard < shards; shard++) {
    for (let next = 0; ;) {
      const read = await reader.read(shard, next, 1000);
      if (read.length === 0 && !(await reader.wait(shard, next, 1000))) break;
      for (const { value } of read) all.push(Buffer.from(value));
      if (read.length > 0) next = read[read.length - 1]!.offset + 1;
    }
  }
  await reader.close();
  return all;
}

async function outcome(prefix: string): Promise<Outcome> {
  const partials = (await records(`${prefix}.windows`, 3)).map(decodeWindowsRecord);
  let counted = 0;
  const environments = new Set<string | undefined>();
  for (const record of partials) {
    if (record.type !== 'log') continue;
    counted += record.aggregate.lines;
    environments.add(/environment\W+(\w+)/.exec(record.entity)?.[1]);
  }
  const decisions = (await records(`${prefix}.decisions`, 3)).map((value) => {
    decodeDecision(value);
    return value.toString('hex');
  });
  const deadLetters = await records(`${prefix}.dead-letters`, 1);
  const reasons = deadLetters.map(
    (deadLetter) => /(unknown-schema|bad-frame|bad-schema|bad-payload)/.exec(deadLetter.toString('latin1'))?.[1] ?? '?',
  );
  return { decisions: [...new Set(decisions)].sort(), lines: counted, environments, reasons: reasons.sort() };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-registry-'));
  [kafka, registry] = await Promise.all([startKafka(), startRegistry()]);
  values = await encoded();
  await produce('lines');
  for (const prefix of ['calm', 'absent', 'hanging', 'restarted'])
    expect(await tocsin(prefix, ['topics', '--create']).ended).toMatchObject({ code: 0 });
}, 120_000);
afterAll(async () => {
  await Promise.all([kafka?.stop(), registry?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

/** Waits until health and metrics tell that sources wait. */
async function heldAt(url: string, topic = 'lines'): Promise<void> {
  for (;;) {
    const health = await fetch(`${url}/healthz`);
    const { waiting } = (await health.json()) as { waiting: string[] };
    if (waiting.length === 2) {
      expect(health.status).toBe(200);
      expect(waiting[0]).toMatch(/\/\d has been waiting for the schema registry for \d+ s: /);
      expect(waiting[0]!.split('/')[0]).toBe(topic);
      break;
    }
    await sleep(50);
  }
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain(`tocsin_schema_registry_waiting{source="${topic}/0"} 1`);
}

let calm: Outcome;
test('the registry away at the start, or hanging, changes nothing but the time', async () => {
  expect(await tocsin('calm', ['run', '--bounded']).ended).toMatchObject({ code: 0 });
  calm = await outcome('calm');
  expect(calm.lines).toBe(lines);
  expect(calm.environments).toEqual(new Set(['production']));
  expect(calm.reasons).toEqual(['bad-frame', 'bad-payload', 'unknown-schema']);
  // Three windows of each of two services.
  expect(calm.decisions).toHaveLength(6);

  registry.kill9();
  const absent = tocsin('absent', ['run', '--bounded']);
  await heldAt(await absent.url);
  await registry.startAgain();
  await registerBoth();
  expect(await absent.ended).toMatchObject({ code: 0 });
  expect(await outcome('absent')).toEqual(calm);

  registry.pause();
  const hanging = tocsin('hanging', ['run', '--bounded']);
  await heldAt(await hanging.url);
  registry.resume();
  expect(await hanging.ended).toMatchObject({ code: 0 });
  expect(await outcome('hanging')).toEqual(calm);
}, 240_000);

test('the registry killed in the middle of a run, and started again: what needs a schema that was not seen before waits', async () => {
  // Of the older writer only.
  const first = 100;
  await produce('later', 0, first);
  const running = tocsin('restarted', ['run'], 'later');
  const url = await running.url;
  const read = async (): Promise<number> => {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    return [...metrics.matchAll(/^tocsin_records_total\{source="later[^}]*\} (\d+)$/gm)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
  };
  while ((await read()) < first) await sleep(50);
  registry.kill9();
  await produce('later', first);
  await heldAt(url, 'later');
  await registry.startAgain();
  await registerBoth();
  while ((await read()) < lines) await sleep(50);
  running.stop();
  expect(await running.ended).toMatchObject({ code: 0 });
  // Its windows are closed by a run to the end.
  expect(await tocsin('restarted', ['run', '--bounded'], 'later').ended).toMatchObject({ code: 0 });
  expect(await outcome('restarted')).toEqual(calm);
}, 120_000);
