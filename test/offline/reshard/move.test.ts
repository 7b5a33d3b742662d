import { EMPTY } from 'rxjs';
import { moveState, rules, type ShardState } from '../../../offline/reshard/move.js';
import { controlsTaken } from '../../../operators/merge.js';
import { sourceState, type MergedSource } from '../../../operators/merge/sources.js';
import { decode, encode, list, uint } from '../../../records/wire/codec.js';
import { entity, shardOf } from '../../../records/entity.js';
import type { StateStores } from '../../../records/store.js';
import { windowsRecord, type WindowsRecord } from '../../../records/windows.js';
import { aVerdict } from '../replay/records.js';
import { MemoryBackend } from '../../../runtime/memory-backend.js';
import { TurnsTaken } from '../../../runtime/turns-taken.js';
import { TaskState } from '../../../runtime/state.js';
import { detecting } from '../../fuzz/targets/corpus.js';

const bytes = (value: string): Uint8Array => Buffer.from(value);
const shard = (...entries: [store: string, key: string, value: Uint8Array][]): ShardState => ({
  entries: entries.map(([store, key, value]) => ({ store, key, value })),
  versions: new Map(entries.map(([store]) => [store, 1])),
});
const seen = (state: ShardState, store: string): [string, Uint8Array][] =>
  state.entries.filter((entry) => entry.store === store).map(({ key, value }) => [key, value]);
const services = Array.from({ length: 40 }, (_, i) => entity('service', { service: `s-${i}`, team: 'a "b} c' }).key);

test('what belongs to an entity goes to the shard that owns it, sessions of a class with their class', () => {
  const classes = ['x', 'y', 'z'].map((name) => entity('session', { class: name }).key);
  const from = [0, 1].map((index) =>
    shard(
      ['boundary', '', encode(uint, 60_000)],
      ...services
        .filter((key) => shardOf(key, 2) === index)
        .map((key): [string, string, Uint8Array] => ['policy', key, bytes(key)]),
      ...classes
        .filter((key) => shardOf(key, 2) === index)
        .map((key): [string, string, Uint8Array] => ['sessions-asked', `${key} job } 7`, bytes(key)]),
    ),
  );
  const to = moveState(from, 3);
  expect(to).toHaveLength(3);
  for (const [index, state] of to.entries()) {
    expect(
      seen(state, 'policy')
        .map(([key]) => key)
        .sort(),
    ).toEqual(services.filter((key) => shardOf(key, 3) === index).sort());
    for (const [key, value] of seen(state, 'policy')) expect(Buffer.from(value).toString()).toBe(key);
    expect(seen(state, 'sessions-asked').map(([, value]) => shardOf(Buffer.from(value).toString(), 3))).toEqual(
      seen(state, 'sessions-asked').map(() => index),
    );
    expect(seen(state, 'boundary')).toEqual([['', encode(uint, 60_000)]]);
    expect(state.versions.get('policy')).toBe(1);
  }
  // And back.
  const back = moveState(to, 2);
  for (const [index, state] of back.entries())
    expect(
      seen(state, 'policy')
        .map(([key]) => key)
        .sort(),
    ).toEqual(services.filter((key) => shardOf(key, 2) === index).sort());
});

test('of a source, the record that came last to any shard was taken', () => {
  const state = (offset: number, n: number): Uint8Array =>
    encode(sourceState, {
      incarnation: 1,
      epoch: 5,
      offset,
      n,
      watermark: 60_000,
      marked: true,
      ended: false,
      stalled: false,
    });
  const moved = moveState(
    [
      shard(['sources', 'logs/0', state(7, 3)]),
      shard(['sources', 'logs/0', state(7, 9)]),
      shard(['sources', 'logs/0', state(6, 99)]),
    ],
    1,
  ).at(0)!;
  const found: MergedSource = decode(sourceState, seen(moved, 'sources')[0]![1]);
  expect([found.offset, found.n]).toEqual([7, 9]);
});

test('what waits for the next boundary: told to all once, what was said of an entity to its shard', () => {
  const controls = list(windowsRecord);
  const definition: WindowsRecord = {
    type: 'definition',
    tag: { source: 'a', incarnation: 0, epoch: 1, offset: 1, n: 0 },
    signature: 7,
    masked: 'm',
    sample: 's',
  };
  const [first, second] = [aVerdict('first'), aVerdict('second')];
  const to = moveState(
    [
      shard(['waiting-controls', '', encode(controls, [definition, first])]),
      shard(['waiting-controls', '', encode(controls, [second, definition])]),
    ],
    2,
  );
  const said = to.map((state) => decode(controls, seen(state, 'waiting-controls')[0]![1]));
  for (const records of said) expect(records.filter(({ type }) => type === 'definition')).toHaveLength(1);
  const owner = shardOf(first.verdict.context.entity, 2);
  expect(said[owner]!.filter(({ type }) => type === 'verdict')).toHaveLength(2);
  expect(said[1 - owner]!.filter(({ type }) => type === 'verdict')).toHaveLength(0);
  const taken = moveState(
    [
      shard(['controls-taken', '', encode(controlsTaken, { ids: ['a', 'b'] })]),
      shard(['controls-taken', '', encode(controlsTaken, { ids: ['b', 'c'] })]),
    ],
    1,
  );
  expect(decode(controlsTaken, seen(taken[0]!, 'controls-taken')[0]![1]).ids).toEqual(['a', 'b', 'c']);
});

test('shards at different boundaries, and stores that nobody knows, are refused', () => {
  expect(() => moveState([shard(['boundary', '', bytes('a')]), shard(['boundary', '', bytes('b')])], 1)).toThrow(
    /not stand at the same boundary: boundary differs/,
  );
  expect(() => moveState([shard(['strange', '', bytes('a')])], 2)).toThrow(/a store strange/);
  expect(() => moveState([shard(['open-sessions', 'no entity', bytes('a')])], 2)).toThrow(/not a session/);
});

test('every store that detect opens can be moved', async () => {
  const opened = new Set<string>();
  const stores = await TaskState.restore(new MemoryBackend(), 'detect/0', 1);
  const watched: StateStores = {
    open: (name, ...rest) => {
      opened.add(name);
      return stores.open(name, ...rest);
    },
  };
  // Stores are opened by the subscription, and one by the task.
  EMPTY.pipe(detecting(watched)).subscribe();
  new TurnsTaken(watched);
  expect([...opened].sort()).toEqual(Object.keys(rules).sort());
});
