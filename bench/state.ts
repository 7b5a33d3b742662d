/**
 * What the state of an entity weighs at rest, where the bytes are, and how long a detect task with 100,000 entities
 * takes to be restored, on LevelDB and on Redis: `npm run bench -- state`.
 *
 * The state is that of a real run over two simulated weeks with trained models; its entities are then copied, under
 * other names, until there are enough.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openLevelBackend } from '../connectors/leveldb/backend.js';
import { openRedisBackend } from '../connectors/redis/backend.js';
import type { StateBackend, StoredEntry } from '../runtime/backend.js';
import { TaskState } from '../runtime/state.js';
import type { Bench } from './report.js';

const task = 'detect/0';
const wanted = 100_000;
/** Stores with an entry an entity; the union of their keys is the entities that there are. */
const perEntity = ['log-baselines', 'series-baselines'];
const entitiesPerCheckpoint = 2000;

/** The entries of the detect task after a run, and the versions of its stores. */
async function restedState(folder: string) {
  const cli = (...args: string[]): void => {
    const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, '../cli/main.js'), ...args], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`tocsin ${args.join(' ')}: ${stderr.slice(-1000)}`);
  };
  cli('simulate', '--lines', '60000', '--days', '14', '--out', join(folder, 'logs'));
  const logs = (await readdir(join(folder, 'logs'))).filter((name) => name.endsWith('.log'));
  const settings = {
    sources: logs.map((name) => ({ type: 'file', path: join(folder, 'logs', name) })),
    sessions: [{ class: 'jobs', pattern: 'job-[0-9a-f]{8}' }],
    detection: { warmup: '3d' },
    state: { dir: join(folder, 'run') },
    http: { port: 0 },
    log: { level: 'error' },
    respond: { stdout: 'none' },
  };
  await writeFile(join(folder, 'run.yaml'), JSON.stringify(settings));
  cli('run', '--config', join(folder, 'run.yaml'));
  const backend = await openLevelBackend(join(folder, 'run/state'));
  const { entries, versions } = await backend.claim(task, Date.now());
  await backend.close();
  return { entries, versions };
}

/** Copies the entities of a state until there are enough; writes it and gives the bytes of keys and values. */
async function fill(backend: StateBackend, entries: readonly StoredEntry[], versions: ReadonlyMap<string, number>) {
  const entities = entitiesOf(entries);
  const { epoch } = await backend.claim(task, 1);
  const own = entries.filter(({ key }) => entities.has(key));
  const shared = entries.filter(({ key }) => !entities.has(key));
  await backend.write(task, epoch, { puts: shared, deletes: [], versions }, { source: 'windows/0', offset: 1 });
  let bytes = 0;
  let puts: StoredEntry[] = [];
  for (let copy = 0, count = 0; count < wanted; copy++) {
    for (const entry of own) puts.push({ ...entry, key: `${entry.key}#${copy}` });
    count += entities.size;
    if (puts.length < entitiesPerCheckpoint && count < wanted) continue;
    for (const { store, key, value } of puts) bytes += store.length + key.length + value.length;
    await backend.write(task, epoch, { puts, deletes: [], versions }, undefined);
    puts = [];
  }
  return bytes;
}

const entitiesOf = (entries: readonly StoredEntry[]): ReadonlySet<string> =>
  new Set(entries.filter(({ store }) => perEntity.includes(store)).map(({ key }) => key));

/** How long it takes until a task can begin (its claim, all entries, the stores), and this process's share of it, s. */
async function restore(backend: StateBackend): Promise<Restored> {
  const began = performance.now();
  const before = process.cpuUsage();
  (await TaskState.restore(backend, task, Date.now())).close();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - began) / 1000, cpuSeconds: (user + system) / 1e6 };
}

interface Restored {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

function report(entries: readonly StoredEntry[]): void {
  const entities = entitiesOf(entries);
  const stores = new Map<string, { entries: number; bytes: number; most: number; owned: number }>();
  for (const { store, key, value } of entries) {
    const sum = stores.get(store) ?? { entries: 0, bytes: 0, most: 0, owned: 0 };
    const bytes = store.length + key.length + value.length;
    sum.entries++;
    sum.bytes += bytes;
    sum.most = Math.max(sum.most, bytes);
    if (entities.has(key)) sum.owned += bytes;
    stores.set(store, sum);
  }
  console.log(`${entities.size} entities after 14 simulated days, models trained on the first 3\n`);
  console.log('| Store | Entries | Bytes an entry | Largest | Bytes an entity |\n|---|---|---|---|---|');
  let total = 0;
  for (const [store, sum] of [...stores].sort(([, a], [, b]) => b.owned - a.owned || b.bytes - a.bytes)) {
    const each = sum.owned / entities.size;
    total += each;
    const share = sum.owned > 0 ? each.toFixed(0) : 'shared';
    console.log(`| \`${store}\` | ${sum.entries} | ${(sum.bytes / sum.entries).toFixed(0)} | ${sum.most} | ${share} |`);
  }
  console.log(`| all | | | | ${total.toFixed(0)} |\n`);
}

/** A Redis of the service scripts. */
async function startRedis(): Promise<{ url: string; child: ChildProcess }> {
  const script = join(process.cwd(), 'scripts/services/main.mjs');
  const child = spawn(process.execPath, [script, 'up', 'redis', '--maxmemory', '4gb', '--fsync', 'everysec'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    return { url: (JSON.parse(line) as { url: string }).url, child };
  }
  throw new Error('redis did not start');
}

export const bench: Bench = async (): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-bench-state-'));
  let redis: ChildProcess | undefined;
  try {
    const { entries, versions } = await restedState(folder);
    report(entries);
    const tell = (name: string, bytes: number, restored: readonly Restored[]): void =>
      console.log(
        `${name}: ${wanted} entities, ${(bytes / 1e6).toFixed(0)} MB, restored in ${restored
          .map(({ seconds, cpuSeconds }) => `${seconds.toFixed(2)} s (CPU ${cpuSeconds.toFixed(2)} s)`)
          .join(', ')}`,
      );
    const open = (): Promise<StateBackend> => openLevelBackend(join(folder, 'many'));
    let backend = await open();
    const bytes = await fill(backend, entries, versions);
    const seconds: Restored[] = [];
    for (let times = 0; times < 3; times++) {
      await backend.close();
      backend = await open();
      seconds.push(await restore(backend));
    }
    await backend.close();
    tell('LevelDB', bytes, seconds);

    const { url, child } = await startRedis();
    redis = child;
    const onRedis = await openRedisBackend({ urls: [url], prefix: 'bench', timeoutMs: 30_000, giveUpMs: 60_000 });
    const inRedis = await fill(onRedis, entries, versions);
    const took: Restored[] = [];
    for (let times = 0; times < 3; times++) took.push(await restore(onRedis));
    await onRedis.close();
    tell('Redis', inRedis, took);
  } finally {
    redis?.stdin?.end();
    await rm(folder, { recursive: true, force: true });
  }
};
