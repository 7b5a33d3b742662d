/** The process that leads healing: it rehearses, asks, calls at most once, and hands over to the next one. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { configSchema, type Config } from '../../../config/schema.js';
import { Links } from '../../../connectors/http/links.js';
import { createMetrics } from '../../../connectors/http/metrics.js';
import type { Alert } from '../../../records/alert.js';
import type { HealingEntry } from '../../../records/healing.js';
import { openEmbedded, type Embedded } from '../../../service/channels.js';
import { healingNews } from '../../../service/delivery/notifications.js';
import { ControlsLog } from '../../../service/flow/controls-log.js';
import { headsIn } from '../../../service/healing/head-file.js';
import { Healer } from '../../../service/healing/leader.js';
import { healingApi, linkApi } from '../../../service/people/people.js';
import { anAlert } from '../../builders/alert.js';
import { startReceiver } from '../../integration/services/receiver.js';
import { until } from '../../integration/services/until.js';

const log = pino({ level: 'silent' });
const rule = { name: 'restart', match: { service: 'cart' }, target: 'tools', severity: 'warning', for: '1m' };

let dir: string;
let embedded: Embedded;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
const healers: Healer[] = [];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tocsin-healer-'));
  receiver = await startReceiver();
  embedded = await openEmbedded(configOf({}), () => undefined);
});
afterEach(async () => {
  for (const healer of healers.splice(0)) await healer.stop(1000);
  await embedded.close();
  await receiver.stop();
  rmSync(dir, { recursive: true, force: true });
});

const configOf = (change: object, target: object = {}): Config =>
  configSchema.parse({
    sources: [{ type: 'file', path: 'a.log' }],
    state: { dir },
    healing: {
      private: ['127.0.0.0/8'],
      least_detectors: 0,
      head_file: join(dir, 'heads.jsonl'),
      targets: [{ name: 'tools', url: `${receiver.url}/hook`, token: 't0ken', ...target }],
      rules: [{ ...rule, ...change }],
      notify: [{ name: 'people', url: 'http://127.0.0.1:1/hook' }],
    },
  });

/** Fires now, for five minutes. */
function firing(change: { readonly [K in keyof Alert]?: Alert[K] } = {}): Alert {
  const now = Date.now();
  return anAlert({ startsAt: now - 300_000, lastAt: now, at: now, ...change });
}

/** A healer on these channels, and what it notified of. */
async function open(config: Config): Promise<{ healer: Healer; told: HealingEntry[] }> {
  const { healing, controls, decisions } = embedded.channels;
  const told: HealingEntry[] = [];
  const healer = await Healer.open({
    config,
    healing,
    controls: await ControlsLog.open({ ...controls, log }),
    decisions: async () => decisions.reader,
    metrics: createMetrics(),
    log,
    tell: async (entry) => void told.push(entry),
  });
  healers.push(healer);
  return { healer, told };
}
const whats = (healer: Healer): string[] => healer.recent.map(({ what }) => what);
const has = (healer: Healer, what: string) => () => whats(healer).includes(what) || undefined;
const hasTold = (told: readonly HealingEntry[], wanted: string) => () =>
  told.some(({ what }) => what === wanted) || undefined;

test('a dry run writes down what would be sent, without the token, and sends nothing', async () => {
  const { healer } = await open(configOf({}));
  healer.lead(() => [firing()], 1);
  await until('a rehearsal', has(healer, 'rehearsed'));
  expect(receiver.requests).toEqual([]);
  const why = healer.recent.find(({ what }) => what === 'rehearsed')?.why;
  expect(why).toContain(`POST ${receiver.url}`);
  expect(why).not.toContain('t0ken');
});

test('a call is intended in the ledger first and made once, also over many looks', async () => {
  const { healer, told } = await open(configOf({ dry_run: false, approval: false }));
  healer.lead(() => [firing()], 1);
  await until('the call', has(healer, 'done'));
  await until('the notification', hasTold(told, 'done'));
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(receiver.requests).toHaveLength(1);
  expect(whats(healer)).toEqual(['claimed', 'intended', 'done']);
  expect(healingApi(healer).state()).toMatchObject({
    leads: true,
    stopped: null,
    actions: [{ rule: 'restart', state: 'done' }],
  });
  expect(headsIn(join(dir, 'heads.jsonl')).map(({ seq }) => seq)).toEqual([1, 2, 3]);
});

test('a person is asked, and the link that approves it leads to the call', async () => {
  const config = configOf({ dry_run: false });
  const { healer, told } = await open(config);
  const alert = firing();
  healer.lead(() => [alert], 1);
  await until('the question', hasTold(told, 'asked'));
  expect(receiver.requests).toEqual([]);

  const links = new Links('http://tocsin', Buffer.alloc(32, 1));
  const asked = told[0]!;
  const { route, payload } = healingNews(config, links, asked, alert)[0]!;
  expect(route).toBe('healing/people');
  expect(Buffer.from(payload).toString()).toContain('http://tocsin/');

  const people = linkApi({
    healer,
    links,
    wiring: { knownAlerts: () => [alert], verdicts: { give: async () => ({ ids: ['v1'] }) } },
  });
  const link = { command: 'approve', about: asked.id, to: 'people', id: 'l1', expires: Date.now() + 60_000 } as const;
  expect(people.describe(link)).toEqual([
    expect.stringContaining('Rule restart'),
    expect.stringContaining(alert.explanation.summary),
  ]);
  expect(await people.carryOut(link, undefined)).toContain('Approved');
  expect(people.used('l1')).toBe(true);
  await until('the call', has(healer, 'done'));
  expect(receiver.requests).toHaveLength(1);
  expect(await people.carryOut({ ...link, id: 'l2' }, undefined)).toContain('Nothing was changed');
  expect(await people.carryOut({ ...link, about: 'nothing' }, undefined)).toBeUndefined();
});

test('an action that a person denied is not taken', async () => {
  const { healer, told } = await open(configOf({ dry_run: false }));
  healer.lead(() => [firing()], 1);
  await until('the question', hasTold(told, 'asked'));
  const about = told[0]!.id;
  await healer.controls.say({
    id: 'd1',
    command: 'deny',
    about,
    value: '',
    by: 'ann',
    via: 'api',
    why: '',
    at: Date.now(),
  });
  await until('the denial', has(healer, 'denied'));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(receiver.requests).toEqual([]);
});

test('the stop file holds every call while it exists', async () => {
  writeFileSync(join(dir, 'heal.stop'), '');
  const { healer } = await open(configOf({ dry_run: false, approval: false }));
  healer.lead(() => [firing()], 1);
  await until('the lead', () => healer.leads || undefined);
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(healer.stopped()).toContain('heal.stop exists');
  expect(receiver.requests).toEqual([]);
  rmSync(join(dir, 'heal.stop'));
  await until('the call after the stop', has(healer, 'done'));
});

test('a refusal by the receiver is recorded as failed, and a person is notified', async () => {
  receiver.behave(() => ({ status: 403 }));
  const { healer, told } = await open(configOf({ dry_run: false, approval: false }));
  healer.lead(() => [firing()], 1);
  await until('the failure', hasTold(told, 'failed'));
  expect(receiver.requests).toHaveLength(1);
});

test('a process that follows writes nothing, and one that leads after it goes on from the same ledger', async () => {
  const config = configOf({ dry_run: false, approval: false });
  const first = await open(config);
  const second = await open(config);
  const alert = firing();
  first.healer.lead(() => [alert], 1);
  await until('the call', has(first.healer, 'done'));
  expect(second.healer.leads).toBe(false);
  first.healer.follow();
  await first.healer.stop(1000);
  second.healer.lead(() => [alert], 2);
  await until('the second lead', () => second.healer.leads || undefined);
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(receiver.requests).toHaveLength(1);
  expect(whats(second.healer)).toEqual(['claimed', 'intended', 'done', 'claimed']);
  const heads = readFileSync(join(dir, 'heads.jsonl'), 'utf8');
  expect(new Set(headsIn(join(dir, 'heads.jsonl')).map(({ head }) => head)).size).toBe(4);
  expect(heads).not.toContain('t0ken');
});
