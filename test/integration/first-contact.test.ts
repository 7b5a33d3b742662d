/** A stranger's own Kafka: a configuration of brokers and topics alone is tried, checked, run, asked and stopped. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axios from 'axios';
import { freePort } from './services/free-port.js';
import { startKafka, type KafkaService } from './services/kafka.js';
import { begin } from './services/tocsin.js';
import { until } from './services/until.js';

let kafka: KafkaService;
let config: string;
let port: number;

beforeAll(async () => {
  kafka = await startKafka();
  const admin = kafka.client().admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'logs', numPartitions: 2 }] });
  await admin.disconnect();
  const producer = kafka.client().producer();
  await producer.connect();
  const line = (i: number): string =>
    JSON.stringify({
      time: new Date(Date.now() - 60_000 + i * 100).toISOString(),
      level: 'info',
      service: 'cart',
      msg: `added ${i}`,
    });
  await producer.send({ topic: 'logs', messages: Array.from({ length: 200 }, (_, i) => ({ value: line(i) })) });
  await producer.disconnect();
  port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-contact-'));
  config = join(folder, 'tocsin.yaml');
  writeFileSync(
    config,
    `kafka:\n  brokers: ${kafka.bootstrap}\nsources:\n  - topics: logs\n    start: earliest\nstate: { dir: ${folder}/state }\nhttp: { port: ${port} }\n`,
  );
}, 120_000);
afterAll(() => kafka.stop());

test('try reads the topic as a run would', async () => {
  const { code, out, said } = await begin(['try', '--topic', 'logs', '--config', config, '--json']).ended;
  expect({ code, said: said.slice(-500) }).toMatchObject({ code: 0 });
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toHaveLength(200);
  expect(
    new Set(lines.map(({ status, service, level }) => `${String(status)} ${String(service)} ${String(level)}`)),
  ).toEqual(new Set(['read cart info']));
}, 120_000);

test('without its topics it does not start, and says how', async () => {
  const { code, err } = await begin(['run', '--config', config]).ended;
  expect(code).toBe(2);
  expect(err).toMatch(/start with --create-topics/);
}, 120_000);

test('it creates them when it may, reads, says what it does, and stops in good order', async () => {
  const running = begin(['run', '--config', config, '--create-topics']);
  try {
    await until(
      'all lines to be read',
      async () => {
        const answer = await axios
          .get<{ lines: { read: number } }>(`http://127.0.0.1:${port}/api/status`)
          .catch(() => undefined);
        return answer && answer.data.lines.read >= 200 ? true : undefined;
      },
      60_000,
    );
    const { data } = await axios.get<Record<string, unknown>>(`http://127.0.0.1:${port}/api/status`);
    expect(data).toMatchObject({ lines: { in: 200, read: 200, joined: 0, refused: 0 } });
    const status = await begin(['status', '--config', config]).ended;
    expect(status.out).toMatch(/200 in: 200 read, 0 joined, 0 refused/);
  } finally {
    running.signal('SIGTERM');
  }
  const { code, said } = await running.ended;
  expect({ code, said: said.slice(-800) }).toMatchObject({ code: 0 });
  expect(said).toMatch(/stopped: summary/);
}, 180_000);
