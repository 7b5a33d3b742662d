/** Two members of a fleet over a Kafka topic, with state in Redis: what the faults of a fleet are tried on. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from '../integration/services/free-port.js';
import { startKafka, type KafkaService } from '../integration/services/kafka.js';
import { startProxy, type Proxy } from '../integration/services/proxy.js';
import { startReceiver, type Receiver } from '../integration/services/receiver.js';
import { startRedis } from '../integration/services/redis.js';
import type { Service } from '../integration/services/service.js';
import { begin, tocsin, whileRunning, type Ended, type Running } from '../integration/services/tocsin.js';
import { expectSubstance, outcomeOf, type Outcome } from './outcome.js';

const logs = ['auth', 'catalog', 'gateway', 'jobs'];
const secret = `whsec_${Buffer.from('twenty-four bytes of key').toString('base64')}`;

export interface FleetOptions {
  readonly brokers?: 1 | 3;
  /** Lines that are simulated; more are more work. */
  readonly lines?: number;
}

/** A member that is silent for so long is taken for dead, ms: as little as brokers take. */
export const sessionMs = 6000;

/** A service that ends with an error is started again; one that does so for ever is no service. */
const maxRestarts = 10;

export class FleetScene {
  /** Ended with the scene: a test that failed leaves members behind. */
  private readonly members: { readonly fleet: string; readonly member: Running }[] = [];

  private constructor(
    readonly folder: string,
    readonly kafka: KafkaService,
    /** The network between members and the broker; with three brokers there is none. */
    readonly proxy: Proxy | undefined,
    readonly redis: Service,
    /** The network between members and Redis. */
    readonly redisProxy: Proxy,
    private readonly state: Redis,
    readonly receiver: Receiver,
    private readonly replicas: number,
  ) {}

  static async open({ brokers = 1, lines = 40_000 }: FleetOptions = {}): Promise<FleetScene> {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-fleet-faults-'));
    const port = await freePort();
    const kafka = await startKafka({ brokers, advertise: brokers === 1 ? [port] : [] });
    const proxy = brokers === 1 ? await startProxy(kafka.ports[0]!, { port }) : undefined;
    const redis = await startRedis();
    const redisProxy = await startProxy(Number(new URL(redis.url).port));
    const state = new Redis(redis.url);
    const scene = new FleetScene(
      folder,
      kafka,
      proxy,
      redis,
      redisProxy,
      state,
      await startReceiver({ secret }),
      brokers,
    );
    await tocsin('simulate', '--lines', String(lines), '--days', '3', '--out', join(folder, 'logs'));
    await scene.fill();
    return scene;
  }

  /** A configuration; members of one fleet have the same `fleet`. */
  member(fleet: string, name: string): string {
    const config = join(this.folder, `${fleet}-${name}.yaml`);
    const settings = {
      kafka: { brokers: this.kafka.bootstrap.split(','), group: fleet, session: `${sessionMs}ms` },
      // Services share partitions here, each with its own order.
      windows: { lateness: '5d', idle_after: '1h' },
      sources: [{ type: 'kafka', topics: ['logs'], start: 'earliest' }],
      channels: { backend: 'kafka', shards: 3, prefix: fleet, replication: this.replicas },
      state: {
        dir: join(this.folder, `${fleet}-${name}`),
        backend: 'redis',
        redis: { url: `redis://127.0.0.1:${this.redisProxy.port}`, prefix: fleet },
      },
      sessions: [{ class: 'jobs', pattern: 'job-[0-9a-f]{8}' }],
      // When a fleet trains is a matter of the clock; what is compared here is without models.
      detection: { warmup: '365d' },
      rules: [{ name: 'errors', action: 'page', pattern: 'ERROR|error|timed out|failed|slow' }],
      respond: {
        stdout: 'none',
        max_age: '3650d',
        private: ['127.0.0.0/8'],
        webhooks: [{ name: 'ops', url: `${this.receiver.url}/${fleet}`, secret, rate: { messages: 1000, per: '1s' } }],
      },
      http: { port: 0 },
      log: { level: 'info', format: 'json' },
    };
    // JSON is YAML.
    writeFileSync(config, JSON.stringify(settings));
    return config;
  }

  /** Starts member `name` of a fleet. */
  begin(fleet: string, name: string): Running {
    const member = begin(['run', '--config', this.member(fleet, name), '--bounded']);
    this.members.push({ fleet, member });
    return member;
  }

  /** Makes the topics of a fleet and starts two members of it. */
  async two(fleet: string): Promise<readonly [Running, Running]> {
    await tocsin('topics', '--config', this.member(fleet, 'a'), '--create');
    return [this.begin(fleet, 'a'), this.begin(fleet, 'b')];
  }

  /** What one process comes to that nobody disturbs. */
  async undisturbed(): Promise<Outcome> {
    const config = this.member('undisturbed', 'a');
    await tocsin('topics', '--config', config, '--create');
    await tocsin('run', '--config', config, '--bounded');
    const outcome = await this.outcome('undisturbed');
    expectSubstance(outcome);
    return outcome;
  }

  /** How many tasks of a fleet have written a checkpoint since they were claimed. */
  async checkpointed(fleet: string): Promise<number> {
    const heads = await this.state.keys(`${fleet}:{*}:head`);
    const seqs = await Promise.all(heads.map((head) => this.state.hget(head, 'seq')));
    return seqs.filter((seq) => Number(seq) > 0).length;
  }

  /** Resolves when so many tasks of a fleet have begun to work; work has to be left then. */
  async working(fleet: string, members: readonly Running[], tasks: number): Promise<void> {
    await whileRunning(members[0]!, async () => (await this.checkpointed(fleet)) >= tasks);
    if (members.some((member) => member.isOver())) throw new Error('a member has ended before the fault struck');
  }

  /**
   * Waits until all is decided, as a service manager does: a member that ends with an error, or that was killed, is
   * started again. Who is left with shards that others had decided is told to stop.
   *
   * @returns the ends with an error
   */
  async finish(fleet: string, members: readonly Running[], expected: Outcome): Promise<readonly Ended[]> {
    const failed: Ended[] = [];
    let isDone = false;
    const keep = async (first: Running, name: string): Promise<void> => {
      let member = first;
      for (;;) {
        const end = await member.ended;
        if (end.code === 0) isDone = true;
        if (isDone) return;
        failed.push(end);
        if (failed.length > maxRestarts) throw new Error(`it ends again and again: ${end.said.slice(-2000)}`);
        member = this.begin(fleet, name);
      }
    };
    const kept = Promise.all(members.map((member, i) => keep(member, i === 0 ? 'a' : 'b')));
    kept.catch(() => (isDone = true));
    while (!isDone) await sleep(100);
    for (let tries = 0; tries < 12 && this.running(fleet).length > 0; tries++) {
      const { decisions, deliveries } = await this.outcome(fleet);
      if (decisions.equals(expected.decisions) && deliveries.length === expected.deliveries.length) break;
      await sleep(5000);
    }
    for (const member of this.running(fleet)) member.signal('SIGTERM');
    await kept;
    return failed;
  }

  private running(fleet: string): readonly Running[] {
    return this.members.filter((each) => each.fleet === fleet && !each.member.isOver()).map(({ member }) => member);
  }

  /** @param config of a member, where it is not as `member` writes it */
  outcome(fleet: string, config = this.member(fleet, 'a')): Promise<Outcome> {
    return outcomeOf(config, this.receiver, `/${fleet}`);
  }

  async close(): Promise<void> {
    for (const { member } of this.members) member.signal('SIGKILL');
    this.state.disconnect();
    await this.proxy?.stop();
    await this.redisProxy.stop();
    await Promise.all([this.kafka.stop(), this.redis.stop(), this.receiver.stop()]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A service a partition. */
  private async fill(): Promise<void> {
    const api = this.kafka.client();
    const admin = api.admin();
    await admin.connect();
    await admin.createTopics({
      topics: [{ topic: 'logs', numPartitions: logs.length, replicationFactor: this.replicas }],
      waitForLeaders: true,
    });
    await admin.disconnect();
    const producer = api.producer();
    await producer.connect();
    for (const [partition, log] of logs.entries()) {
      const lines = readFileSync(join(this.folder, 'logs', `${log}.log`), 'utf8')
        .trimEnd()
        .split('\n');
      for (let from = 0; from < lines.length; from += 5000)
        await producer.send({
          topic: 'logs',
          messages: lines.slice(from, from + 5000).map((value) => ({ value, partition })),
        });
    }
    await producer.disconnect();
  }
}
