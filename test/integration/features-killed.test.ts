/** An export that is killed at any change of the folder: what the manifest lists is whole, and nothing is there twice. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readPart } from '../../connectors/parquet/part.js';
import { readConfig } from '../../service/configuration.js';
import { damaged, readManifest } from '../../training/features/store.js';
import { minutes, monday, someDecisions, writeDecisions } from '../offline/features/store.js';
import { begin } from './services/tocsin.js';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-killed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function configured(name: string): Promise<{ file: string; store: string }> {
  const [file, dir] = [join(folder, `${name}.json`), join(folder, name)];
  const settings = {
    sources: [{ type: 'file', path: join(folder, 'a.log'), labels: { service: 'auth' } }],
    state: { dir },
    channels: { shards: 2 },
  };
  writeFileSync(file, JSON.stringify(settings));
  return { file, store: join(dir, 'features') };
}
const decisions = someDecisions(monday + 20 * 60 * minutes, 60);

/** Exports, and is killed at the Nth change; how it ended. */
async function exported(file: string, store: string, at: number): Promise<{ killed: boolean; changes: number }> {
  const preload = resolve('test/integration/services/kill-at.mjs');
  const run = begin(['features', 'export', '--config', file], {
    node: ['--import', preload],
    env: { KILL_AT: String(at), KILL_IN: store },
  });
  const { signal, code, err, said } = await run.ended;
  if (signal === 'SIGKILL') return { killed: true, changes: at };
  expect([code, code === 0 ? '' : said]).toEqual([0, '']);
  return { killed: false, changes: Number(/(\d+) changes/.exec(err)?.[1]) };
}

async function rowsOf(store: string): Promise<string[]> {
  const rows: string[] = [];
  for (const { path } of (await readManifest(store)).parts)
    for (const row of await readPart(join(store, path))) rows.push(JSON.stringify(row));
  return rows.sort();
}

test('kill -9 in the middle of any write, rename or deletion: the next export ends in the same store', async () => {
  const whole = await configured('whole');
  await writeDecisions(readConfig(whole.file), decisions);
  const { changes } = await exported(whole.file, whole.store, 0);
  const wanted = await rowsOf(whole.store);
  // A write and a rename for each part and for the manifest, and those of the lock.
  expect(changes).toBeGreaterThan(2 * (await readManifest(whole.store)).parts.length);

  const killed = await configured('killed');
  await writeDecisions(readConfig(killed.file), decisions.slice(0, decisions.length / 2));
  await exported(killed.file, killed.store, 0);
  const before = await rowsOf(killed.store);
  await writeDecisions(readConfig(killed.file), decisions.slice(decisions.length / 2));
  // The first changes delete what the kill before left.
  for (const at of [1, 2, 3, 4, 5, 8]) {
    expect(await exported(killed.file, killed.store, at)).toEqual({ killed: true, changes: at });
    expect(await damaged(killed.store)).toEqual([]);
    expect(await rowsOf(killed.store)).toEqual(before);
  }
  expect((await exported(killed.file, killed.store, 0)).killed).toBe(false);
  expect(await damaged(killed.store)).toEqual([]);
  expect(await rowsOf(killed.store)).toEqual(wanted);
  const files = readdirSync(killed.store, { recursive: true }).filter((name) => String(name).includes('part'));
  expect(files.sort()).toEqual((await readManifest(killed.store)).parts.map(({ path }) => path));
});
