/**
 * What Grafana reads, on a real run: each query of the dashboard of alerts as the Infinity data source asks it, exemplars by
 * a real Prometheus, and lines for Loki. There is no Grafana and no Loki here: rows are made by JSONata as Infinity's backend
 * parser makes them, and lines go to a receiver.
 */
import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jsonata from 'jsonata';
import { feedDashboard, feedPanels } from '../../cli/assets/feed.js';
import { freePort } from './services/free-port.js';
import { feed, startOn } from './services/growing-log.js';
import { startPrometheus, type PrometheusService } from './services/prometheus.js';
import { until } from './services/until.js';

const services = ['cart', 'pay', 'mail'];
const folder = mkdtempSync(join(tmpdir(), 'tocsin-grafana-'));
const began = new Date();
let url: string;
let run: ReturnType<typeof startOn>;
let lines: ReturnType<typeof feed>;
let prometheus: PrometheusService;
let loki: Server;
const pushed: { readonly streams: readonly { readonly stream: object; readonly values: readonly unknown[][] }[] }[] =
  [];

const json = async <T>(address: string): Promise<T> => (await (await fetch(address)).json()) as T;

beforeAll(async () => {
  loki = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      pushed.push(JSON.parse(Buffer.concat(parts).toString()) as (typeof pushed)[number]);
      response.writeHead(request.url === '/loki/api/v1/push' ? 204 : 404).end();
    });
  });
  await new Promise<void>((resolve) => loki.listen(0, '127.0.0.1', resolve));
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const config = join(folder, 'tocsin.json');
  writeFileSync(
    config,
    JSON.stringify({
      sources: [{ type: 'file', path: '-', format: 'json', labels: { team: 'shop' } }],
      state: { dir: join(folder, 'state') },
      windows: { pane: '1s', length: '2s', lateness: '0s' },
      alerts: { quiet: 1, gap: '4s', lost: '10s' },
      rules: [{ name: 'out-of-memory', action: 'page', pattern: 'OutOfMemoryError' }],
      respond: {
        loki: [
          { name: 'loki', url: `http://127.0.0.1:${(loki.address() as AddressInfo).port}`, labels: { cluster: 'eu1' } },
        ],
      },
      http: { port, rate_limit: 10_000 },
      log: { format: 'json' },
    }),
  );
  prometheus = await startPrometheus(
    `global: { scrape_interval: 1s }\nscrape_configs: [{ job_name: tocsin, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }]\n`,
  );
  const log = join(folder, 'app.log');
  lines = feed(log, services);
  for (const name of services) lines.sick.add(name);
  run = startOn(config, log);
  const total = (): Promise<number> =>
    json<{ total: number }>(`${url}/api/v1/incidents`).then(
      (body) => body.total,
      () => 0,
    );
  await until('an incident', async () => ((await total()) > 0 ? true : undefined), 60_000);
  const alerts = await json<{ items: { id: string }[] }>(`${url}/api/v1/alerts`);
  await fetch(`${url}/api/v1/verdicts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ alerts: [alerts.items[0]!.id], value: 'expected', by: 'ops' }),
  });
});
afterAll(async () => {
  lines?.stop();
  await run?.kill();
  await prometheus?.stop();
  loki?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('each query of the dashboard has rows, and each of its columns a value of its kind', async () => {
  for (const { title, path, params, rows, columns } of feedPanels) {
    const search = new URLSearchParams(
      Object.entries(params).map(([key, value]): [string, string] => [
        key,
        value
          .replace('${__from:date:iso}', began.toISOString())
          .replace('${__to:date:iso}', new Date(Date.now() + 60_000).toISOString()),
      ]),
    );
    const response = await fetch(`${url}${path}?${search.toString()}`);
    expect([title, response.status]).toEqual([title, 200]);
    const found: unknown = await jsonata(rows).evaluate(await response.json());
    const list = (Array.isArray(found) ? found : [found]) as Record<string, unknown>[];
    expect([title, list.length > 0 && list[0] !== undefined]).toEqual([title, true]);
    for (const { selector, type } of columns) {
      const values: unknown[] = [];
      for (const row of list) values.push((await jsonata(selector).evaluate(row)) as unknown);
      const known = values.filter((value) => value !== null && value !== undefined);
      // What nobody has answered has no verdict: such a column may be empty, and is there.
      expect([title, selector, selector in list[0]!]).toEqual([title, selector, true]);
      if (type === 'number') expect(known.every((value) => typeof value === 'number')).toBe(true);
      if (type === 'timestamp') expect(known.every((value) => !Number.isNaN(Date.parse(value as string)))).toBe(true);
    }
  }
});

test('the dashboard asks what was asked here', () => {
  const { panels } = JSON.parse(feedDashboard()) as {
    panels: { title: string; targets: { url: string; root_selector: string; parser: string }[] }[];
  };
  expect(
    panels.flatMap(({ title, targets }) =>
      targets.map(({ url: path, root_selector: rows, parser }) => [title, path, rows, parser]),
    ),
  ).toEqual(feedPanels.map(({ title, path, rows }) => [title, path, rows, 'backend']));
});

test('Prometheus takes the metrics as OpenMetrics, and an exemplar of the delay leads to a decision', async () => {
  const ids = await until(
    'an exemplar',
    async () => {
      const { data } = await json<{ data: { exemplars: { labels: { decision: string }; value: string }[] }[] }>(
        `${prometheus.url}/api/v1/query_exemplars?query=tocsin_decision_delay_seconds_bucket&start=${began.getTime() / 1000 - 60}&end=${Date.now() / 1000 + 60}`,
      );
      const found = data.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.decision));
      return found.length > 0 ? found : undefined;
    },
    60_000,
  );
  const decision = await json<{ id: string; entity: string }>(`${url}/api/v1/decisions/${ids[0]}`);
  expect(decision).toMatchObject({ id: ids[0], entity: expect.stringContaining('service=') as string });
  expect(await prometheus.value('up{job="tocsin"}')).toBe(1);
  expect(await prometheus.value('tocsin_records_total')).toBeGreaterThan(0);
  const plain = await fetch(`${url}/metrics`);
  expect([plain.headers.get('content-type'), (await plain.text()).includes('# {')]).toEqual([
    expect.stringContaining('text/plain'),
    false,
  ]);
});

test('transitions come to Loki with few labels and times of nanoseconds', async () => {
  await until('lines', () => (pushed.length >= services.length ? true : undefined), 60_000);
  const lists = pushed.flatMap(({ streams }) => streams);
  for (const { stream, values } of lists) {
    expect(Object.keys(stream).sort()).toEqual(['cluster', 'job', 'severity']);
    for (const [time, line, metadata] of values) {
      expect(time).toMatch(/^[0-9]{19}$/);
      expect((JSON.parse(line as string) as { fingerprint: string }).fingerprint).toBe(
        (metadata as { fingerprint: string }).fingerprint,
      );
    }
  }
  const named = new Set(
    lists.flatMap(({ values }) => values.map(([, , metadata]) => (metadata as { service: string }).service)),
  );
  expect([...named].sort()).toEqual([...services].sort());
});
