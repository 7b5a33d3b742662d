/**
 * Incidents from log lines to an alert at a real Alertmanager, notification, approval, action, verification and resolve,
 * with a kill -9 in the middle of each stage: every receiver's ledger is right, and so is tocsin's own.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HealingState } from '../../connectors/http/healing-routes.js';
import type { HealingEntry } from '../../records/healing.js';
import { feed, growingLogScene, startOn } from './services/growing-log.js';
import { startReceiver, type ReceivedRequest } from './services/receiver.js';
import { ended } from './services/tocsin.js';
import { until } from './services/until.js';

const secret = `whsec_${Buffer.from('twenty-four bytes of key').toString('base64')}`;

interface Told {
  readonly type: string;
  readonly data: Readonly<Record<string, string>>;
}
const told = ({ body }: ReceivedRequest): Told => JSON.parse(body) as Told;

test('from log lines to resolve, killed in the middle of each stage', async () => {
  const tools = await startReceiver();
  const stuck = await startReceiver();
  const people = await startReceiver({ secret });
  const elsewhere = mkdtempSync(join(tmpdir(), 'tocsin-heads-'));
  const heads = join(elsewhere, 'heads.jsonl');
  const scene = await growingLogScene(
    'healing',
    '  private: [127.0.0.0/8]\n',
    `healing:
  private: [127.0.0.0/8]
  least_detectors: 0
  drift_share: 1
  head_file: ${heads}
  targets:
    - { name: tools, recipe: eda, url: '${tools.url}/hook', token: t0ken }
    - { name: stuck, recipe: eda, url: '${stuck.url}/hook', timeout: 5s }
  rules:
    - { name: restart-cart, match: { service: cart }, target: tools, parameters: { service: '{{labels.service}}' }, dry_run: false, confidence: 0, for: 1s, stabilise: 4s }
    - { name: restart-shop, match: { service: shop }, target: stuck, dry_run: false, approval: false, confidence: 0, for: 1s, stabilise: 4s }
  notify: [{ name: oncall, url: '${people.url}', secret: ${secret} }]
`,
  );
  const { lines, config, url, paged } = scene;
  const feeder = feed(lines, ['cart', 'shop', 'mail']);
  let tocsin = startOn(config, lines);
  const log = join(dirname(config), 'state', 'log', 'healing');
  const older = join(elsewhere, 'older');
  const again = async (): Promise<void> => {
    await tocsin.kill();
    cpSync(log, older, { recursive: true });
    tocsin = startOn(config, lines);
    await healing();
  };
  const healing = (): Promise<HealingState> =>
    until('the API', async () => {
      const answer = await fetch(`${url}/api/heal`).catch(() => undefined);
      return answer?.ok ? ((await answer.json()) as HealingState) : undefined;
    });
  const news = (type: string, rule: string) => (request: ReceivedRequest) =>
    told(request).type === type && told(request).data.rule === rule;
  const pages = (status: string, service: string) => (request: ReceivedRequest) =>
    request.body.includes(`"status":"${status}"`) && request.body.includes(`"service":"${service}"`);

  try {
    await healing();
    // From lines to an alert: killed while the incident begins.
    feeder.sick.add('cart');
    await sleep(1000);
    await again();
    await paged.waitFor(1, { ms: 20_000, matching: pages('firing', 'cart') });
    // Firing, and killed once it is known outside.
    await again();
    const asked = (await people.waitFor(1, { ms: 20_000, matching: news('heal.asked', 'restart-cart') })).at(0)!;
    const { approve_url: approve, id } = told(asked).data;
    // Asked, and killed while a person thinks about it.
    await again();
    const page = await fetch(approve!);
    const html = await page.text();
    expect(page.status).toBe(200);
    expect(html).toContain('restart-cart');
    expect(html).not.toContain('<script>');
    await fetch(approve!);
    expect((await healing()).asks).toMatchObject([{ id, state: 'asked' }]);
    expect(tools.requests).toEqual([]);
    expect(
      (
        await fetch(
          approve!.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
          { method: 'POST' },
        )
      ).status,
    ).toBe(403);

    // Approved, and killed before it can be seen to work.
    expect((await fetch(approve!, { method: 'POST' })).status).toBe(200);
    await again();
    await tools.waitFor(1, { ms: 20_000 });
    feeder.sick.delete('cart');
    // A link works once, before and after a restart.
    expect((await fetch(approve!, { method: 'POST' })).status).toBe(410);
    // Acted, and killed during the verification.
    await until('the outcome', async () => ((await healing()).actions[0]!.state === 'done' ? true : undefined));
    await again();
    expect((await fetch(approve!, { method: 'POST' })).status).toBe(410);
    await people.waitFor(1, { ms: 30_000, matching: news('heal.fixed', 'restart-cart') });
    await paged.waitFor(1, { ms: 30_000, matching: pages('resolved', 'cart') });

    // A call that hangs, killed in its middle: nobody knows whether it was carried out, so it is never sent again.
    stuck.behave(() => ({ hang: true }));
    feeder.sick.add('shop');
    // A second of three services within the hour is beyond the blast radius, and beyond what the whole fleet may lose, until a
    // person closes both.
    await people.waitFor(2, { ms: 20_000, matching: news('heal.breaker-opened', 'restart-shop') });
    await ended('heal', 'close-breaker', 'environment=', '--url', url, '--by', 'ann');
    await until('one breaker less', async () => ((await healing()).breakers.length === 1 ? true : undefined));
    expect((await healing()).breakers.map(({ key }) => key)).toEqual(['fleet=']);
    expect(stuck.requests).toEqual([]);
    await ended('heal', 'close-breaker', 'fleet=', '--url', url, '--by', 'ann');
    await stuck.waitFor(1, { ms: 30_000 });
    await again();
    await people.waitFor(1, { ms: 20_000, matching: news('heal.unknown', 'restart-shop') });
    feeder.sick.delete('shop');
    await paged.waitFor(1, { ms: 30_000, matching: pages('resolved', 'shop') });
    await tocsin.stop();

    expect(tools.requests).toHaveLength(1);
    expect(tools.requests[0]!.headers).toMatchObject({ authorization: 'Bearer t0ken', 'webhook-id': id });
    expect(JSON.parse(tools.requests[0]!.body)).toMatchObject({ tocsin: { parameters: { service: 'cart' } } });
    expect(stuck.requests).toHaveLength(1);
    for (const service of ['cart', 'shop']) {
      expect(paged.requests.filter(pages('firing', service))).toHaveLength(1);
      expect(paged.requests.filter(pages('resolved', service))).toHaveLength(1);
    }
    // At least once: the same message has the same id, and every one is signed.
    const distinct = new Map(people.requests.map((request) => [request.headers['webhook-id'], told(request).type]));
    expect([...distinct.values()].sort()).toEqual([
      'heal.asked',
      'heal.breaker-opened',
      'heal.breaker-opened',
      'heal.done',
      'heal.fixed',
      'heal.unknown',
    ]);
    expect(people.requests.every(({ signature }) => signature === 'valid')).toBe(true);

    const { said: ledger } = await ended('heal', 'audit', '--config', config, '--json');
    const entries = ledger
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as HealingEntry);
    const path = (rule: string): string[] =>
      entries.filter((entry) => entry.rule === rule && entry.what !== 'held').map(({ what }) => what);
    expect(path('restart-cart')).toEqual(['asked', 'approved', 'intended', 'done', 'fixed']);
    expect(path('restart-shop')).toEqual(['breaker-opened', 'breaker-opened', 'intended', 'unknown']);
    expect(entries.find(({ what }) => what === 'approved')?.by).toBe('link sent to oncall');
    expect(ledger).not.toContain('t0ken');
    expect((await ended('heal', 'audit', '--config', config, '--verify')).said).toContain(': whole');
    // Whoever can write the ledger puts an older one in its place: the heads that were kept elsewhere know of the end.
    expect(readFileSync(heads, 'utf8').trim().split('\n')).toHaveLength(entries.length);
    await tocsin.kill();
    rmSync(log, { recursive: true });
    cpSync(older, log, { recursive: true });
    const cut = await ended('heal', 'audit', '--config', config, '--verify');
    expect([cut.code, cut.said]).toEqual([3, expect.stringContaining('the end of the ledger was cut off')]);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${tocsin.said().slice(-3000)}`, { cause: error });
  } finally {
    feeder.stop();
    await tocsin.kill();
    await Promise.all([scene.end(), tools.stop(), stuck.stop(), people.stop()]);
    rmSync(elsewhere, { recursive: true, force: true });
  }
}, 180_000);
