/** An embedded run in this process, as `tocsin run` wires it: from a file to alerts, answers and healing. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import type { Config } from '../../config/schema.js';
import { createMetrics } from '../../connectors/http/metrics.js';
import type { AlertNotice } from '../../records/notification.js';
import type { Decided } from '../../records/decided.js';
import { encodeDecision } from '../../records/score.js';
import { openEmbedded } from '../../service/channels.js';
import { readConfig } from '../../service/configuration.js';
import { openLinks } from '../../service/delivery/links.js';
import { figuresOf } from '../../service/figures.js';
import { listen } from '../../service/http.js';
import { FollowedSources } from '../../service/intake/followed-sources.js';
import { fileSources } from '../../service/intake/sources.js';
import { createLog } from '../../service/log.js';
import { Pipeline } from '../../service/node.js';

const minute = 60_000;
const begin = Date.parse('2026-01-05T00:00:00Z');
const burst = begin + 8 * 60 * minute;
const end = begin + 10 * 60 * minute;

let folder: string;
let receiver: Server;
const received: { readonly path: string; readonly body: unknown }[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-embedded-'));
  writeFileSync(join(folder, 'shop.log'), lines().join('\n') + '\n');
  receiver = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      received.push({ path: request.url ?? '', body: text === '' ? undefined : JSON.parse(text) });
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => receiver.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

/** Hours of two services, five lines a minute each; 20 minutes of errors of one. */
function lines(before = end): string[] {
  const all: string[] = [];
  for (let at = begin; at < before; at += 12_000) {
    const time = new Date(at).toISOString();
    const n = (at / 12_000) % 97;
    for (const service of ['checkout', 'search']) {
      const failing = service === 'checkout' && at >= burst && at < burst + 20 * minute;
      const [level, message] = failing
        ? ['error', `payment of order ${n} refused by the bank`]
        : ['info', n % 3 === 0 ? `order ${n} paid in ${20 + (n % 7)} ms` : `cart ${n} opened by user ${n * 7}`];
      all.push(JSON.stringify({ time, level, service, message }));
    }
  }
  return all;
}

function configure(name: string, log: { readonly path: string; readonly follow?: boolean }): Config {
  const file = join(folder, `${name}.json`);
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const settings = {
    sources: [{ type: 'file', ...log }],
    state: { dir: join(folder, name) },
    respond: {
      max_age: '3650d',
      stdout: 'none',
      private: ['127.0.0.0/8'],
      webhooks: [{ name: 'chat', url: `${url}/chat`, body: 'alertmanager' }],
    },
    healing: {
      private: ['127.0.0.0/8'],
      least_detectors: 0,
      drift_share: 1,
      targets: [{ name: 'tools', recipe: 'eda', url: `${url}/heal`, token: 't0ken' }],
      rules: [
        {
          name: 'restart',
          match: { service: 'checkout' },
          target: 'tools',
          dry_run: false,
          approval: true,
          confidence: 0,
          for: '1s',
        },
      ],
    },
    // Trainings run in a thread of the built program, which unit tests do without.
    detection: { training: { automatic: false } },
    http: { port: 0 },
    log: { level: 'error', format: 'json' },
  };
  writeFileSync(file, JSON.stringify(settings));
  return readConfig(file);
}

interface Ran {
  readonly decided: readonly Decided[];
  readonly notices: readonly AlertNotice[];
  readonly figures: Awaited<ReturnType<typeof figuresOf>>;
}

type During = (
  pipeline: Pipeline,
  url: string,
  decided: readonly Decided[],
  notices: readonly AlertNotice[],
) => Promise<void>;

/** Opens all of it, runs `during` beside it, and closes it. */
async function ran(config: Config, during: During = async () => undefined): Promise<Ran> {
  const decided: Decided[] = [];
  const notices: AlertNotice[] = [];
  const log = createLog(config.log);
  const metrics = createMetrics();
  let pipeline: Pipeline | undefined;
  let running: Promise<void> | undefined;
  const { server, url } = await listen(config, metrics, () => pipeline);
  const embedded = await openEmbedded(config, () => undefined);
  try {
    const sources = await fileSources(config);
    const followed = new FollowedSources(config, false, log);
    const more = followed.isEmpty ? {} : { followed, bounded: false };
    const parts = { config, embedded, sources, metrics, log, url, links: openLinks(config, url), ...more };
    pipeline = await Pipeline.open({
      ...parts,
      print: (notice) => notices.push(notice),
      watch: (one) => decided.push(one),
    });
    running = pipeline.run();
    await Promise.all([running, during(pipeline, url, decided, notices)]);
    return { decided, notices, figures: await figuresOf(metrics) };
  } finally {
    pipeline?.stop();
    await running;
    await server.close();
    await embedded.close();
  }
}

const bytesOf = (decided: readonly Decided[]): string[] => [
  ...new Set(decided.map(({ decision }) => encodeDecision(decision).toString('hex'))),
];

test('an error burst after some hours is one alert of its service, on the screen and at the webhook; a stop changes nothing', async () => {
  const path = join(folder, 'shop.log');
  const whole = await ran(configure('whole', { path }));
  const { lines: count, read, joined, refused } = whole.figures;
  expect([count, read + joined + refused]).toEqual([lines().length, lines().length]);
  const first = whole.notices.filter(({ alert }) => alert.entity.includes('checkout'));
  expect(whole.notices).toEqual(first);
  expect(first.map(({ alert }) => alert.status)).toEqual([...first.slice(1).map(() => 'firing'), 'resolved']);
  expect(new Set(first.map(({ alert }) => alert.fingerprint)).size).toBe(1);
  expect(first[0]!.alert.startsAt).toBeGreaterThan(burst - 10 * minute);
  expect(first[0]!.alert.startsAt).toBeLessThan(burst + 20 * minute);
  const told = received.filter((one) => one.path === '/chat').map(({ body }) => (body as { status: string }).status);
  // A graver severity is notified again.
  expect(told).toEqual(first.map(({ alert }) => alert.status));

  const config = configure('stopped', { path });
  // What was read by then is decided before it stops; on a quick machine that may be all of it.
  const stopped = await ran(config, async (pipeline, _url, decided) => {
    while (decided.length < 20) await sleep(1);
    pipeline.stop();
  });
  const again = await ran(config);
  expect(bytesOf([...stopped.decided, ...again.decided])).toEqual(bytesOf(whole.decided));
}, 120_000);

/** Asks until there is an answer. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(20);
  }
}

test('while an alert of a followed file is open it can be answered, and heals nothing since it is of the past', async () => {
  const path = join(folder, 'open.log');
  writeFileSync(path, `${lines(burst + 15 * minute).join('\n')}\n`);
  await ran(configure('open', { path, follow: true }), async (pipeline, url, _decided, notices) => {
    while (notices.length === 0) await sleep(20);
    const { fingerprint } = notices[0]!.alert;
    const held = await until(async () => {
      const { data } = await axios.get<{ what: string; guard: string; alert: string }[]>(`${url}/api/heal/audit`);
      return data.find(({ what }) => what === 'held');
    });
    expect(held).toMatchObject({ guard: 'stale', alert: fingerprint });
    expect((await axios.get(`${url}/api/heal`)).data).toMatchObject({ leads: true, asks: [], actions: [] });
    const { data: status } = await axios.get<{ alerts: object; lines: object; watched: object }>(`${url}/api/status`);
    const count = lines(burst + 15 * minute).length;
    expect(status).toMatchObject({
      alerts: { firing: 1 },
      lines: { in: count, read: count, refused: 0 },
      watched: { services: 2 },
    });
    expect(pipeline.health()).toEqual({ live: [], ready: [] });
    const given = await axios.post<{ ids: string[] }>(`${url}/api/verdicts`, {
      alert: fingerprint,
      value: 'expected',
      by: 'ada',
    });
    expect(given.status).toBe(202);
    const said = await until(async () => {
      const { data } = await axios.get<object[]>(`${url}/api/verdicts`);
      return data[0];
    });
    expect(said).toMatchObject({ id: given.data.ids[0], alert: fingerprint, value: 'expected', by: 'ada' });
    pipeline.stop();
  });
}, 120_000);
