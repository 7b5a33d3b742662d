/** A task without state whose group has committed something had some: it is refused, not started from nothing. */
import { MemoryBackend } from '../../../runtime/memory-backend.js';
import {
  committedBy,
  isReadToItsEnd,
  noteStateElsewhere,
  refuseLostState,
} from '../../../service/fleet/state-guard.js';
import { adminOf, kafkaOf } from '../../builders/committed-offsets.js';

const names = { group: 'tocsin', prefix: 'shop' };
const at = (offset: number) => ({ offset, epoch: 0 });

/** A backend in which a task has written a checkpoint. */
async function withCheckpoint(task: string, offset: number): Promise<MemoryBackend> {
  const backend = new MemoryBackend();
  const { epoch } = await backend.claim(task, 1);
  await backend.write(task, epoch, { puts: [], deletes: [], versions: new Map() }, at(offset) as never);
  return backend;
}

test.each([
  ['detect/2', { groupId: 'tocsin-detect', topic: 'shop.windows', partition: 2 }],
  ['respond/0', { groupId: 'tocsin-respond', topic: 'shop.alerts', partition: 0 }],
  ['ingest/logs/7', { groupId: 'tocsin', topic: 'logs', partition: 7 }],
  ['ingest/logs/7@3', { groupId: 'tocsin', topic: 'logs', partition: 7, incarnation: 3 }],
  ['redrive/0', undefined],
])('%s is committed where its group commits', (task, where) => expect(committedBy(task, names)).toEqual(where));

test('a task without a checkpoint whose group has committed one is refused, and its connection is closed', async () => {
  const { kafka, open } = kafkaOf({ committed: { 'tocsin-detect': { 'shop.windows/0': [120] } } });
  const guarded = refuseLostState(new MemoryBackend(), kafka, names);
  await expect(guarded.claim('detect/0', 1)).rejects.toThrow(
    'task detect/0 has no state, and its group tocsin-detect has committed offset 120 of shop.windows/0: it had some',
  );
  expect(open()).toBe(0);
});

test('a task that has its checkpoint, or whose group committed nothing, or that has no group, goes on', async () => {
  const committed = { 'tocsin-detect': { 'shop.windows/0': [120], 'shop.windows/1': [-1] } } as const;
  const { kafka } = kafkaOf({ committed });
  const guarded = refuseLostState(await withCheckpoint('detect/0', 119), kafka, names);
  expect((await guarded.claim('detect/0', 2)).position).toEqual(at(119));
  await expect(guarded.claim('detect/1', 2)).resolves.toMatchObject({ position: undefined });
  await expect(guarded.claim('redrive/0', 2)).resolves.toMatchObject({ position: undefined });
});

test('what was committed for a topic of the same name that was there before says nothing', async () => {
  const committed = {
    tocsin: { 'logs/0': [50, 'data 1767600000000'], 'logs/1': [50, 'data 1767600000000 @2'] },
  } as const;
  const guarded = refuseLostState(new MemoryBackend(), kafkaOf({ committed }).kafka, names);
  await expect(guarded.claim('ingest/logs/0@2', 1)).resolves.toMatchObject({ position: undefined });
  await expect(guarded.claim('ingest/logs/1@2', 1)).rejects.toThrow('has committed offset 50 of logs/1');
});

test('a member of its own folder notes what another one has carried on, until it has caught up', async () => {
  const committed: Record<string, Record<string, [number]>> = { tocsin: { 'logs/0': [50] } };
  const elsewhere = new Map<string, number>();
  const noted: [string, number][] = [];
  const backend = await withCheckpoint('ingest/logs/0', 20);
  const guarded = noteStateElsewhere(backend, kafkaOf({ committed }).kafka, names, elsewhere, (task, offset) =>
    noted.push([task, offset]),
  );
  await guarded.claim('ingest/logs/0', 2);
  expect(noted).toEqual([['ingest/logs/0', 50]]);
  expect(elsewhere).toEqual(new Map([['ingest/logs/0', 50]]));
  committed.tocsin = { 'logs/0': [20] };
  await guarded.claim('ingest/logs/0', 3);
  expect(elsewhere).toEqual(new Map());
  expect(noted).toHaveLength(1);
});

test('a topic is read to its end when each partition is committed up to it; an empty one needs nothing', async () => {
  const ends = { logs: [10, 0, 5] };
  const read = (second: number): Promise<boolean> =>
    isReadToItsEnd(adminOf({ committed: { g: { 'logs/0': [10], 'logs/2': [second] } }, ends }).admin, 'g', 'logs');
  expect(await read(4)).toBe(false);
  expect(await read(5)).toBe(true);
});
