/**
 * A canary of another policy, and a way back, in a fleet of two members over Kafka and Redis: asked for by commands beside it, in
 * force from one boundary in every shard, over the end of a member; a replay decides what the fleet decided.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kafka } from 'kafkajs';
import { KafkaChannelReader } from '../../connectors/kafka/channel.js';
import { readLedger } from '../../offline/models/names.js';
import { isInCanary } from '../../records/canary.js';
import { decodeDecision, type Decision } from '../../records/score.js';
import { readSettledConfig } from '../../service/channel-topics.js';
import { startKafka } from './services/kafka.js';
import { startRedis } from './services/redis.js';
import { decisionsIn } from './services/replayed.js';
import { begin, ended, tocsin, type Running } from './services/tocsin.js';
import { until } from './services/until.js';

const start = Date.UTC(2026, 0, 5);
const hour = 3_600_000;
const shards = 2;
const services = Array.from({ length: 12 }, (_, i) => `service-${i}`);

/** Both partitions have lines of each minute of this hour, in order. */
const linesOf = (n: number): { partition: number; value: string }[] =>
  Array.from({ length: 60 }, (_, minute) =>
    services.map((service, i) => ({
      partition: i % 2,
      value: JSON.stringify({
        time: new Date(start + n * hour + minute * 60_000 + i * 1000).toISOString(),
        level: 'info',
        service,
        message: `request ${minute % 7} served in ${(minute * 7 + n * 3 + i) % 90} ms`,
      }),
    })),
  ).flat();

/** What the fleet has decided so far, by shard, in the order of the log. */
class DecidedLog {
  readonly shards: Decision[][] = Array.from({ length: shards }, () => []);
  private readonly next = new Array<number>(shards).fill(0);

  constructor(private readonly reader: KafkaChannelReader) {}

  static async open(kafka: Kafka): Promise<DecidedLog> {
    return new DecidedLog(await KafkaChannelReader.open({ kafka, topic: 'tocsin.decisions', shards }));
  }

  /** Waits until every shard has decided up to this time. */
  async to(time: number, alive: () => void): Promise<void> {
    await until(
      `decisions up to ${new Date(time).toISOString()}`,
      async () => {
        alive();
        for (const shard of this.shards.keys()) await this.read(shard);
        return this.shards.every((own) => own.some(({ end }) => end >= time)) || undefined;
      },
      120_000,
    );
  }

  private async read(shard: number): Promise<void> {
    const { next: end } = await this.reader.range(shard);
    while (this.next[shard]! < end) {
      const records = await this.reader.read(shard, this.next[shard]!, 1000);
      if (records.length === 0) {
        await this.reader.wait(shard, this.next[shard]!, 1000);
        continue;
      }
      this.next[shard] = records[records.length - 1]!.offset + 1;
      this.shards[shard]!.push(...records.map(({ value }) => decodeDecision(value)));
    }
  }

  close(): Promise<void> {
    return this.reader.close();
  }
}

test('two members take a canary at one boundary, one is killed, both states go back; replay decides the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-fleet-canary-'));
  const [service, redis] = await Promise.all([startKafka(), startRedis()]);
  const kafka = service.client();
  const running: Running[] = [];
  let log: DecidedLog | undefined;
  const write = (member: string): string => {
    const path = join(folder, `${member}.json`);
    const settings = {
      kafka: { brokers: [service.bootstrap], session: '6s' },
      // Between the hours nobody writes: without lines a partition is waited for.
      windows: { idle_after: '1h' },
      sources: [{ type: 'kafka', topics: ['app'], start: 'earliest', format: 'json' }],
      channels: { backend: 'kafka', shards },
      state: { dir: join(folder, member), backend: 'redis', redis: { url: redis.url } },
      detection: { training: { automatic: false } },
      respond: { stdout: 'none' },
      http: { port: 0 },
      log: { format: 'json' },
    };
    writeFileSync(path, JSON.stringify(settings));
    return path;
  };
  const [a, b] = [write('a'), write('b')];
  const alive = (): void => {
    const over = running.find((member) => member.isOver());
    if (over) throw new Error(`a member has ended: ${over.said().slice(-3000)}`);
  };
  const ledger = async () => readLedger(await readSettledConfig(a));
  const taken = (): Promise<unknown> =>
    until('all shards to have it', async () => ((await ledger()).pendingTurns.length === 0 ? true : undefined), 60_000);
  const producer = kafka.producer();
  try {
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({
      topics: [{ topic: 'app', numPartitions: 2, configEntries: [{ name: 'retention.ms', value: '-1' }] }],
      waitForLeaders: true,
    });
    await admin.disconnect();
    await producer.connect();
    const produce = async (...hours: number[]): Promise<void> => {
      for (const n of hours) await producer.send({ topic: 'app', messages: linesOf(n) });
    };
    await tocsin('topics', '--config', a, '--create');
    log = await DecidedLog.open(kafka);
    running.push(begin(['run', '--config', a]), begin(['run', '--config', b]));
    const champion = await until('a champion', async () => (await ledger()).inForce?.artefact, 60_000);
    await produce(0, 1, 2, 3);
    // The last windows of an hour close with the lines behind them.
    await log.to(start + 3.5 * hour, alive);
    await tocsin('snapshot', 'create', 'kept', '--config', a);
    await taken();

    await produce(4);
    await log.to(start + 4.5 * hour, alive);
    const varied = await tocsin('models', 'vary', '--policy', 'thompson', '--config', a, '--json');
    const { id } = JSON.parse(varied) as { id: string };
    await tocsin('models', 'canary', id, '--share', '50%', '--config', a);
    await taken();
    await produce(5);
    await log.to(start + 5.5 * hour, alive);

    const killed = running.splice(0, 1)[0]!;
    killed.signal('SIGKILL');
    await killed.ended;
    await produce(6);
    await log.to(start + 6.5 * hour, alive);
    const before = log.shards.flat();
    await tocsin('snapshot', 'revert', 'kept', '--config', b);
    await taken();
    await produce(7);
    await log.to(start + 7.5 * hour, alive);
    expect((await ledger()).canary).toBeUndefined();
    running[0]!.signal('SIGTERM');
    expect(await running[0]!.ended).toMatchObject({ code: 0 });
    running.length = 0;

    const [decided, again] = await Promise.all(
      ['decisions', 'windows'].map(async (source) => {
        const out = join(folder, `${source}.bin`);
        // Code 3 names windows that are flagged as late, as a member that joins while lines come may leave some: they are decided alike.
        const { code, said } = await ended('replay', '--config', b, '--source', source, '--out', out);
        if (code !== 0 && code !== 3) throw new Error(said.slice(-2000));
        return readFileSync(out);
      }),
    );
    expect(again!.equals(decided!)).toBe(true);

    const firsts = log.shards.map((own) => own.find(({ artefact }) => artefact === id)?.end);
    expect(firsts[0]).toBeGreaterThan(start + 4.5 * hour);
    expect(firsts[1]).toBe(firsts[0]);
    const isIn = ({ entity }: Decision): boolean => isInCanary(entity, { artefact: id, share: 500 });
    const meanwhile = before.filter(({ end }) => end >= firsts[0]!);
    expect(new Set(meanwhile.map(({ artefact }) => artefact))).toEqual(new Set([id, champion]));
    expect(meanwhile.every((one) => one.artefact === (isIn(one) ? id : champion))).toBe(true);
    const all = decisionsIn(decided!);
    expect(new Set(all.filter(({ end }) => end > start + 7 * hour).map(({ artefact }) => artefact))).toEqual(
      new Set([champion]),
    );
  } finally {
    for (const run of running) run.signal('SIGKILL');
    await Promise.allSettled([producer.disconnect(), log?.close()]);
    await Promise.all([service.stop(), redis.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}, 400_000);
