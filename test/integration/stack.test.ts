/**
 * The services of docker-compose.yml, started natively from the very files that it mounts: the simulator's lines go
 * through Kafka to decisions, Prometheus scrapes, and every query of the dashboards and rules is asked.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CompressionTypes } from 'kafkajs';
import { dashboards } from '../../cli/assets/panels.js';
import { rules } from '../../cli/assets/rules.js';
import { freePort } from './services/free-port.js';
import { startAlertmanager, type AlertmanagerService } from './services/alertmanager.js';
import { startKafka, type KafkaService } from './services/kafka.js';
import { startPrometheus, type PrometheusService } from './services/prometheus.js';
import { startReceiver, type Receiver } from './services/receiver.js';
import { startRedis } from './services/redis.js';
import { startRegistry } from './services/registry.js';
import type { Service } from './services/service.js';
import { begin, goodEnd, type Running } from './services/tocsin.js';

const config = 'deploy/tocsin.yaml';
let folder: string;
let env: Readonly<Record<string, string>>;
let kafka: KafkaService;
let receiver: Receiver;
let alertmanager: AlertmanagerService;
let prometheus: PrometheusService;
const services: Service[] = [];
let running: Running | undefined;

/** Asks until there is something that is so. */
async function until<T>(what: string, ask: () => Promise<T | undefined>, ms = 60_000): Promise<T> {
  for (const began = Date.now(); Date.now() - began < ms;) {
    await sleep(250);
    const found = await ask().catch(() => undefined);
    if (found !== undefined) return found;
    if (running?.isOver()) break;
  }
  throw new Error(`${what} did not come; tocsin said: ${running?.said().slice(-3000)}`);
}

/** Sends a share of every source's lines to the topic, keyed as the simulator does. */
async function produce(from: number, to: number): Promise<void> {
  const producer = kafka.client().producer();
  await producer.connect();
  for (const name of readdirSync(join(folder, 'logs')).filter((each) => each.endsWith('.log'))) {
    const lines = readFileSync(join(folder, 'logs', name), 'utf8')
      .trimEnd()
      .split('\n');
    const messages = lines
      .slice(Math.floor(lines.length * from), Math.floor(lines.length * to))
      .map((value) => ({ key: name, value }));
    for (let at = 0; at < messages.length; at += 2000)
      await producer.send({
        topic: 'logs',
        compression: CompressionTypes.GZIP,
        messages: messages.slice(at, at + 2000),
      });
  }
  await producer.disconnect();
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-stack-'));
  kafka = await startKafka();
  const redis = await startRedis();
  receiver = await startReceiver();
  const look = readFileSync('deploy/alertmanager/alertmanager.yml', 'utf8').replace(
    'http://receiver:8080',
    receiver.url,
  );
  alertmanager = await startAlertmanager(look);
  const port = await freePort();
  const scrape = readFileSync('deploy/prometheus/prometheus.yml', 'utf8')
    .replaceAll('15s', '1s')
    .replace('/etc/prometheus/', '')
    .replace('alertmanager:9093', alertmanager.url.replace('http://', ''))
    .replace('tocsin:9464', `127.0.0.1:${port}`);
  prometheus = await startPrometheus(scrape, {
    'tocsin.rules.yml': readFileSync('deploy/prometheus/tocsin.rules.yml', 'utf8'),
  });
  services.push(prometheus, alertmanager, await startRegistry(), redis, kafka);
  env = {
    KAFKA_BROKER: kafka.url,
    REDIS_URL: redis.url,
    ALERTMANAGER_URL: alertmanager.url,
    WEBHOOK_URL: `${receiver.url}/alerts`,
    STATE_DIR: join(folder, 'state'),
    HTTP_PORT: String(port),
  };
}, 180_000);
afterAll(async () => {
  running?.signal('SIGTERM');
  await running?.ended;
  await receiver?.stop();
  for (const service of services) await service.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

test('lines become decisions, and every panel and rule has its data', async () => {
  await goodEnd(['simulate', '--lines', '80000', '--days', '5', '--out', join(folder, 'logs')]);
  const admin = kafka.client().admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'logs', numPartitions: 4 }], waitForLeaders: true });
  await admin.disconnect();
  await goodEnd(['topics', '--config', config, '--create'], { env });
  await produce(0, 0.6);
  running = begin(['run', '--config', config], { env });
  const value = (query: string) => prometheus.value(query);
  const above = (query: string, least: number) => async (): Promise<number | undefined> => {
    const found = await value(query);
    return found !== undefined && found > least ? found : undefined;
  };
  await until('lag of nothing', async () =>
    ((await value('sum(tocsin_records_total)')) ?? 0) > 40_000 ? true : undefined,
  );
  await until('boundaries', above('min(tocsin_boundary_timestamp_seconds)', 0));
  await goodEnd(['train', '--config', config], { env });
  await produce(0.6, 1);
  await until('scores', above('sum(tocsin_scores_total)', 1000));
  await until('entities', above('count(tocsin_entity_arm_weight)', 0));

  const missing: string[] = [];
  for (const { panels } of dashboards)
    for (const { title, queries } of panels)
      for (const { expr } of queries) {
        const query = expr.replaceAll('$service', '.*').replaceAll('$__rate_interval', '30s');
        const found = await until(`${title}: ${query}`, async () => value(query), 10_000).catch(() => undefined);
        if (found === undefined) missing.push(`${title}: ${query}`);
      }
  expect(missing).toEqual([]);
  const response = await fetch(`${prometheus.url}/api/v1/rules`);
  const { data } = (await response.json()) as {
    data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
  };
  const evaluated = data.groups.flatMap((group) => group.rules);
  expect(evaluated.map(({ name, health, lastError }) => [name, health, lastError])).toEqual(
    rules.map(({ alert }) => [alert, 'ok', undefined]),
  );
}, 240_000);

test('the rules do what they say', () => {
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', 'test/deploy/rules.promtool.yml'], {
    encoding: 'utf8',
  });
  expect([status, stdout + stderr]).toEqual([0, expect.stringContaining('SUCCESS')]);
});
