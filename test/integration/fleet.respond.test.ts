/**
 * Respond in a fleet, on a real broker: deploys come from a topic and stand in the alerts that follow, every transition goes to a
 * topic as the published schema says, healing acts once, a standby takes over from a process that was killed, and a stop
 * that is said to one process holds in all.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { HealingState } from '../../connectors/http/healing-routes.js';
import type { HealingEntry } from '../../records/healing.js';
import { freePort } from './services/free-port.js';
import { startKafka } from './services/kafka.js';
import { startReceiver } from './services/receiver.js';
import { startRedis } from './services/redis.js';
import { begin, ended, type Running } from './services/tocsin.js';
import { until } from './services/until.js';

const valid = addFormats
  .default(new Ajv2020({ allErrors: true }))
  .compile(JSON.parse(readFileSync('docs/schemas/alert.json', 'utf8')) as object);

interface AlertDocument {
  readonly status: string;
  readonly labels: { readonly service?: string };
  readonly at: string;
  readonly fingerprint: string;
  readonly changes: readonly { readonly version: string; readonly by: string }[];
}

test('deploys in, documents out, one process acts, the next one takes over, and a stop reaches all', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-respond-'));
  const running: Running[] = [];
  const [kafka, redis, tools] = await Promise.all([startKafka(), startRedis(), startReceiver()]);
  const client = kafka.client();
  const admin = client.admin();
  const producer = client.producer();
  const consumer = client.consumer({ groupId: 'paging' });
  const documents: AlertDocument[] = [];
  const sick = new Set<string>();
  let feeder: NodeJS.Timeout | undefined;

  const member = async (name: string, roles: string) => {
    const port = await freePort();
    const config = join(folder, `${name}.yaml`);
    writeFileSync(
      config,
      `kafka: { brokers: ['${kafka.bootstrap}'], session: 6s }
sources: [{ type: kafka, topics: [app], start: earliest, format: json }]
channels: { backend: kafka, shards: 3 }
state: { backend: redis, dir: '${folder}/${name}', redis: { url: '${redis.url}' } }
windows: { pane: 1s, length: 2s, lateness: 0s }
alerts: { quiet: 1, gap: 4s, lost: 10s }
rules: [{ name: out-of-memory, action: page, pattern: OutOfMemoryError }]
deploys: { topics: [deploys] }
respond: { max_age: 3650d, kafka: [{ name: bus, topic: paging }] }
healing:
  private: [127.0.0.0/8]
  least_detectors: 0
  drift_share: 1
  blast_radius: []
  targets: [{ name: tools, recipe: eda, url: '${tools.url}/hook' }]
  rules: [{ name: restart, match: { service: '/.+/' }, target: tools, parameters: { service: '{{labels.service}}' }, dry_run: false, approval: false, severity: info, confidence: 0, for: 1s, stabilise: 4s }]
http: { port: ${port} }
log: { level: info, format: json }
`,
    );
    const url = `http://127.0.0.1:${port}`;
    const healing = async (): Promise<HealingState | undefined> => {
      const answer = await fetch(`${url}/api/heal`).catch(() => undefined);
      return answer?.ok ? ((await answer.json()) as HealingState) : undefined;
    };
    return {
      config,
      url,
      healing,
      start: (): Running => {
        const run = begin(['run', '--config', config, '--roles', roles]);
        running.push(run);
        return run;
      },
    };
  };
  const called = (service: string) => tools.requests.filter(({ body }) => body.includes(`"service":"${service}"`));
  const told = (status: string, service: string) =>
    documents.filter((document) => document.status === status && document.labels.service === service);
  const first = async (status: string, service: string): Promise<AlertDocument> =>
    until(`${status} of ${service}`, () => told(status, service)[0], 40_000);

  try {
    await admin.connect();
    const topics = ['app', 'deploys', 'paging'].map((topic) => ({ topic, numPartitions: topic === 'app' ? 2 : 1 }));
    await admin.createTopics({ topics, waitForLeaders: true });
    await producer.connect();
    await consumer.connect();
    await consumer.subscribe({ topics: ['paging'], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        documents.push(JSON.parse(String(message.value)) as AlertDocument);
      },
    });

    const intake = await member('intake', 'ingest,detect');
    const [one, two] = [await member('one', 'respond'), await member('two', 'respond')];
    expect(await ended('topics', '--config', intake.config, '--create')).toMatchObject({ code: 0 });
    intake.start();
    const leader = one.start();
    await until('the first to lead', async () => ((await one.healing())?.leads ? true : undefined), 40_000);
    two.start();
    await until('the second to stand by', two.healing, 40_000);
    expect((await two.healing())?.leads).toBe(false);

    // What is no deploy is passed over, and what comes behind it is not lost.
    await producer.send({
      topic: 'deploys',
      messages: [
        { value: 'no JSON' },
        {
          value: JSON.stringify({
            deployment: {},
            deployment_status: { state: 'pending' },
            repository: { name: 'cart' },
          }),
        },
        { value: JSON.stringify({ service: 'cart', version: 'v1.42', by: 'ann' }) },
      ],
    });
    feeder = setInterval(() => {
      const time = new Date().toISOString();
      const messages = ['cart', 'shop', 'mail'].flatMap((service, partition) => [
        {
          partition: partition % 2,
          value: JSON.stringify({ time, level: 'info', service, message: 'request served' }),
        },
        ...(sick.has(service)
          ? [
              {
                partition: partition % 2,
                value: JSON.stringify({ time, level: 'error', service, message: 'OutOfMemoryError: heap' }),
              },
            ]
          : []),
      ]);
      void producer.send({ topic: 'app', messages });
    }, 200);
    sick.add('cart');
    const alert = await first('firing', 'cart');
    expect(alert.changes).toMatchObject([{ version: 'v1.42', by: 'ann' }]);
    await tools.waitFor(1, { ms: 30_000 });
    sick.delete('cart');
    await first('resolved', 'cart');

    // The one that acts is killed: the other one has the alerts, the outbox and the ledger.
    leader.signal('SIGKILL');
    await leader.ended;
    sick.add('shop');
    await until('the second to lead', async () => ((await two.healing())?.leads ? true : undefined), 60_000);
    await first('firing', 'shop');
    await tools.waitFor(2, { ms: 40_000 });
    expect([called('cart').length, called('shop').length]).toEqual([1, 1]);
    sick.delete('shop');
    await first('resolved', 'shop');

    // A member restores what came to it, once: two partitions, three shards, the alerts.
    const restores = async ({ url }: { readonly url: string }, topology: string): Promise<string | undefined> =>
      new RegExp(`^tocsin_restores_total\\{topology="${topology}"\\} (\\d+)$`, 'm').exec(
        await (await fetch(`${url}/metrics`)).text(),
      )?.[1];
    expect(
      await Promise.all([restores(intake, 'ingest'), restores(intake, 'detect'), restores(two, 'respond')]),
    ).toEqual(['2', '3', '1']);

    // Said to a process that does not act, a stop holds in the one that does.
    const said = performance.now();
    expect(await ended('heal', 'stop', '--url', intake.url, '--by', 'ann', '--why', 'test')).toMatchObject({ code: 0 });
    const heard = await until('the stop', async () => (await two.healing())?.stopped ?? undefined, 10_000);
    console.info(`a stop was heard by the other process after ${Math.round(performance.now() - said)} ms`);
    expect(heard).toContain('ann');
    sick.add('mail');
    await first('firing', 'mail');
    sick.delete('mail');
    await first('resolved', 'mail');
    expect(called('mail')).toEqual([]);

    for (const document of documents) {
      valid(document);
      expect(valid.errors).toBeNull();
    }
    const { said: ledger } = await ended('heal', 'audit', '--config', two.config, '--json');
    const entries = ledger
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as HealingEntry);
    const acts = entries.filter(({ what }) => what === 'intended' || what === 'done' || what === 'fixed');
    expect(acts.map(({ what }) => what)).toEqual(['intended', 'done', 'fixed', 'intended', 'done', 'fixed']);
    expect((await ended('heal', 'audit', '--config', two.config, '--verify')).said).toContain(': whole');
  } catch (error) {
    const said = running.map((run) => run.said().slice(-3000)).join('\n---\n');
    throw new Error(`${(error as Error).message}\n${said}`, { cause: error });
  } finally {
    clearInterval(feeder);
    for (const run of running) run.signal('SIGKILL');
    await Promise.all(running.map((run) => run.ended));
    await Promise.all([consumer, producer, admin].map((one) => one.disconnect().catch(() => undefined)));
    await Promise.all([kafka.stop(), redis.stop(), tools.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}, 240_000);
