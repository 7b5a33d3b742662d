import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SnapshotStore } from '../../../service/snapshots/store.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-snapshots-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const kept = (snapshot: string) => ({
  snapshot,
  shard: 0,
  shards: 1,
  offset: 1,
  versions: new Map<string, number>(),
  entries: [],
});

test('a shard that is behind writes snapshots while they are deleted', async () => {
  const store = SnapshotStore.in(folder);
  const newest = new Set(Array.from({ length: 10 }, (_, i) => `at-${i + 30}`));
  for (const name of newest) await store.put(kept(name));
  for (let round = 0; round < 20; round++) {
    const behind = Array.from({ length: 5 }, (_, i) => `at-${i + 10}`);
    await Promise.all(behind.flatMap((name) => [store.put(kept(name)), store.keep(newest, 1), store.put(kept(name))]));
  }
  await store.keep(newest, 1);
  expect(readdirSync(join(folder, 'snapshots')).sort()).toEqual([...newest]);
  expect([...(await store.sizes()).keys()]).toEqual([...newest]);
});
