/** What KEDA computes from Kafka (the end of a topic less what a group has committed) is what tocsin has not read. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './services/free-port.js';
import { startKafka, type KafkaService } from './services/kafka.js';
import { startPrometheus, type PrometheusService } from './services/prometheus.js';
import { begin } from './services/tocsin.js';
import { until } from './services/until.js';

let kafka: KafkaService;
let prometheus: PrometheusService;
let port: number;
const folder = mkdtempSync(join(tmpdir(), 'tocsin-autoscaling-'));
const config = join(folder, 'tocsin.json');

beforeAll(async () => {
  kafka = await startKafka();
  port = await freePort();
  prometheus = await startPrometheus(
    `global: { scrape_interval: 1s }\nscrape_configs: [{ job_name: tocsin, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }]\n`,
    {},
  );
  const admin = kafka.client().admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'logs', numPartitions: 3 }], waitForLeaders: true });
  await admin.disconnect();
  writeFileSync(
    config,
    JSON.stringify({
      kafka: { brokers: kafka.bootstrap.split(','), group: 'shop' },
      sources: [{ type: 'kafka', topics: ['logs'], start: 'earliest' }],
      state: { dir: join(folder, 'state') },
      http: { port },
    }),
  );
}, 120_000);
afterAll(async () => {
  await prometheus?.stop();
  await kafka?.stop();
  rmSync(folder, { recursive: true, force: true });
});

let made = 0;
async function produce(count: number): Promise<void> {
  const producer = kafka.client().producer();
  await producer.connect();
  const messages = Array.from({ length: count }, () => ({
    key: String(made % 7),
    value: JSON.stringify({
      time: new Date(Date.now() - 600_000 + 100 * made).toISOString(),
      level: 'info',
      service: 'cart',
      message: `added ${made++}`,
    }),
  }));
  await producer.send({ topic: 'logs', messages });
  await producer.disconnect();
}

/** As KEDA's scaler for Kafka does with `offsetResetPolicy: earliest`. */
async function lagOf(groupId: string, topic: string): Promise<number> {
  const admin = kafka.client().admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  const { partitions } = (await admin.fetchOffsets({ groupId, topics: [topic] }))[0]!;
  await admin.disconnect();
  const committed = new Map(partitions.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]));
  return ends.reduce((sum, { partition, high }) => sum + Number(high) - (committed.get(partition) ?? 0), 0);
}

test('it is nothing at rest, as the metric says, and exactly what came while nothing ran', async () => {
  await produce(3000);
  const run = begin(['run', '--config', config, '--create-topics']);
  const read = `sum(tocsin_records_total)`;
  await until('all records', async () => ((await prometheus.value(read)) === 3000 ? true : undefined), 60_000);
  await until(
    'no lag in Kafka',
    async () =>
      ((await lagOf('shop', 'logs')) === 0 && (await lagOf('shop-detect', 'tocsin.windows')) === 0) || undefined,
    60_000,
  );
  // Prometheus has what it scraped last.
  const lag = 'sum(tocsin_source_lag_records)';
  await until('no lag in the metric', async () => (await prometheus.value(lag)) === 0 || undefined, 60_000);
  run.signal('SIGTERM');
  expect((await run.ended).code).toBe(0);
  expect(await lagOf('shop', 'logs')).toBe(0);
  await produce(500);
  expect(await lagOf('shop', 'logs')).toBe(500);
}, 240_000);
