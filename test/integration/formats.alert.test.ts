/** A stranger's logs in eight forms, without a format key: each service that breaks is alerted. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../lab/simulate/random.js';
import { startKafka } from './services/kafka.js';
import { begin } from './services/tocsin.js';

const minute = 60_000;
const hour = 60 * minute;
const pastMs = 3 * hour;
const brokenMs = 20 * minute;

interface Said {
  readonly time: Date;
  readonly service: string;
  readonly isBad: boolean;
  readonly text: string;
  readonly order: number;
}

const two = (n: number): string => String(n).padStart(2, '0');
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const clock = (time: Date): string => time.toISOString().slice(11, 19);
const plain = ({ time, isBad, text }: Said): string => `${time.toISOString()} ${isBad ? 'ERROR' : 'INFO'} ${text}`;

/** A line of each form, as its writers write it. */
const forms: Readonly<Record<string, (said: Said) => string>> = {
  otlp: ({ time, service, isBad, text }) =>
    JSON.stringify({
      resourceLogs: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
          scopeLogs: [
            {
              logRecords: [
                {
                  timeUnixNano: `${time.getTime()}000000`,
                  severityNumber: isBad ? 17 : 9,
                  body: { stringValue: text },
                },
              ],
            },
          ],
        },
      ],
    }),
  ecs: ({ time, service, isBad, text }) =>
    JSON.stringify({
      '@timestamp': time.toISOString(),
      'log.level': isBad ? 'ERROR' : 'INFO',
      message: text,
      'ecs.version': '8.11',
      service: { name: service },
    }),
  docker: (said) =>
    JSON.stringify({
      log: `${plain(said)}\n`,
      stream: said.isBad ? 'stderr' : 'stdout',
      time: said.time.toISOString(),
    }),
  cri: (said) =>
    `${said.time.toISOString().replace('Z', '123456Z')} ${said.isBad ? 'stderr' : 'stdout'} F ${plain(said)}`,
  syslog: ({ time, service, isBad, text }) =>
    `<${isBad ? 27 : 30}>1 ${time.toISOString()} host-1 ${service} 811 - - ${text}`,
  nginx: ({ time, isBad, order }) =>
    `10.1.2.3 - - [${two(time.getUTCDate())}/${months[time.getUTCMonth()]}/${time.getUTCFullYear()}:${clock(time)} +0000] "GET /orders/${order} HTTP/1.1" ${isBad ? 503 : 200} 512 "-" "curl/8.5.0"`,
  klog: ({ time, isBad, text }) =>
    `${isBad ? 'E' : 'I'}${two(time.getUTCMonth() + 1)}${two(time.getUTCDate())} ${time.toISOString().slice(11, 23)}000       1 orders.go:42] ${text}`,
  logfmt: ({ time, service, isBad, text }) =>
    `time=${time.toISOString()} level=${isBad ? 'error' : 'info'} service=${service} msg="${text}"`,
};

/** Three hours of one service, and twenty minutes in which most of its work fails. */
function linesOf(form: string, first: number): string[] {
  const random = new Random(7, form);
  const lines: string[] = [];
  for (let at = first; at < first + pastMs + brokenMs; at += minute) {
    const fails = at >= first + pastMs;
    const count = (24 + random.integer(0, 4)) * (fails ? 4 : 1);
    for (let k = 0; k < count; k++) {
      const order = random.integer(1000, 9999);
      const isBad = random.fraction() < (fails ? 0.75 : 0.01);
      const usual = [`order ${order} placed`, `stock of item ${order} checked`, `session ${order} opened`];
      const text = isBad ? `payment of order ${order} failed: upstream did not answer` : usual[k % usual.length]!;
      const time = new Date(at + Math.floor((k * minute) / count));
      lines.push(forms[form]!({ time, service: form, isBad, text, order }));
    }
  }
  return lines;
}

interface Paged {
  readonly change: string;
  readonly labels: { readonly service?: string };
  readonly startsAt: string;
}

const names = Object.keys(forms).sort();
const folder = mkdtempSync(join(tmpdir(), 'tocsin-forms-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const first = Math.floor(Date.now() / minute) * minute - pastMs - brokenMs;

/** Runs it to its end: every line is read, and the outage of each service is one alert, which begins with it. */
async function run(sources: string, ...more: string[]): Promise<void> {
  const config = join(folder, `tocsin-${more.length}.yaml`);
  const text = `${sources}
state: { dir: ${folder}/state-${more.length} }
respond: { stdout: json }
http: { port: 0 }
log: { format: json }
`;
  writeFileSync(config, text);
  const { code, out, err } = await begin(['run', '--config', config, ...more]).ended;
  const summary = expect.stringContaining('"refused":0,') as string;
  expect({ code, err: err.slice(-2000) }).toMatchObject({ code: 0, err: summary });
  const said = out.trim().split('\n').filter(Boolean);
  const alerts = said.map((line) => JSON.parse(line) as Paged).filter(({ change }) => change === 'new');
  expect(alerts.map(({ labels }) => labels.service).sort()).toEqual(names);
  const early = alerts.filter(({ startsAt }) => Date.parse(startsAt) < first + pastMs - 5 * minute);
  expect(early).toEqual([]);
}

test('files in eight forms are read without a setting, and each outage is alerted', async () => {
  for (const form of names) writeFileSync(join(folder, `${form}.log`), `${linesOf(form, first).join('\n')}\n`);
  await run(`sources: [{ path: '${folder}/*.log' }]`);
}, 120_000);

test('topics in eight forms, by one pattern, too', async () => {
  const kafka = await startKafka();
  const producer = kafka.client().producer();
  const admin = kafka.client().admin();
  try {
    await Promise.all([admin.connect(), producer.connect()]);
    await admin.createTopics({ topics: names.map((topic) => ({ topic, numPartitions: 1 })), waitForLeaders: true });
    for (const topic of names) {
      const messages = linesOf(topic, first).map((value) => ({ value, partition: 0 }));
      for (let at = 0; at < messages.length; at += 500)
        await producer.send({ topic, messages: messages.slice(at, at + 500) });
    }
    const sources = `kafka: { brokers: '${kafka.bootstrap}' }\nsources: [{ topics: '*', start: earliest }]`;
    await run(sources, '--bounded', '--create-topics');
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
    await kafka.stop();
  }
}, 180_000);
