/**
 * What people say while a run goes on (verdicts, one that is taken back, mutes, frozen learning, announced changes, deploys) is
 * decided again as it was: from the windows log and from the log files, byte for byte.
 */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import type { Alert } from '../../records/alert.js';
import { freePort } from './services/free-port.js';
import { begin, ended, type Running } from './services/tocsin.js';
import { closedTo, decisionsIn } from './services/replayed.js';

const services = ['auth', 'cart', 'mail', 'search'];
const hour = 3_600_000;
const days = 8;
const start = Date.UTC(2026, 0, 5);
let folder: string;
let api: string;

/** A configuration that reads this path, with the state folder of the run. */
function configured(name: string, path: string, port: number): string {
  const config = join(folder, name);
  const settings = {
    sources: [{ type: 'file', path, format: 'json' }],
    state: { dir: join(folder, 'state') },
    channels: { shards: 2 },
    detection: { warmup: '2d' },
    http: { port, rate_limit: 100_000 },
    respond: { stdout: 'none' },
    log: { format: 'json' },
  };
  writeFileSync(config, JSON.stringify(settings));
  return config;
}

/** The lines of an hour: every service at work, and one of them with errors for 40 minutes now and then. */
function linesOf(n: number): string {
  const from = start + n * hour;
  const sick = n >= 50 && n % 7 === 0 ? services[(n / 7) % services.length] : '';
  let text = '';
  for (let minute = 0; minute < 60; minute++)
    for (const [i, service] of services.entries()) {
      const time = new Date(from + minute * 60_000 + i * 1000).toISOString();
      const busy = 2 + ((minute * 7 + n * 3 + i) % 3);
      for (let k = 0; k < busy; k++)
        text += `${JSON.stringify({ time, level: 'info', service, message: `request ${k} served in ${minute} ms` })}\n`;
      if (service === sick && minute >= 10 && minute < 50)
        for (let k = 0; k < 6; k++)
          text += `${JSON.stringify({ time, level: 'error', service, message: `upstream ${k} refused the connection` })}\n`;
    }
  return text;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-people-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ask = async <T>(path: string): Promise<T | undefined> =>
  axios.get<T>(`${api}${path}`, { timeout: 2000 }).then(
    ({ data }) => data,
    () => undefined,
  );
const say = async <T = unknown>(path: string, body: object): Promise<T | undefined> =>
  axios.post<T>(`${api}${path}`, body, { timeout: 2000 }).then(
    ({ data }) => data,
    () => undefined,
  );

const values = ['not-anomaly', 'anomaly', 'expected', 'new-normal'] as const;
const actions = ['mute', 'freeze', 'expect'] as const;
interface Counts {
  readonly true: number;
  readonly false: number;
}

const nothing = { ids: [] as string[], revoked: 0, entries: 0, deploys: 0 };

/** Answers what fires and was not answered yet, and says something of the calendar at each answer. */
async function speak(known: Set<string>, said: typeof nothing): Promise<void> {
  for (const { fingerprint, lastAt, severity } of (await ask<Alert[]>('/alerts')) ?? []) {
    // What only differs is listed and does not fire: a budget makes no difference to it.
    if (severity === 'info' || known.has(fingerprint)) continue;
    known.add(fingerprint);
    const n = said.ids.length;
    const given = await say<{ ids: string[] }>('/verdicts', { alert: fingerprint, value: values[n % 4], by: 'ann' });
    if (!given) continue;
    said.ids.push(given.ids[0]!);
    // Long after it took effect.
    if (n % 3 === 2) {
      const url = `${api}/verdicts/${said.ids[n - 2]}`;
      const taken = await axios.delete(url, { params: { by: 'bob' }, timeout: 2000 }).catch(() => undefined);
      if (taken) said.revoked++;
    }
    const time = (ms: number): string => new Date(ms).toISOString();
    const service = services[(n + 1) % services.length];
    const entry = { name: `entry ${n}`, action: actions[n % 3], match: { service }, by: 'ann' };
    if (await say('/calendar', { ...entry, from: time(lastAt), to: time(lastAt + 5 * hour) })) said.entries++;
    if (await say('/deploys', { service, version: `v${n}`, by: 'ann' })) said.deploys++;
  }
}

/** Writes hour by hour into its standard input, and speaks in between. */
async function feed(run: Running): Promise<typeof nothing> {
  const known = new Set<string>();
  const said = { ...nothing, ids: [] };
  while ((await ask('/alerts')) === undefined && !run.isOver()) await sleep(50);
  for (let n = 0; n < days * 24; n++) {
    const lines = linesOf(n);
    appendFileSync(join(folder, 'stdin'), lines);
    run.stdin.write(lines);
    // Before, nothing scores. From then on each hour is answered before the next one but one is written.
    if (n < 48) continue;
    await closedTo(run, api, start + (n - 1) * hour);
    await speak(known, said);
  }
  run.stdin.end();
  return said;
}

test('a run in which people spoke is decided again, byte for byte', async () => {
  const port = await freePort();
  api = `http://127.0.0.1:${port}/api`;
  const live = configured('live.json', '-', port);
  const run = begin(['run', '--config', live], { stdin: 'pipe' });
  const said = await feed(run);
  const end = await run.ended;
  expect([end.code, end.code === 0 ? '' : end.err.slice(-2000)]).toEqual([0, '']);

  // The same lines in a file; its name makes it the same source.
  const config = configured('again.json', join(folder, 'stdin'), 0);
  const replayed = async (source: string, ...args: string[]): Promise<Buffer> => {
    const out = join(folder, `${source}.bin`);
    const { code, out: text } = await ended('replay', '-c', config, '--source', source, '-o', out, '--json', ...args);
    expect([code, JSON.parse(text)]).toMatchObject([0, { inexact: [], late: [], conflicts: [], doubts: [] }]);
    return readFileSync(out);
  };
  const bytes = await replayed('decisions');
  const effective = decisionsIn(bytes).flatMap((decision) => decision.effective);
  expect([said.ids.length > 5, said.revoked > 1, said.entries > 5, said.deploys > 5]).toEqual([true, true, true, true]);
  // What was said took effect while it ran.
  expect(new Set(effective).size).toBeGreaterThan(5);
  expect(effective.some((id) => id.startsWith('revoked'))).toBe(true);
  expect((await replayed('windows', '--slice', '53')).equals(bytes)).toBe(true);
  expect((await replayed('logs', '--slice', '1000')).equals(bytes)).toBe(true);

  // What was answered was told, but for what a rule had paged.
  const whatif = async (
    ...asked: readonly string[]
  ): Promise<Record<'kept' | 'lost' | 'new', Counts> & { answers: number }> => {
    const { code, out } = await ended('whatif', '--config', live, '--json', ...asked);
    expect([code, JSON.parse(out)]).toMatchObject([0, { refusal: null, untold: 0 }]);
    return JSON.parse(out) as Awaited<ReturnType<typeof whatif>>;
  };
  const standing = said.ids.length - said.revoked;
  const sum = ({ true: right, false: wrong }: Counts): number => right + wrong;
  const wide = await whatif('--budget', '1000');
  expect(wide).toMatchObject({ answers: standing, lost: { true: 0, false: 0 } });
  expect(sum(wide.kept) + sum(wide.new)).toBe(standing);
  const narrow = await whatif('--budget', '0.001');
  expect(sum(narrow.kept)).toBeLessThan(sum(wide.kept));
  expect(sum(narrow.kept) + sum(narrow.lost)).toBe(sum(wide.kept));
  const fallback = await whatif('--policy', 'default');
  expect(sum(fallback.kept) + sum(fallback.lost)).toBe(sum(wide.kept));
}, 300_000);
