/**
 * The first hours on a stranger's own Kafka, with the few lines that they would write: no model was trained before. Event
 * time runs faster than the clock and ends now. Two hours after the first line a service breaks.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Producer } from 'kafkajs';
import { Random } from '../../lab/simulate/random.js';
import type { Alert } from '../../records/alert.js';
import { notifyAtOnce, startAlertmanager, type AlertmanagerService } from './services/alertmanager.js';
import { freePort } from './services/free-port.js';
import { startKafka, type KafkaService } from './services/kafka.js';
import { startReceiver, type Receiver } from './services/receiver.js';
import { begin, goodEnd, type Running } from './services/tocsin.js';
import { until } from './services/until.js';

const minute = 60_000;
const hour = 60 * minute;
const broken = 'shop-7';

let kafka: KafkaService;
let alertmanager: AlertmanagerService;
let receiver: Receiver;
let folder: string;
const running: Running[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-first-'));
  receiver = await startReceiver();
  [kafka, alertmanager] = await Promise.all([startKafka(), startAlertmanager(notifyAtOnce(receiver.url))]);
}, 120_000);
afterEach(async () => {
  for (const run of running.splice(0)) {
    run.signal('SIGKILL');
    await run.ended;
  }
  await Promise.all([kafka.stop(), alertmanager.stop(), receiver.stop()]);
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** A fleet of some size, with so many lines a minute and service and up to six more. */
interface Shops {
  readonly services: readonly string[];
  readonly lines: number;
  readonly random: Random;
  /** Event time of the first line, and from which on one of them is broken, ms. */
  readonly first: number;
  readonly breaksAt: number;
}

function shops(size: number, lines: number, breaksAfter: number): Shops {
  const first = Math.floor(Date.now() / minute) * minute - 2.5 * hour;
  const services = Array.from({ length: size }, (_, i) => `shop-${i}`);
  return { services, lines, random: new Random(size, 'first hours'), first, breaksAt: first + breaksAfter };
}

/** Lines of all services in a minute of event time. */
function linesOf(
  { services, lines, random, breaksAt }: Shops,
  at: number,
): { service: string; time: number; value: string }[] {
  return services.flatMap((service, i) => {
    const count = lines + (i % 5) + random.integer(0, 2);
    const fails = at >= breaksAt && service === broken;
    return Array.from({ length: fails ? 8 * count : count }, (_, k) => {
      const time = at + Math.floor((k * minute) / (fails ? 8 * count : count));
      const order = random.integer(1000, 9999);
      const usual = [
        `order ${order} placed in ${random.integer(20, 60)} ms`,
        `stock of item ${order} checked`,
        `session ${order} opened`,
      ];
      const isBad = fails ? k % 4 !== 0 : random.fraction() < 0.01;
      const message = isBad
        ? `payment of order ${order} failed: upstream did not answer in ${random.integer(900, 1100)} ms`
        : usual[k % usual.length];
      const level = isBad ? 'error' : 'info';
      return { service, time, value: JSON.stringify({ time: new Date(time).toISOString(), level, service, message }) };
    });
  });
}

/** Writes the event time from `from` to `to` (ms after the first line), as fast as it is taken. */
async function feed(producer: Producer, fleet: Shops, from: number, to: number): Promise<void> {
  for (let at = fleet.first + from; at < fleet.first + to; at += minute) {
    const lines = linesOf(fleet, at).sort((a, b) => a.time - b.time);
    const messages = lines.map(({ service, time, value }) => ({
      value,
      timestamp: String(time),
      partition: fleet.services.indexOf(service) % 2,
    }));
    await producer.send({ topic: 'app', messages });
  }
}

/** A member as somebody would write it, and what two on one machine need to be told apart. */
async function member(name: string): Promise<{ config: string; url: string }> {
  const port = await freePort();
  const config = join(folder, `${name}.yaml`);
  writeFileSync(
    config,
    `kafka: { brokers: ['${kafka.bootstrap}'] }
sources: [{ topics: [app], start: earliest }]
state: { dir: ${join(folder, name)} }
respond: { alertmanager: [{ url: '${alertmanager.url}', resend: 1s }] }
http: { port: ${port} }
`,
  );
  return { config, url: `http://127.0.0.1:${port}` };
}

async function openTopic(config: string): Promise<Producer> {
  const client = kafka.client();
  const admin = client.admin();
  await admin.connect();
  const configEntries = [{ name: 'retention.ms', value: '-1' }];
  await admin.createTopics({ topics: [{ topic: 'app', numPartitions: 2, configEntries }], waitForLeaders: true });
  await admin.disconnect();
  await goodEnd(['topics', '--config', config, '--create']);
  const producer = client.producer();
  await producer.connect();
  return producer;
}

const start = (config: string): Running => {
  const run = begin(['run', '--config', config]);
  running.push(run);
  return run;
};
const isAlert = ({ labels }: { labels: Record<string, string> }): boolean => labels.service === broken;
const paged = () => until('the alert', async () => (await alertmanager.alerts()).find(isAlert), 40_000);

/** The alert of the broken service that paged, as the process that knows it lists it. */
async function alertOf(url: string): Promise<Alert> {
  return until('the alert of this process', async () => {
    const alerts = (await (await fetch(`${url}/api/alerts`)).json()) as Alert[];
    return alerts.find(({ entity, audit, severity }) => entity.includes(broken) && !audit && severity !== 'info');
  });
}

async function replayed(config: string): Promise<void> {
  const [live, again] = ['decisions', 'windows'].map((source) => join(folder, `${source}.bin`)) as [string, string];
  await goodEnd(['replay', '--config', config, '--source', 'decisions', '--out', live]);
  await goodEnd(['replay', '--config', config, '--source', 'windows', '--out', again]);
  expect(readFileSync(live).length).toBeGreaterThan(50_000);
  expect(readFileSync(again).equals(readFileSync(live))).toBe(true);
}

const says = (what: string, run: Running, pattern: RegExp, ms = 120_000): Promise<true> =>
  until(what, () => pattern.test(run.said()) || undefined, ms);
const ownModels = /"origin":"own"[^\n]*"models promoted"/;

test('an error burst two hours after the first line is paged, and answered', async () => {
  const { config, url } = await member('one');
  const producer = await openTopic(config);
  const run = start(config);
  await says('the models that ship with tocsin', run, /"origin":"prior"/);
  const fleet = shops(40, 3, 2 * hour);
  await feed(producer, fleet, 0, 2.5 * hour);
  await paged();
  const alert = await alertOf(url);
  expect(alert.startsAt).toBeGreaterThanOrEqual(fleet.breaksAt - 5 * minute);
  await goodEnd(['feedback', alert.fingerprint, 'anomaly', '--url', url]);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toMatch(/^tocsin_verdicts_total\{value="anomaly"\} 1$/m);
  expect(metrics).toMatch(/^tocsin_models_in_force 1$/m);
  // Two hours of forty services are too little for models of their own: it is said, and nothing else was paged.
  await says('what training found', run, /too little to train on so far/);
  expect((await alertmanager.alerts()).filter((each) => !isAlert(each) && each.labels.service)).toEqual([]);
  await producer.disconnect();
}, 300_000);

test('of two members the one that trains is killed, and the other one trains: the burst is paged, a replay agrees', async () => {
  const [a, b] = [await member('a'), await member('b')];
  const producer = await openTopic(a.config);
  const runs = [start(a.config), start(b.config)];
  await until(
    'the models that ship with tocsin',
    () => runs.find((run) => run.said().includes('"origin":"prior"')),
    120_000,
  );
  const fleet = shops(240, 1, 2 * hour + 10 * minute);
  await feed(producer, fleet, 0, 2 * hour + 10 * minute);
  const trains = await until('a training', () => runs.find((run) => run.said().includes('training begins')), 120_000);
  trains.signal('SIGKILL');
  const other = runs.find((run) => run !== trains)!;
  await says('the other one to train', other, /training begins/);
  await says('its models', other, ownModels);
  expect(trains.said()).not.toMatch(ownModels);
  await feed(producer, fleet, 2 * hour + 10 * minute, 2.5 * hour);
  await paged();
  const { config, url } = other === runs[0] ? a : b;
  await goodEnd(['feedback', (await alertOf(url)).fingerprint, 'anomaly', '--url', url]);
  await producer.disconnect();
  other.signal('SIGTERM');
  await other.ended;
  await replayed(config);
}, 400_000);
