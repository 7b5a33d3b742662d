/** Two members of a fleet over a Kafka topic, with state in Redis: what the faults of a fleet are tried on. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka, type KafkaOptions, type KafkaService } from '../integration/services/kafka.js';
import { startReceiver, type Receiver } from '../integration/services/receiver.js';
import { startRedis } from '../integration/services/redis.js';
import type { Service } from '../integration/services/service.js';
import { begin, tocsin, type Running } from '../integration/services/tocsin.js';
import { expectSubstance, outcomeOf, type Outcome } from './outcome.js';

const logs = ['auth', 'catalog', 'gateway', 'jobs'];
const secret = `whsec_${Buffer.from('twenty-four bytes of key').toString('base64')}`;

export class FleetScene {
  /** Ended with the scene: a test that failed leaves members behind. */
  private readonly members: Running[] = [];

  private constructor(
    readonly folder: string,
    readonly kafka: KafkaService,
    readonly redis: Service,
    readonly receiver: Receiver,
    private readonly replicas: number,
  ) {}

  /** @param lines that are simulated; more are more work */
  static async open({ brokers = 1, lines = 40_000 }: KafkaOptions & { lines?: number } = {}): Promise<FleetScene> {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-fleet-faults-'));
    const kafka = await startKafka({ brokers });
    const scene = new FleetScene(folder, kafka, await startRedis(), await startReceiver({ secret }), brokers);
    await tocsin('simulate', '--lines', String(lines), '--days', '3', '--out', join(folder, 'logs'));
    await scene.fill();
    return scene;
  }

  /** A configuration; members of one fleet have the same `fleet`. */
  member(fleet: string, name: string): string {
    const config = join(this.folder, `${fleet}-${name}.yaml`);
    const settings = {
      kafka: { brokers: this.kafka.bootstrap.split(','), group: fleet },
      // Services share partitions here, each with its own order.
      windows: { lateness: '5d', idle_after: '1h' },
      sources: [{ type: 'kafka', topics: ['logs'], start: 'earliest' }],
      channels: { backend: 'kafka', shards: 3, prefix: fleet, replication: this.replicas },
      state: {
        dir: join(this.folder, `${fleet}-${name}`),
        backend: 'redis',
        redis: { url: this.redis.url, prefix: fleet },
      },
      sessions: [{ class: 'jobs', pattern: 'job-[0-9a-f]{8}' }],
      rules: [{ name: 'errors', action: 'page', pattern: 'ERROR|error|timed out|failed|slow' }],
      respond: {
        stdout: false,
        webhooks: [{ name: 'ops', url: `${this.receiver.url}/${fleet}`, secret, rate: { messages: 1000, per: '1s' } }],
      },
      http: { port: 0 },
      log: { level: 'info', format: 'json' },
    };
    // JSON is YAML.
    writeFileSync(config, JSON.stringify(settings));
    return config;
  }

  begin(config: string): Running {
    const member = begin(['run', '--config', config, '--bounded']);
    this.members.push(member);
    return member;
  }

  /** Makes the topics of a fleet and starts two members of it. */
  async two(fleet: string): Promise<readonly [Running, Running]> {
    const [a, b] = ['a', 'b'].map((name) => this.member(fleet, name));
    await tocsin('topics', '--config', a, '--create');
    return [this.begin(a), this.begin(b)];
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

  outcome(fleet: string): Promise<Outcome> {
    return outcomeOf(this.member(fleet, 'a'), this.receiver, `/${fleet}`);
  }

  async close(): Promise<void> {
    for (const member of this.members) member.signal('SIGKILL');
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
