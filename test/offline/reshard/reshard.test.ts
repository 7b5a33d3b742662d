import { shardOf } from '../../../records/entity.js';
import { reshard, type ShardedLogs } from '../../../offline/reshard/reshard.js';
import { refuseHalfResharded } from '../../../service/reshard-plan.js';
import { emittedOrdinal } from '../../../operators/emit-marks.js';
import { sourceState } from '../../../operators/merge/sources.js';
import { encode, uint } from '../../../records/wire/codec.js';
import type { StoredEntry } from '../../../runtime/backend.js';
import { MemoryBackend } from '../../../runtime/memory-backend.js';

const entities = Array.from({ length: 20 }, (_, i) => `service{service="s-${i}"}`);

/** What two shards have after a run that was stopped in good order. */
async function stopped({ decided = 7, written = { offset: 5, n: 2 } } = {}): Promise<MemoryBackend> {
  const backend = new MemoryBackend();
  const put = async (task: string, entries: StoredEntry[], offset: number, source = task): Promise<void> => {
    const { epoch } = await backend.claim(task, 1);
    const versions = new Map(entries.map(({ store }) => [store, 1]));
    await backend.write(task, epoch, { puts: entries, deletes: [], versions }, { source, offset });
  };
  const source = {
    incarnation: 0,
    epoch: 1,
    offset: 5,
    n: 1,
    watermark: 9,
    marked: true,
    ended: false,
    stalled: false,
  };
  for (const shard of [0, 1])
    await put(
      `detect/${shard}`,
      [
        { store: 'boundary', key: '', value: encode(uint, 9) },
        { store: 'artefact', key: '', value: Buffer.from('set') },
        { store: 'sources', key: 'file:app.log', value: encode(sourceState, source) },
        ...entities
          .filter((key) => shardOf(key, 2) === shard)
          .map((key) => ({ store: 'policy', key, value: Buffer.from(key) })),
      ],
      shard === 0 ? decided : 7,
      `windows/${shard}`,
    );
  await put('ingest/file:app.log', [{ store: 'ingest.ordinal', key: '', value: encode(emittedOrdinal, written) }], 90);
  const seen = ['input/0', 'windows/0'].map((key) => ({ store: 'seen', key, value: Buffer.from('x') }));
  await put('respond/0', seen, 4, 'alerts/0');
  return backend;
}

class Logs implements ShardedLogs {
  now = 2;
  broken = false;

  shards(): Promise<number> {
    return Promise.resolve(this.now);
  }

  end(channel: 'windows' | 'alerts'): Promise<number> {
    return Promise.resolve(channel === 'windows' ? 7 : 4);
  }

  async beginAnew(shards: number): Promise<string> {
    await Promise.resolve();
    if (this.broken) throw new Error('the disk is full');
    this.now = shards;
    return 'old logs';
  }
}

async function expectMoved(backend: MemoryBackend, shards: number): Promise<void> {
  for (let shard = 0; shard < shards; shard++) {
    const { entries, position } = await backend.claim(`detect/${shard}`, 1);
    const own = entries.filter(({ store }) => store === 'policy').map(({ key }) => key);
    expect(own.sort()).toEqual(entities.filter((key) => shardOf(key, shards) === shard).sort());
    expect(position).toEqual({ source: `windows/${shard}`, offset: 0 });
  }
  expect((await backend.claim('respond/0', 1)).entries.map(({ key }) => key)).toEqual(['windows/0']);
}

const asked = (backend: MemoryBackend, logs: Logs, to = 3) =>
  reshard({ backend, logs, from: 2, to, trainsItself: true, say: () => undefined });

test('state goes to its new shards, which begin at the beginning of new logs', async () => {
  const [backend, logs] = [await stopped(), new Logs()];
  expect(await asked(backend, logs)).toBe('old logs');
  expect(logs.now).toBe(3);
  await expectMoved(backend, 3);
  await refuseHalfResharded(backend);
  for (let shard = 0; shard < 3; shard++) expect((await backend.claim(`reshard/${shard}`, 1)).entries).toEqual([]);
  // And to fewer: what is no shard any more has nothing.
  expect(
    await reshard({
      backend,
      logs: Object.assign(logs, { end: () => Promise.resolve(0) }),
      from: 3,
      to: 1,
      trainsItself: true,
      say: () => undefined,
    }),
  ).toBe('old logs');
  await expectMoved(backend, 1);
  expect((await backend.claim('detect/2', 1)).entries).toEqual([]);
});

test('what was begun and not finished keeps a run from starting, and is finished by doing it again', async () => {
  const [backend, logs] = [await stopped(), new Logs()];
  logs.broken = true;
  await expect(asked(backend, logs)).rejects.toThrow('the disk is full');
  await expect(refuseHalfResharded(backend)).rejects.toThrow(
    /from 2 to 3 shards was begun and not finished: run `tocsin reshard --shards 3`/,
  );
  await expect(asked(backend, logs, 4)).rejects.toThrow(/from 2 to 3 shards was begun/);
  logs.broken = false;
  await asked(backend, logs);
  await expectMoved(backend, 3);
  await refuseHalfResharded(backend);
});

test.each<[string, Parameters<typeof stopped>[0], RegExp]>([
  ['records that are not decided', { decided: 5 }, /2 records of shard 0 of windows are not decided: start tocsin/],
  ['a source that was killed', { written: { offset: 5, n: 1 } }, /source file:app.log would write again what it wrote/],
])('%s: refused, and nothing is changed', async (_, state, message) => {
  const backend = await stopped(state);
  const before = (await backend.claim('detect/0', 1)).entries;
  await expect(asked(backend, new Logs())).rejects.toThrow(message);
  expect((await backend.claim('detect/0', 1)).entries).toEqual(before);
  await refuseHalfResharded(backend);
});
