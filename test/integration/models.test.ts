/**
 * Names of sets are moved while a run goes on: every move is a record of the log, so that what was decided live is decided
 * again, byte for byte, from the windows log and from the log lines.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { freePort } from './services/free-port.js';
import { begin, ended, tocsin, type Running } from './services/tocsin.js';
import { until } from './services/until.js';
import { readLedger } from '../../offline/models/names.js';
import { readConfig } from '../../service/configuration.js';
import type { LiveShadow } from '../../service/shadow/watch.js';
import { isInCanary } from '../../records/canary.js';
import { closedTo, decisionsIn } from './services/replayed.js';

/** As many as give enough windows to train on in a day. */
const services = Array.from({ length: 18 }, (_, i) => `service-${i}`);
const hour = 3_600_000;
const start = Date.UTC(2026, 0, 5);
let folder: string;
let config: string;
let api: string;

function configured(name: string, path: string, port: number): string {
  const file = join(folder, name);
  const settings = {
    sources: [{ type: 'file', path, format: 'json' }],
    state: { dir: join(folder, 'state') },
    channels: { shards: 2 },
    http: { port, rate_limit: 100_000 },
    respond: { stdout: 'none' },
    log: { format: 'json' },
  };
  writeFileSync(file, JSON.stringify(settings));
  return file;
}

function linesOf(n: number): string {
  let text = '';
  for (let minute = 0; minute < 60; minute++)
    for (const [i, service] of services.entries()) {
      const time = new Date(start + n * hour + minute * 60_000 + i * 1000).toISOString();
      for (let k = 0; k < 1 + ((minute * 7 + n * 3 + i) % 3); k++)
        text += `${JSON.stringify({ time, level: 'info', service, message: `request ${k} served in ${minute} ms` })}\n`;
    }
  return text;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-models-'));
});
let running: Running | undefined;
afterAll(() => {
  running?.signal('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const names = async (): Promise<Record<string, string>> =>
  (await axios.get<Record<string, string>>(`${api}/models/aliases`)).data;

const moved: Record<string, string>[] = [];
async function move(n: number, own: string): Promise<void> {
  const at = ['--config', config];
  if (n === 30) {
    const prior = (
      JSON.parse(await tocsin('models', 'list', ...at, '--json')) as { id: string; shipped: boolean }[]
    ).find(({ shipped }) => shipped)!;
    await tocsin('models', 'alias', 'challenger', prior.id, ...at);
    await tocsin('models', 'promote', ...at, '--why', 'to see');
    moved.push(await names());
    return;
  }
  if (n === 31) {
    await tocsin('models', 'alias', 'shadow', own, ...at);
    await tocsin('models', 'alias', 'shadow-2', moved[0]!.champion!, ...at);
    while ((await readLedger(readConfig(config))).pendingTurns.length > 0) await sleep(20);
  }
  if (n === 33) {
    // The last window of the hour is decided, and what shadows would have decided is in its log by the next checkpoint.
    const reports = await until('reports of the shadows', async () => {
      const found = (await axios.get<LiveShadow[]>(`${api}/models/shadows`)).data;
      return found.length === 2 && found.every(({ to }) => to >= start + 32 * hour) ? found : undefined;
    });
    expect(reports.map(({ name, artefact, missed, broken }) => [name, artefact, missed, broken])).toEqual([
      ['shadow', own, 0, 0],
      ['shadow-2', moved[0]!.champion, 0, 0],
    ]);
    expect(reports[0]!.windows).toBeGreaterThan(services.length);
    // The champion beside itself.
    expect(reports[1]).toMatchObject({ alike: 1, disagreements: [] });
    expect(await tocsin('models', 'shadow', '--report', ...at)).toContain('shadow-2 is');
    expect(await ended('models', 'shadow', 'shadow-9', '--report', ...at)).toMatchObject({ code: 1 });
    await tocsin('models', 'alias', 'shadow-2', '--remove', ...at);
  }
  if (n === 34) {
    await tocsin('models', 'revert', ...at, '--by', 'ann');
    moved.push(await names());
    return;
  }
  if (n === 35) {
    await tocsin('models', 'canary', moved[0]!.champion!, '--share', '40%', ...at, '--why', 'to see it beside');
    expect(await ended('models', 'canary', own, '--share', '40%', ...at)).toMatchObject({ code: 3 });
    // What comes from now on finds it in the log.
    while ((await readLedger(readConfig(config))).pendingTurns.length > 0) await sleep(20);
  }
  if (n === 36) await tocsin('models', 'canary', '--share', '60%', ...at);
  if (n === 37) await tocsin('models', 'canary', '--off', ...at);
  if (n === 42) {
    // Two policies on the same models: a share of the entities is decided by the other one.
    const varied = JSON.parse(await tocsin('models', 'vary', '--policy', 'thompson', ...at, '--json')) as {
      id: string;
    };
    expect(await ended('models', 'vary', varied.id, '--policy', 'thompson', ...at)).toMatchObject({ code: 3 });
    await tocsin('models', 'canary', varied.id, '--share', '50%', ...at);
    while ((await readLedger(readConfig(config))).pendingTurns.length > 0) await sleep(20);
    moved.push({ varied: varied.id, champion: (await names()).champion! });
  }
  if (n === 39) await tocsin('snapshot', 'create', 'kept', ...at, '--why', 'to go back to');
  if (n === 41) {
    const range = [39, 40].map((hours) => new Date(start + hours * hour).toISOString()).join('..');
    await tocsin('snapshot', 'revert', 'kept', '--without', range, ...at, '--by', 'ann');
    expect(await ended('snapshot', 'revert', 'unknown', ...at)).toMatchObject({ code: 2 });
  }
  if (n !== 38) return;
  // Two move it at once, from what both have seen: one wins.
  const prior = moved[0]!.champion;
  const both = await Promise.all(
    ['ann', 'bob'].map((by) =>
      axios.post(
        `${api}/models/aliases`,
        { alias: 'champion', artefact: by === 'ann' ? prior : own, expected: own === prior ? '' : own, by },
        { validateStatus: () => true },
      ),
    ),
  );
  moved.push({ ...(await names()), statuses: both.map(({ status }) => status).join(' ') });
  // What nobody has is refused, and so is a name that stands for something else by now.
  for (const [artefact, expected, status] of [
    ['0'.repeat(32), undefined, 400],
    [own, '1'.repeat(32), 409],
  ] as const) {
    const refused = await axios.post(
      `${api}/models/aliases`,
      { alias: 'champion', artefact, ...(expected === undefined ? {} : { expected }) },
      { validateStatus: () => true },
    );
    expect(refused.status).toBe(status);
  }
}

test('a champion that is moved, moved back and moved again in a run is in force for the same decisions in a replay', async () => {
  const port = await freePort();
  api = `http://127.0.0.1:${port}/api`;
  config = configured('live.json', '-', port);
  const file = join(folder, 'stdin');
  const run = (running = begin(['run', '--config', config], { stdin: 'pipe' }));
  let own = '';
  for (let n = 0; n < 44; n++) {
    const lines = linesOf(n);
    appendFileSync(file, lines);
    run.stdin.write(lines);
    if (n < 28) continue;
    await closedTo(run, api, start + (n - 1) * hour);
    own ||= (await names()).champion!;
    await move(n, own);
  }
  run.stdin.end();
  const { code, said } = await run.ended;
  expect([code, code === 0 ? '' : said.slice(-2000)]).toEqual([0, '']);

  const [away, back, raced] = moved;
  expect(away!.challenger).toBeUndefined();
  expect(away!.champion).not.toBe(own);
  expect(back!.champion).toBe(own);
  // Moving it to what it is changes nothing, so that the other one always wins.
  expect([raced!.champion, raced!.statuses!.split(' ').sort()]).toEqual([away!.champion, ['202', expect.any(String)]]);

  const listed = JSON.parse(await tocsin('snapshot', 'list', '--config', config, '--json')) as {
    snapshots: { id: string; bytes: number; artefact: string }[];
    reverts: { snapshot: string; by: string }[];
  };
  expect(listed.snapshots).toContainEqual(expect.objectContaining({ id: 'kept', artefact: away!.champion }));
  expect(listed.snapshots.map(({ id }) => id)).toContain('at-2026-01-06');
  expect(listed.snapshots.every(({ bytes }) => bytes > 1000)).toBe(true);
  expect(listed.reverts).toEqual([expect.objectContaining({ snapshot: 'kept', by: 'ann' })]);

  const log = configured('replay.json', file, 0);
  const bytes: Buffer[] = [];
  for (const source of ['decisions', 'windows', 'logs']) {
    const out = join(folder, `${source}.bin`);
    const replayed = await ended('replay', '-c', source === 'logs' ? log : config, '--source', source, '-o', out);
    bytes.push(readFileSync(out));
    expect([source, replayed.err]).toEqual([source, '']);
  }
  const all = decisionsIn(bytes[0]!);
  const isIn = ({ entity }: { readonly entity: string }): boolean =>
    isInCanary(entity, { artefact: away!.champion!, share: 600 });
  // The last window of that hour closed after the canary began, and before it ended: only its entities had another set.
  const meanwhile = all.filter(({ end }) => end === start + 36 * hour);
  const scored = meanwhile.filter(({ artefact }) => artefact === away!.champion);
  expect(scored.length).toBeGreaterThan(0);
  expect(scored.every(isIn)).toBe(true);
  const decided = all.filter((decision) => !isIn(decision) && decision.end <= start + 41 * hour);
  const changes = decided.map(({ artefact }) => artefact).filter((one, i, all) => one !== all[i - 1]);
  expect(changes.slice(-4)).toEqual([own, away!.champion, own, away!.champion]);
  const policies = all.filter(({ end, scores }) => end > start + 43 * hour && scores.length > 0);
  const { varied } = moved[3]!;
  expect(new Set(policies.map(({ artefact, policy }) => `${artefact} ${policy}`))).toEqual(
    new Set([`${varied} thompson`, `${moved[3]!.champion} mixture`]),
  );
  expect(
    policies.every((one) => (one.artefact === varied) === isInCanary(one.entity, { artefact: varied!, share: 500 })),
  ).toBe(true);
  expect(bytes[1]!.equals(bytes[0]!)).toBe(true);
  expect(bytes[2]!.equals(bytes[0]!)).toBe(true);
}, 600_000);

test('what is not running is asked the same way, and the log has every move', async () => {
  const at = ['--config', config];
  const { aliases, before } = JSON.parse(await tocsin('models', 'alias', ...at, '--json')) as {
    aliases: Record<string, { artefact: string }>;
    before: { artefact: string; by: string; why: string }[];
  };
  expect(aliases.champion!.artefact).toBe(moved[2]!.champion);
  expect(before.some(({ by, why }) => by === 'ann' && why === 'reverted')).toBe(true);
  await tocsin('models', 'revert', ...at);
  expect(await tocsin('models', 'alias', ...at)).toContain(moved[1]!.champion);
  const stale = await ended('models', 'promote', moved[0]!.champion!, ...at, '--expect', moved[0]!.champion!);
  expect([stale.code, stale.err]).toEqual([3, expect.stringContaining('was expected')]);
  expect(await ended('models', 'alias', 'v7', moved[0]!.champion!, ...at)).toMatchObject({ code: 2 });
  expect(await ended('models', 'alias', 'champion', '--remove', ...at)).toMatchObject({ code: 2 });
  await tocsin('models', 'alias', 'shadow', moved[0]!.champion!, ...at);
  await tocsin('models', 'alias', 'shadow', '--remove', ...at);
  expect(await tocsin('models', 'alias', ...at)).not.toContain('shadow');
});

test('a set that is exported is whole, has its lineage, and comes back with its id', async () => {
  const at = ['--config', config];
  const own = moved[1]!.champion!;
  const shown = JSON.parse(await tocsin('models', 'show', own, ...at, '--json')) as {
    aliases: string[];
    lineage: { parent?: string; seed: number; rows: number; data: { from: number; to: number } };
  };
  expect(shown.aliases).toEqual(['champion']);
  expect(shown.lineage.data.from).toBeGreaterThanOrEqual(start);
  expect(shown.lineage.rows).toBeGreaterThan(100);
  const into = join(folder, 'exported');
  await tocsin('models', 'export', own, '--out', into, ...at);
  execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: into });
  expect(readdirSync(join(into, 'detector/logs-1'))).toContain('robust-z.onnx');
  const other = join(folder, 'other.json');
  writeFileSync(
    other,
    JSON.stringify({ ...(JSON.parse(readFileSync(config, 'utf8')) as object), state: { dir: join(folder, 'other') } }),
  );
  expect((await tocsin('models', 'import', into, '--config', other)).trim()).toBe(own);
  expect(await ended('models', 'show', own, '--config', other)).toMatchObject({ code: 0 });
  const member = join(into, 'detector/logs-1/robust-z.onnx');
  writeFileSync(member, Buffer.concat([readFileSync(member), Buffer.from([0])]));
  expect(await ended('models', 'import', into, '--config', other)).toMatchObject({ code: 3 });
});
